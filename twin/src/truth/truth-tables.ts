import { CAUSES } from '../hazard/causes.js';
import { table } from '../table/table.js';
import { ARMS } from '../treatment/trial.js';
import { HANDSETS } from '../world/handsets.js';
import { OPEN_PLANS, PLANS } from '../world/plans.js';
import { PRODUCTS } from '../world/products.js';

const truth = { acceptsErrors: false };

/**
 * Probability of churn per month at risk, the observable rate of each cause, and the observable probability that a
 * value loss begins.
 */
export const hazardTable = table(
  'hazards',
  [
    'subscription_id id * key',
    'month month * key',
    'hazard number',
    'observable number',
    ...CAUSES.map((cause) => `${cause} number`),
    'value_loss number',
  ],
  truth,
);

/** Value losses by the operator's measure, months of churn included; see value-losses.ts. */
export const valueLossTable = table(
  'value_losses',
  [
    'subscription_id id * key',
    'month month * key',
    'cause text',
    'value_before_cny money',
    'value_after_cny money',
    'has_left flag',
  ],
  truth,
);

/** Cost of the last three months on the current plan and on each open plan, CNY, and the best plan. */
export const planBillTable = table(
  'plan_bills',
  [
    'subscription_id id * key',
    'present_plan id',
    'present_bill money',
    'best_plan id',
    'best_bill money',
    ...OPEN_PLANS.map((plan) => `bill_${PLANS[plan]!.id} money`),
  ],
  truth,
);

/** Active subscriptions on the last day: products, and the utility of each product; see adoption.ts. */
export const productUtilityTable = table(
  'product_utilities',
  ['subscription_id id * key', 'has text', ...PRODUCTS.map(({ id }) => `utility_${id} number`)],
  truth,
);

/**
 * Active subscriptions on the last day: the handset, and the utility of each model as the next one; see handsets.ts.
 */
export const handsetUtilityTable = table(
  'handset_utilities',
  ['subscription_id id * key', 'present_tac id', ...HANDSETS.map(({ tac }) => `utility_${tac} number`)],
  truth,
);

/**
 * User of each subscription at the end with household, role, home and work cell, and hard cases (a list, `;` between).
 */
export const householdTable = table(
  'households',
  [
    'household_id id',
    'kind text',
    'is_family flag',
    'subscription_id id * key',
    'person_id id',
    'role text',
    'home_cell id',
    'work_cell id',
    'hard_case text',
  ],
  truth,
);

/** Life events with their permanent change: ln(usage after / usage before). */
export const lifeEventTable = table(
  'life_events',
  ['person_id id * key', 'month month', 'event text', 'voice_shift number', 'data_shift number'],
  truth,
);

/** Members of small firms, group customers, and payment. */
export const firmTable = table(
  'firms',
  ['subscription_id id * key', 'firm_id id', 'person_id id', 'work_cell id', 'customer_id id', 'is_paid flag'],
  truth,
);

/** Returns: two subscriptions of one person. */
export const returnTable = table(
  'returns',
  ['subscription_id id * key', 'left_subscription_id id', 'person_id id', 'left_on date', 'returned_on date'],
  truth,
);

export const handOverTable = table(
  'hand_overs',
  [
    'subscription_id id * key',
    'handed_on date',
    'from_person_id id',
    'to_person_id id',
    'from_household_id id',
    'to_household_id id',
  ],
  truth,
);

export const recycledTable = table(
  'recycled_numbers',
  ['subscription_id id * key', 'former_subscription_id id', 'msisdn text', 'freed_on date', 'given_on date'],
  truth,
);

export const departureTable = table(
  'departures',
  [
    'subscription_id id * key',
    'month month',
    'left_on date',
    'cancelled_on date',
    'way text',
    'cause text',
    'is_visible flag',
  ],
  truth,
);

/** The past campaign: outcomes of each judged subscription in each arm. */
export const effectTable = table(
  'effects',
  [
    'subscription_id id * key',
    'household_id id',
    'arm text',
    'response_type text',
    'is_called flag',
    'is_answered flag',
    ...ARMS.map((arm) => `leaves_under_${arm} flag`),
    ...ARMS.map((arm) => `chance_under_${arm} number`),
  ],
  truth,
);

/** The campaign by the old rule: outcomes of each judged subscription without and with a call. */
export const oldRuleEffectTable = table(
  'old_rule_effects',
  [
    'subscription_id id * key',
    'is_called flag',
    'agent id',
    'is_answered flag',
    'response_type text',
    'leaves_if_left_alone flag',
    'leaves_if_called flag',
    'chance_if_left_alone number',
    'chance_if_called number',
  ],
  truth,
);

export const rivalCampaignTable = table(
  'rival_campaigns',
  [
    'offer id',
    'name text',
    'rival text',
    'district text',
    'from_month month',
    'to_month month',
    'age_from number',
    'age_to number',
    'hotline_calls number',
  ],
  truth,
);

/**
 * Active subscriptions at the end: expectations without contact; the contact with the most value net of all costs, and
 * the one with the highest retention, with their gains in the household. Empty if no contact is best.
 */
export const bestTreatmentTable = table(
  'best_treatments',
  [
    'subscription_id id * key',
    'response_type text',
    'left_alone_stays number',
    'left_alone_cny money',
    ...['richest', 'surest'].flatMap((best) => [
      `${best}_offer text`,
      `${best}_channel text`,
      `${best}_stays_gain number`,
      `${best}_cny_gain number`,
    ]),
  ],
  truth,
);

/** Factor of each agent on the effect of a call. */
export const agentTable = table('agents', ['agent id * key', 'quality number'], truth);

export const dirtTable = table(
  'dirt',
  ['table text', 'file text', 'line number', 'kind text', 'column text', 'value text', 'expected text'],
  truth,
);
