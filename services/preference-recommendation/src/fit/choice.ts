import { type Plan, isOnSale } from '../catalogue/plan.js';

/** The four principles of plan fit (PR-11 to PR-14). */
export type Principle = 'no_plan' | 'tier_down' | 'tier_up' | 'migrate';

/**
 * Which principle an advice follows.
 * - `no_plan`: who has none, takes one, and the bill falls;
 * - `migrate`: the present plan's type does not suit: it is of another kind, or one that is not sold any more, or the
 *   plan advised is of the same level;
 * - `tier_down`, `tier_up`: use is clearly below or above the level of the present plan. The level is the tier, within
 *   a tier the monthly fee.
 * @param day days since 1970-01-01
 */
export function principleOf(present: Plan | undefined, advised: Plan, day: number): Principle {
  if (present === undefined) return 'no_plan';
  if (present.kind !== advised.kind || present.service !== advised.service || !isOnSale(present, day)) return 'migrate';
  const byTier = (advised.tier ?? 0) - (present.tier ?? 0);
  const isTierKnown = advised.tier !== undefined && present.tier !== undefined && byTier !== 0;
  const step = isTierKnown ? byTier : advised.feeMinor - present.feeMinor;
  return step < 0 ? 'tier_down' : step > 0 ? 'tier_up' : 'migrate';
}

/** 0.975 quantiles of Student's t with 1 to 11 degrees of freedom (Abramowitz & Stegun, table 26.10). */
const T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201];

/** An estimate with its 95 % interval; no interval from a single value. */
export interface Interval {
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/**
 * Mean of monthly savings with Student's interval: the possible distance of the mean of these few months from that of the
 * months to come, if they vary as these did. Months count as independent.
 */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, low: undefined, high: undefined };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = T_975[Math.min(count - 2, T_975.length - 1)]! * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half };
}

/** When a saving is worth a customer's while; the parameters `fit.*`. */
export interface ChoiceRule {
  /** Least saving a month, minor units. */
  readonly savingMinMinor: number;
  /** How long a customer may have to wait for the end of a commitment until the advice pays, months. */
  readonly waitMonthsMax: number;
}

/** Why nothing is advised. */
type NoBetterPlan =
  | 'cheapest_already'
  | 'saving_too_small'
  | 'saving_uncertain'
  | 'committed'
  | 'double_zero'
  | 'not_billable';

/** What one plan would have cost. */
export interface Offer {
  readonly plan: Plan;
  /** Minor units, by month. */
  readonly bills: readonly number[];
  readonly total: number;
  /** Minor units a month. */
  readonly saving: Interval;
}

/** What is known of a subscription when a plan is chosen for it. */
export interface Situation {
  readonly present: Plan | undefined;
  /** Bills on the present plan (without one: as billed), minor units, by month. */
  readonly presentBills: readonly number[];
  /** Last day to which the present plan binds, days since 1970-01-01. */
  readonly contractEndDay: number | undefined;
  /** Last day of the last month. */
  readonly day: number;
}

export interface Choice {
  readonly advised: Offer | undefined;
  /** Cheapest first. */
  readonly others: readonly Offer[];
  readonly principle: Principle | undefined;
  readonly reason: NoBetterPlan | undefined;
  /** Days since 1970-01-01; undefined for now. */
  readonly advisedFromDay: number | undefined;
}

const DAYS_PER_MONTH = 365.25 / 12;
const OTHERS_MAX = 3;

/**
 * Offers from the bills on some plans, cheapest first.
 * @param billsOf minor units, by month; NaN if it cannot be billed
 */
export function offersOf(
  plans: readonly Plan[],
  { presentBills }: Situation,
  billsOf: (plan: Plan) => number[],
): Offer[] {
  return plans
    .flatMap((plan): Offer[] => {
      const bills = billsOf(plan);
      const total = bills.reduce((sum, bill) => sum + bill, 0);
      if (Number.isNaN(total)) return [];
      return [{ plan, bills, total, saving: meanInterval(bills.map((bill, month) => presentBills[month]! - bill)) }];
    })
    .sort((left, right) => left.total - right.total || left.plan.feeMinor - right.plan.feeMinor || byId(left, right));
}

function byId(left: Offer, right: Offer): number {
  return left.plan.id < right.plan.id ? -1 : 1;
}

/**
 * The cheapest plan that is worth while, or why there is none.
 * @param offers cheapest first, without the present plan
 */
export function choose(offers: readonly Offer[], situation: Situation, rule: ChoiceRule): Choice {
  const none = (reason: NoBetterPlan): Choice => ({
    advised: undefined,
    others: offers.slice(0, OTHERS_MAX),
    principle: undefined,
    reason,
    advisedFromDay: undefined,
  });
  if (situation.presentBills.some((bill) => Number.isNaN(bill))) return none('not_billable');
  const best = offers[0];
  if (best === undefined || best.saving.mean <= 0) return none('cheapest_already');
  if (best.saving.mean < rule.savingMinMinor) return none('saving_too_small');
  const advised = offers.find(
    ({ saving, bills }) => saving.mean >= rule.savingMinMinor && isMostlyCheaper(bills, situation.presentBills),
  );
  if (advised === undefined) return none('saving_uncertain');
  const start = startOf(advised, situation, rule);
  if (start === 'never') return none('committed');
  return {
    advised,
    others: offers.filter((offer) => offer !== advised).slice(0, OTHERS_MAX),
    principle: principleOf(situation.present, advised.plan, situation.day),
    reason: undefined,
    advisedFromDay: start === 'now' ? undefined : start,
  };
}

/**
 * Whether a plan was cheaper in more than half of the months, and those are two at least: one month out of the way must
 * not move a customer. The interval's lower end is not such a test: with three months it requires savings four times the
 * spread, and would leave a quarter of what customers pay too much unsaid (docs/decisions/007-plan-fit.md).
 */
function isMostlyCheaper(bills: readonly number[], presentBills: readonly number[]): boolean {
  const cheaper = bills.filter((bill, month) => bill < presentBills[month]!).length;
  return cheaper >= 2 && cheaper * 2 > bills.length;
}

/**
 * From when on a change pays, where leaving the present plan costs a fee until its commitment ends: now, if what is
 * saved until then is more than the fee; else from the day after, if that is near; else never.
 */
function startOf(
  { saving }: Offer,
  { present, contractEndDay, day }: Situation,
  rule: ChoiceRule,
): 'now' | 'never' | number {
  const isBound = present !== undefined && present.exitFeeMinor > 0 && contractEndDay !== undefined;
  if (!isBound || contractEndDay <= day) return 'now';
  const monthsLeft = (contractEndDay - day) / DAYS_PER_MONTH;
  if (saving.mean * monthsLeft > present.exitFeeMinor) return 'now';
  return monthsLeft <= rule.waitMonthsMax ? contractEndDay + 1 : 'never';
}
