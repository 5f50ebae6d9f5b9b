import { RATE_ITEMS } from '../catalogue/plan.js';
import { MICRO_PER_CENT, centsOf } from './charge.js';
import type { Rule, Step, Tariff } from './tariff.js';

/** What was used, compacted: calls, sessions and messages in the order in which they were made. */
export interface Usage {
  /** See UsageClasses. */
  readonly classes: Uint16Array;
  /** Base units: seconds, millionths of a MB, messages; whole numbers. */
  readonly amounts: Float64Array;
}

/** A month's bill on one plan. Arrays by component, in the order of RATE_ITEMS. */
export interface MonthBill {
  /** Minor units; NaN where something was used for which the plan has no rate. */
  total: number;
  /** Minor units that lacked to the least spend. */
  toMinSpend: number;
  /** Base units that count: rounded call by call. */
  readonly billed: Float64Array;
  /** Of these, in the plan. */
  readonly included: Float64Array;
  /** Minor units. */
  readonly charges: Float64Array;
}

/**
 * Bills months on one tariff, by the formula of the contract ("A month's bill"):
 * bill = max(fee + Σ over items max(billed − in the plan − free, 0) × rate, least spend), every item rounded half up
 * to the cent once. One biller serves many months one after the other, O(calls) each, without allocating.
 */
export class MonthBiller {
  readonly bill: MonthBill = {
    total: 0,
    toMinSpend: 0,
    billed: new Float64Array(RATE_ITEMS.length),
    included: new Float64Array(RATE_ITEMS.length),
    charges: new Float64Array(RATE_ITEMS.length),
  };
  /** Base units beyond the plan, by charged row. */
  private readonly excess: Float64Array;
  private readonly left = new Float64Array(3);
  /** Base units billed so far in the month, by pool: steps of data and messages count by the month. */
  private readonly position = new Float64Array(3);
  private isUnpriced = false;
  private readonly components: readonly {
    readonly rows: readonly number[];
    readonly rates: Float64Array;
    readonly units: Float64Array;
    readonly amounts: Float64Array;
  }[];

  constructor(private readonly tariff: Tariff) {
    this.excess = new Float64Array(tariff.rows.length);
    this.components = RATE_ITEMS.map((_, component) => {
      const rows = tariff.rows.flatMap((row, at) => (row.component === component ? [at] : []));
      return {
        rows,
        rates: Float64Array.from(rows, (row) => tariff.rows[row]!.rateMicro),
        units: Float64Array.from(rows, (row) => tariff.rows[row]!.unit),
        amounts: new Float64Array(rows.length),
      };
    });
  }

  /** The bill of `usage` from one entry up to another; the same object each time. */
  billOf({ classes, amounts }: Usage, from: number, to: number): MonthBill {
    const { ruleOf, rules, included } = this.tariff;
    this.reset(included);
    for (let at = from; at < to; at += 1) {
      const rule = ruleOf[classes[at]!]!;
      if (rule >= 0) this.count(rules[rule]!, amounts[at]!);
    }
    return this.total();
  }

  private reset(included: readonly number[]): void {
    this.bill.billed.fill(0);
    this.bill.included.fill(0);
    this.excess.fill(0);
    this.position.fill(0);
    this.left.set(included);
    this.isUnpriced = false;
  }

  /** One call, session or message: what the plan still covers comes first, the rest is excess. */
  private count(rule: Rule, amount: number): void {
    const { steps, component, pool } = rule;
    const billed = steps.length === 0 ? amount : billedAmount(rule, amount);
    const covered = rule.isCovered ? Math.min(billed, this.left[pool]!) : 0;
    this.bill.billed[component]! += billed;
    this.bill.included[component]! += covered;
    this.left[pool]! -= covered;
    const start = rule.isPerCall ? 0 : this.position[pool]!;
    this.position[pool]! += billed;
    if (covered === billed) return;
    if (rule.capRow >= 0 && this.costOf(steps, start + covered, start + billed) > rule.capMinor * MICRO_PER_CENT) {
      this.excess[rule.capRow]! += 1;
    } else if (steps.length === 1) this.excess[steps[0]!.row]! += billed - covered;
    else if (steps.length === 0) this.isUnpriced = true;
    else this.spread(steps, start + covered, start + billed);
  }

  /** Divides a stretch of excess over the steps that it passes through. */
  private spread(steps: readonly Step[], from: number, to: number): void {
    for (let step = 0; step < steps.length; step += 1) {
      const end = steps[step + 1]?.start ?? Infinity;
      const within = Math.min(to, end) - Math.max(from, steps[step]!.start);
      if (within > 0) this.excess[steps[step]!.row]! += within;
    }
  }

  /** What a stretch costs, millionths of the currency; only compared, so not exact in the last digits. */
  private costOf(steps: readonly Step[], from: number, to: number): number {
    return steps.reduce((cost, { row, start, unit }, step) => {
      const within = Math.min(to, steps[step + 1]?.start ?? Infinity) - Math.max(from, start);
      return cost + (within > 0 ? (within * this.tariff.rows[row]!.rateMicro) / unit : 0);
    }, 0);
  }

  private total(): MonthBill {
    const { plan, rows } = this.tariff;
    const { bill } = this;
    let charges = plan.feeMinor;
    for (let component = 0; component < this.components.length; component += 1) {
      const { rows: own, rates, units, amounts } = this.components[component]!;
      for (let at = 0; at < own.length; at += 1)
        amounts[at] = Math.max(0, this.excess[own[at]!]! - rows[own[at]!]!.free);
      const charge = centsOf(rates, amounts, units);
      bill.charges[component] = charge;
      charges += charge;
    }
    bill.toMinSpend = Math.max(0, plan.minSpendMinor - charges);
    bill.total = this.isUnpriced ? Number.NaN : charges + bill.toMinSpend;
    return bill;
  }
}

/** What counts of a call: each step's part rounded by the step's own unit. */
function billedAmount({ steps, isPerCall }: Rule, amount: number): number {
  if (steps.length === 1 || !isPerCall) return roundedUp(amount, steps[0]!);
  let billed = 0;
  for (let step = 0; step < steps.length; step += 1) {
    const { start } = steps[step]!;
    const end = steps[step + 1]?.start ?? Infinity;
    if (amount > start) billed += Math.min(end - start, roundedUp(Math.min(amount, end) - start, steps[step]!));
  }
  return billed;
}

function roundedUp(amount: number, { unit, isCeil }: Step): number {
  return isCeil ? Math.ceil(amount / unit) * unit : amount;
}
