import type { Plan } from '../catalogue/plan.js';
import { meanInterval, type Interval } from './interval.js';
import { principleOf, type Principle } from './principle.js';

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
 * not move a customer. The interval's lower end is no such test: with three months it requires savings four times the
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
