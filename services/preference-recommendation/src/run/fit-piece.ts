import type { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { tariffOf } from '../bill/tariff.js';
import { usageClassesOf } from '../bill/usage-class.js';
import type { Plan } from '../catalogue/plan.js';
import { fitOf, offeredPlans, type FitFrame } from '../fit/fit.js';
import { PricedMonths } from '../fit/priced-months.js';
import { readBilled } from '../usage/billed.js';
import { readCalls } from '../usage/calls.js';
import { readSubscribers, type FactScope, type Subscriber } from '../usage/subscribers.js';
import { readTotals } from '../usage/totals.js';
import type { FitBasis } from './fit-facts.js';

/** Subscriptions with what their months would have cost. */
interface Priced {
  readonly subscribers: readonly Subscriber[];
  readonly priced: PricedMonths;
  /** Bills of those that had no plan, minor units by month. */
  readonly billed: ReadonlyMap<string, number[]>;
}

export function frameOf(runId: string, basis: FitBasis): FitFrame {
  return { ...basis, runId, plans: new Map(basis.plans.map((plan) => [plan.id, plan])) };
}

/**
 * Bills the months of some subscriptions on the requested plans and on their actual ones. One month of calls is in
 * memory at a time.
 */
export async function priceSubscribers(scope: FactScope, basis: FitBasis, asked: readonly Plan[]): Promise<Priced> {
  const found = await readSubscribers(scope);
  const subscribers = [...found.values()];
  const indexOf = new Map(subscribers.map(({ id }, index) => [id, index]));
  const held = new Set(subscribers.flatMap(({ planIds }) => planIds));
  const classes = usageClassesOf(basis.plans);
  const tariffs = basis.plans
    .filter((plan) => held.has(plan.id) || asked.includes(plan))
    .map((plan) => tariffOf(plan, classes));
  const priced = new PricedMonths(tariffs, basis.months.length, subscribers.length);
  for (const [at, month] of basis.months.entries()) {
    if (subscribers.length === 0) break;
    scope.call.signal?.throwIfAborted();
    if (basis.method === 'events') {
      const usage = await readCalls(scope, month, classes, basis.timeZone, indexOf);
      priced.addMonth(at, usage, false);
    } else {
      const totals = await readTotals(scope, month, classes, indexOf);
      priced.addMonth(at, totals, true);
      // Who has no totals of a month cannot be billed for it.
      subscribers.forEach((subscriber, index) => (subscriber.isThere[at] &&= totals.isKnown[index] === 1));
    }
  }
  const without = new Set(subscribers.filter(({ planIds }) => planIds.includes(undefined)).map(({ id }) => id));
  const billed = without.size === 0 ? new Map<string, number[]>() : await billedOf(scope, without);
  return { subscribers, priced, billed };
}

/** Without a table of bills, who has no plan has nothing to compare with. */
async function billedOf(scope: FactScope, wanted: ReadonlySet<string>): Promise<Map<string, number[]>> {
  const { tables } = await scope.facts.describeFacts(scope.call, {});
  return tables.some(({ table }) => table === 'billing') ? readBilled(scope, wanted) : new Map();
}

/** The fits of a range of shards. */
export async function fitPiece(runId: string, basis: FitBasis, scope: FactScope): Promise<PlanFit[]> {
  const frame = frameOf(runId, basis);
  const offered = offeredPlans(basis.plans, basis.day);
  const { subscribers, priced, billed } = await priceSubscribers(scope, basis, offered);
  return subscribers.map(
    (subscriber, index) => fitOf(subscriber, index, priced, billed.get(subscriber.id), offered, frame).fit,
  );
}
