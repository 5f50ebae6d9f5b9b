import { CAUSES } from '../hazard/causes.js';
import { table } from '../table/table.js';
import { ARMS } from '../treatment/trial.js';
import { HANDSETS } from '../world/handsets.js';
import { OPEN_PLANS, PLANS } from '../world/plans.js';
import { PRODUCTS } from '../world/products.js';

const truth = { acceptsErrors: false };

/**
 * Chance to leave in a month, for everybody at risk, and the observable rate of each cause; then the observable chance
 * that something begins to lower the bill.
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

/** Losses of value by the operator's own measure, months of leaving among them; see value-losses.ts. */
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

/** What the last three months cost on the plan they had and on each plan that is open, CNY; the best one of those. */
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

/** Those who are there on the last day: what they have, and how much they want each product; see take-up.ts. */
export const productUtilityTable = table(
  'product_utilities',
  ['subscription_id id * key', 'has text', ...PRODUCTS.map(({ id }) => `utility_${id} number`)],
  truth,
);

/** The same: the handset in use, and how much they would want each model if they needed one; see handsets.ts. */
export const handsetUtilityTable = table(
  'handset_utilities',
  ['subscription_id id * key', 'present_tac id', ...HANDSETS.map(({ tac }) => `utility_${tac} number`)],
  truth,
);

/**
 * Who uses a subscription at the end, belongs to which household in which role, where nights and working days are
 * spent, and what makes that hard to tell (a list, `;` between).
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

/** What happened in people's lives and moved their use for good: ln of later use by that of before. */
export const lifeEventTable = table(
  'life_events',
  ['person_id id * key', 'month month', 'event text', 'voice_shift number', 'data_shift number'],
  truth,
);

/** People of small firms: colleagues in one cell; which firms are customers, and for whom they pay. */
export const firmTable = table(
  'firms',
  ['subscription_id id * key', 'firm_id id', 'person_id id', 'work_cell id', 'customer_id id', 'is_paid flag'],
  truth,
);

/** People who came back under a new number: two subscriptions of one person. */
export const returnTable = table(
  'returns',
  ['subscription_id id * key', 'left_subscription_id id', 'person_id id', 'left_on date', 'returned_on date'],
  truth,
);

/** Numbers that changed hands with their subscription. */
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

/** Numbers that were given out again, to somebody else. */
export const recycledTable = table(
  'recycled_numbers',
  ['subscription_id id * key', 'former_subscription_id id', 'msisdn text', 'freed_on date', 'given_on date'],
  truth,
);

/** Everybody who left: when, why, and whether it could be seen. */
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

/** The past campaign: for everybody whom it judges, what each arm would have done. */
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

/** The campaign by the old rule: for everybody who was there, what leaving is with and without a call. */
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

/** What rivals offered in which district, from the first to the last month, and how many calls it brought a month. */
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
 * Everybody who is there at the end: chance to stay and expected bills of the months after it if left alone; the one
 * contact that brings most money after all costs, and the one that keeps most, with what they gain at home as a whole.
 * Empty where it is best to leave somebody alone.
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

/** How much of a call's effect each agent of that campaign brings about. */
export const agentTable = table('agents', ['agent id * key', 'quality number'], truth);

export const dirtTable = table(
  'dirt',
  ['table text', 'file text', 'line number', 'kind text', 'column text', 'value text', 'expected text'],
  truth,
);
