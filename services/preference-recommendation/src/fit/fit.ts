import type { PlanFit, PlanOffer } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { dayText } from '@holdfast/platform/calendar';
import { moneyOf } from '@holdfast/platform/money';
import { isOnSale, type Plan } from '../catalogue/plan.js';
import type { Subscriber } from '../usage/subscribers.js';
import { choose, offersOf, type Choice, type ChoiceRule, type Offer, type Situation } from './choice.js';
import type { PricedMonths } from './priced-months.js';

/** What use was billed from. */
export type Method = 'events' | 'usage';

/** What all fits of a run have in common. */
export interface FitFrame {
  /** Empty for one that is not kept. */
  readonly runId: string;
  readonly months: readonly string[];
  /** Last day of the last month, days since 1970-01-01. */
  readonly day: number;
  readonly currency: string;
  readonly method: Method;
  readonly rule: ChoiceRule;
  /** By id. */
  readonly plans: ReadonlyMap<string, Plan>;
}

/**
 * Plans that can be advised for a service: on sale on the day and for all customers. Family plans are for
 * households and retention plans for members of campaigns (PR-29), so neither is included.
 */
export function offeredPlans(plans: Iterable<Plan>, day: number): Plan[] {
  return [...plans].filter((plan) => plan.kind === 'mainstream' && plan.eligibleSegment === '' && isOnSale(plan, day));
}

/** What is known of a subscription, and the months of it that are billed. */
function situationOf(
  subscriber: Subscriber,
  subscription: number,
  priced: PricedMonths,
  billed: readonly number[] | undefined,
  frame: FitFrame,
): { situation: Situation; months: number[]; asHad: number[] } {
  const months = frame.months.flatMap((_, month) => (subscriber.isThere[month] === true ? [month] : []));
  const presentPlanId = subscriber.planIds.at(-1);
  const asBilled = (month: number): number => billed?.[month] ?? Number.NaN;
  const onPlan = (planId: string | undefined, month: number): number =>
    planId === undefined ? asBilled(month) : priced.bill(planId, month, subscription);
  return {
    months,
    asHad: months.map((month) => onPlan(subscriber.planIds[month] ?? presentPlanId, month)),
    situation: {
      present: presentPlanId === undefined ? undefined : frame.plans.get(presentPlanId),
      presentBills: months.map((month) => onPlan(presentPlanId, month)),
      contractEndDay: subscriber.contractEndDay,
      day: frame.day,
    },
  };
}

/** The fit of one subscription over the plans it could have. @param offered for every service */
export function fitOf(
  subscriber: Subscriber,
  subscription: number,
  priced: PricedMonths,
  billed: readonly number[] | undefined,
  offered: readonly Plan[],
  frame: FitFrame,
): { fit: PlanFit; offers: Offer[]; choice: Choice } {
  const { situation, months, asHad } = situationOf(subscriber, subscription, priced, billed, frame);
  const presentPlanId = subscriber.planIds.at(-1);
  // Who has no plan and yet calls, uses a mobile.
  const service = situation.present?.service ?? 'mobile';
  const possible = offered.filter((plan) => plan.id !== presentPlanId && plan.service === service);
  const offers = offersOf(possible, situation, (plan) =>
    months.map((month) => priced.bill(plan.id, month, subscription)),
  );
  const choice: Choice =
    subscriber.isDoubleZero === true
      ? { advised: undefined, others: [], principle: undefined, reason: 'double_zero', advisedFromDay: undefined }
      : choose(offers, situation, frame.rule);
  const fit: PlanFit = {
    subscriptionId: subscriber.id,
    runId: frame.runId,
    months: months.map((month) => frame.months[month]!),
    presentPlanId: presentPlanId ?? '',
    presentBill: moneyOf(sumOf(asHad), frame.currency),
    presentPlanBill: moneyOf(sumOf(situation.presentBills), frame.currency),
    advised: choice.advised === undefined ? undefined : offerMessage(choice.advised, frame.currency),
    others: choice.others.map((offer) => offerMessage(offer, frame.currency)),
    principle: choice.principle ?? '',
    method: frame.method,
    reason: choice.reason ?? '',
    orgUnitPath: subscriber.orgUnitPath,
    advisedFrom: choice.advisedFromDay === undefined ? undefined : dayText(choice.advisedFromDay),
  };
  return { fit, offers, choice };
}

export function offerMessage({ plan, bills, total, saving }: Offer, currency: string): PlanOffer {
  return {
    planId: plan.id,
    name: plan.name,
    bill: moneyOf(total, currency),
    saving: moneyOf(saving.mean, currency),
    savingLow: moneyOf(saving.low, currency),
    savingHigh: moneyOf(saving.high, currency),
    monthlyBills: bills.map((bill) => ({ minor: bill, currency })),
  };
}

function sumOf(bills: readonly number[]): number {
  return bills.reduce((sum, bill) => sum + bill, 0);
}
