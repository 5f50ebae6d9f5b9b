import { CAUSES } from '../hazard/causes.js';
import { table } from '../table/table.js';
import { ARMS } from '../treatment/trial.js';
import { HANDSETS } from '../world/handsets.js';
import { OPEN_PLANS, PLANS } from '../world/plans.js';
import { PRODUCTS } from '../world/products.js';

/**
 * Probability of churn per month at risk, the observable rate of each cause, and the observable probability that a
 * value loss begins.
 */
export const hazardTable = table('hazards', 'subscription_id,month,hazard,observable', ...CAUSES, 'value_loss');

/** Value losses by the operator's measure, months of churn included; see value-losses.ts. */
const LOSS_COLUMNS = 'subscription_id,month,cause,value_before_cny,value_after_cny,has_churned';
export const valueLossTable = table('value_losses', LOSS_COLUMNS);

/** Cost of the last three months on the current plan and on each open plan, CNY, and the best plan. */
export const planBillTable = table(
  'plan_bills',
  'subscription_id,present_plan,present_bill,best_plan,best_bill',
  ...OPEN_PLANS.map((plan) => `bill_${PLANS[plan]!.id}`),
);

/** Active subscriptions on the last day: products, and the utility of each product; see adoption.ts. */
export const productUtilityTable = table(
  'product_utilities',
  'subscription_id,has',
  ...PRODUCTS.map(({ id }) => `utility_${id}`),
);

/**
 * Active subscriptions on the last day: the handset, and the utility of each model as the next one; see handsets.ts.
 */
export const handsetUtilityTable = table(
  'handset_utilities',
  'subscription_id,present_tac',
  ...HANDSETS.map(({ tac }) => `utility_${tac}`),
);

/**
 * User of each subscription at the end with household, role, home and work cell, and hard cases (a list, `;` between).
 */
export const householdTable = table(
  'households',
  'household_id,kind,is_family,subscription_id,person_id,role,home_cell,work_cell,hard_case',
);

/** Life events with their permanent change: ln(usage after / usage before). */
export const lifeEventTable = table('life_events', 'person_id,month,event,voice_shift,data_shift');

/** Members of small firms, group customers, and payment. */
export const firmTable = table('firms', 'subscription_id,firm_id,person_id,work_cell,customer_id,is_paid');

/** Returns: two subscriptions of one person. */
export const returnTable = table('returns', 'subscription_id,churned_subscription_id,person_id,churned_on,returned_on');

export const handOverTable = table(
  'hand_overs',
  'subscription_id,handed_on,from_person_id,to_person_id,from_household_id,to_household_id',
);

const RECYCLED_COLUMNS = 'subscription_id,former_subscription_id,msisdn,freed_on,given_on';
export const recycledTable = table('recycled_numbers', RECYCLED_COLUMNS);

export const departureTable = table('departures', 'subscription_id,month,churned_on,cancelled_on,way,cause,is_visible');

/** The past campaign: outcomes of each judged subscription in each arm. */
export const effectTable = table(
  'effects',
  'subscription_id,household_id,arm,response_type,is_called,is_answered',
  ...['churns', 'chance'].flatMap((outcome) => ARMS.map((arm) => `${outcome}_under_${arm}`)),
);

/** The campaign by the old rule: outcomes of each judged subscription without and with a call. */
export const oldRuleEffectTable = table(
  'old_rule_effects',
  'subscription_id,is_called,agent,is_answered,response_type',
  ...['churns', 'chance'].flatMap((outcome) => [`${outcome}_if_not_called`, `${outcome}_if_called`]),
);

export const rivalCampaignTable = table(
  'rival_campaigns',
  'offer,name,rival,district,from_month,to_month,age_from,age_to,hotline_calls',
);

/**
 * Active subscriptions at the end: expectations without contact; the contact with the most value net of all costs, and
 * the one with the highest retention, with their gains in the household. Empty if no contact is best.
 */
export const bestTreatmentTable = table(
  'best_treatments',
  'subscription_id,response_type,no_contact_stays,no_contact_cny',
  ...['max_value', 'max_retention'].flatMap((best) => {
    return ['offer', 'channel', 'stays_gain', 'cny_gain'].map((column) => `${best}_${column}`);
  }),
);

/** Factor of each agent on the effect of a call. */
export const agentTable = table('agents', 'agent,quality');

export const injectedErrorTable = table('injected_errors', 'table,file,line,kind,column,value,expected');
