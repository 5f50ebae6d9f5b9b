import { MonthBiller } from '../bill/month-bill.js';
import type { Tariff } from '../bill/tariff.js';
import type { MonthUsage } from '../usage/usage-rows.js';

/** Bills of many subscriptions on many plans over some months, minor units; NaN where they cannot be billed. */
export class PricedMonths {
  private readonly bills: Float64Array;
  private readonly planAt: ReadonlyMap<string, number>;

  constructor(
    private readonly tariffs: readonly Tariff[],
    private readonly months: number,
    private readonly subscriptions: number,
  ) {
    this.bills = new Float64Array(tariffs.length * months * subscriptions);
    this.planAt = new Map(tariffs.map(({ plan }, at) => [plan.id, at]));
  }

  /**
   * Bills one month on every plan. O(plans × calls).
   * @param isFromTotals whether the usage is a month's totals: other tariffs than those that are exact from it get NaN
   */
  addMonth(month: number, usage: MonthUsage, isFromTotals: boolean): void {
    this.tariffs.forEach((tariff, plan) => {
      const at = this.indexOf(plan, month);
      if (isFromTotals && !tariff.isExactFromTotals) {
        this.bills.fill(Number.NaN, at, at + this.subscriptions);
        return;
      }
      const biller = new MonthBiller(tariff);
      for (let subscription = 0; subscription < this.subscriptions; subscription += 1) {
        const { total } = biller.billOf(usage, usage.offsets[subscription]!, usage.offsets[subscription + 1]!);
        this.bills[at + subscription] = total;
      }
    });
  }

  /** NaN for a plan that was not priced. */
  bill(planId: string | undefined, month: number, subscription: number): number {
    const plan = planId === undefined ? undefined : this.planAt.get(planId);
    return plan === undefined ? Number.NaN : this.bills[this.indexOf(plan, month) + subscription]!;
  }

  private indexOf(plan: number, month: number): number {
    return (plan * this.months + month) * this.subscriptions;
  }
}
