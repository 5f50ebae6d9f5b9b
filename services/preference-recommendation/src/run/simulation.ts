import { Injectable } from '@nestjs/common';
import type { BillParts, PlanSimulation } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { sees, type Caller } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { isUuid, shardOf } from '@holdfast/platform/identity';
import { moneyOf } from '@holdfast/platform/money';
import { MonthBiller, type MonthBill } from '../bill/month-bill.js';
import { BASE_PER_MB, tariffOf, type Tariff } from '../bill/tariff.js';
import { usageClassesOf, type UsageClasses } from '../bill/usage-class.js';
import { RATE_ITEMS, type Plan } from '../catalogue/plan.js';
import { fitOf, offerMessage, offeredPlans } from '../fit/fit.js';
import { readCalls } from '../usage/calls.js';
import type { FactScope, Subscriber } from '../usage/subscribers.js';
import { readTotals } from '../usage/totals.js';
import { FitFacts, asService, type FitBasis } from './fit-facts.js';
import { frameOf, priceSubscribers } from './fit-piece.js';

const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such active subscription with use in that month.',
  'zh-CN': '该月没有此在网用户。',
});
const planUnknown = failure('notFound', 'plan.unknown', {
  en: 'There is no plan {plan} of which bills can be worked out.',
  'zh-CN': '没有可计算账单的套餐 {plan}。',
});

const SECONDS_PER_MINUTE = 60;

/** Base units of one unit that people know, by component: minutes, MB, messages. */
const SHOWN_UNITS = RATE_ITEMS.map((item) => (item === 'data' ? BASE_PER_MB : item === 'sms' ? 1 : SECONDS_PER_MINUTE));

/** What one subscription would have paid on plans, worked out now from the facts; the rehearsal of PR-20. */
@Injectable()
export class Simulation {
  constructor(private readonly fitFacts: FitFacts) {}

  /** @param planIds empty for all that could be advised @throws notFound, precondition */
  async simulate(
    call: Call,
    subscriptionId: string,
    planIds: readonly string[],
    asked: string,
  ): Promise<PlanSimulation> {
    if (!isUuid(subscriptionId)) throw subscriptionUnknown();
    const own = asService(call);
    const { month, extract } = await this.fitFacts.monthAndExtract(own, asked);
    const basis = await this.fitFacts.basis(own, month, extract.sequence);
    const plans = planIds.length === 0 ? offeredPlans(basis.plans, basis.day) : plansNamed(basis.plans, planIds);
    const shard = shardOf(subscriptionId);
    const scope: FactScope = {
      ...{ facts: this.fitFacts.facts, call: own, knowledgeTime: basis.knowledgeTime, months: basis.months },
      ...{ shards: { from: shard, to: shard + 1 }, subscriptionIds: [subscriptionId] },
    };
    const { subscribers, priced, billed } = await priceSubscribers(scope, basis, plans);
    const subscriber = this.visible(subscribers, call.caller);
    const frame = frameOf('', basis);
    const { fit, offers } = fitOf(subscriber, 0, priced, billed.get(subscriptionId), plans, frame);
    const shown = basis.plans.filter((plan) => plan.id === subscriber.planIds.at(-1) || plans.includes(plan));
    return {
      fit,
      plans: offers.map((offer) => offerMessage(offer, basis.currency)),
      parts: await this.parts(scope, basis, subscriber, shown),
    };
  }

  /** What lies outside the caller's region is unknown. */
  private visible([subscriber]: readonly Subscriber[], caller: Caller): Subscriber {
    if (subscriber === undefined || !sees(caller, subscriber.orgUnitPath)) throw subscriptionUnknown();
    return subscriber;
  }

  private async parts(
    scope: FactScope,
    basis: FitBasis,
    subscriber: Subscriber,
    plans: readonly Plan[],
  ): Promise<BillParts[]> {
    const classes = usageClassesOf(basis.plans);
    const tariffs = plans.map((plan) => tariffOf(plan, classes));
    const billed = basis.method === 'events' ? tariffs : tariffs.filter((tariff) => tariff.isExactFromTotals);
    const parts: BillParts[] = [];
    for (const [at, month] of scope.months.entries()) {
      if (subscriber.isThere[at] !== true) continue;
      const usage = await this.usage(scope, month, basis, classes);
      for (const tariff of billed) {
        const bill = new MonthBiller(tariff).billOf(usage, 0, usage.classes.length);
        if (Number.isNaN(bill.total)) continue;
        parts.push({ planId: tariff.plan.id, month, parts: partsOf(tariff, bill, basis) });
      }
    }
    return parts;
  }

  private usage(scope: FactScope, month: string, { method, timeZone }: FitBasis, classes: UsageClasses) {
    const indexOf = new Map(scope.subscriptionIds.map((id, index) => [id, index]));
    return method === 'events'
      ? readCalls(scope, month, classes, timeZone, indexOf)
      : readTotals(scope, month, classes, indexOf);
  }
}

/** @throws notFound */
function plansNamed(plans: readonly Plan[], planIds: readonly string[]): Plan[] {
  return [...new Set(planIds)].map((id) => {
    const plan = plans.find((candidate) => candidate.id === id);
    if (plan === undefined) throw planUnknown({ plan: id });
    return plan;
  });
}

/** The fee, what each item adds that was used, and what lacked to the least spend. */
function partsOf({ plan }: Tariff, bill: MonthBill, { currency }: FitBasis): BillParts['parts'] {
  const part = (item: string, charge: number, units = 1, included = 0) => ({
    item,
    units,
    included,
    charge: moneyOf(charge, currency),
  });
  return [
    part('fee', plan.feeMinor),
    ...RATE_ITEMS.flatMap((item, component) => {
      const [billed, included] = [bill.billed[component]!, bill.included[component]!];
      const unit = SHOWN_UNITS[component]!;
      return billed === 0 ? [] : [part(item, bill.charges[component]!, billed / unit, included / unit)];
    }),
    ...(bill.toMinSpend === 0 ? [] : [part('min_spend', bill.toMinSpend)]),
  ];
}
