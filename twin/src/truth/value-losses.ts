import { monthText } from '@holdfast/platform/calendar';
import { arpuCents, type BilledMonth } from '../behaviour/bill.js';
import type { Lives } from '../hazard/lives.js';
import { LOSS_CAUSES } from '../hazard/value-loss.js';
import { centsText, flagText, type Cell } from '../table/table.js';
import type { Block } from '../world/blocks.js';

/** Months of the reference, and consecutive months that must be lower. */
const LOSS_HISTORY_MONTHS = 3;
const LOSS_MONTHS = 2;
/** Minimum relative decrease of the bill. */
const LOSS_SHARE = 0.2;

/**
 * Cause of a measured loss: its cause in the simulation; a product or a discount that explains more than half of it;
 * churn; or random fluctuation.
 */
const MEASURED_CAUSES = [...LOSS_CAUSES, 'product', 'discount', 'churn', 'fluctuation'] as const;
type MeasuredCause = (typeof MEASURED_CAUSES)[number];

export interface ValueLossCounts {
  judged: number;
  byCause: Record<string, number>;
}

/** Offsets of the month in which the cause may have begun, the most likely first. */
const BEGAN = [0, -1, 1, -2];

/**
 * Value losses of staying and churned subscriptions: the bills of a month and of the next, net of discounts, are below
 * four fifths of the mean of the three months before. Bills after churn are 0.
 */
export class ValueLosses {
  private readonly arpu: Float64Array;
  private readonly vas: Float64Array;
  private readonly discount: Float64Array;
  readonly counts: ValueLossCounts = { judged: 0, byCause: noLosses() };

  constructor(
    private readonly lives: Lives,
    private readonly block: Block,
  ) {
    const places = (block.afterSubscription - block.firstSubscription) * lives.months;
    this.arpu = new Float64Array(places).fill(NaN);
    this.vas = new Float64Array(places);
    this.discount = new Float64Array(places);
  }

  addBill(at: number, month: number, billed: BilledMonth): void {
    const place = this.placeOf(at, month);
    this.arpu[place] = arpuCents(billed);
    this.vas[place] = billed.vasCents;
    this.discount[place] = billed.discountCents;
  }

  /** Rows of `value_losses`, after the last bill of a subscription. */
  *rowsOf(at: number, id: string, firstMonth: number): Generator<Cell[]> {
    for (let month = 0; month < this.lives.months; month += 1) {
      const loss = this.judge(at, month);
      if (loss === undefined) continue;
      const { cause, beforeCents, afterCents } = loss;
      const [before, after] = [beforeCents, afterCents].map((cents) => centsText(Math.round(cents)));
      yield [id, monthText(firstMonth + month), cause, before, after, flagText(cause === 'churn')];
    }
  }

  /**
   * The loss that begins in a month, with the mean bills of the three months before and of the two lower months; undefined
   * without one, or if it cannot be judged. Counts the judged months.
   */
  private judge(at: number, month: number) {
    const { lives } = this;
    if (month < LOSS_HISTORY_MONTHS || month + LOSS_MONTHS > lives.months) return undefined;
    const churnMonth = lives.churnMonth[at]!;
    if (churnMonth >= 0 && month > churnMonth) return undefined;
    const [beforeCents, afterCents] = this.around(this.arpu, at, month);
    const after = this.months(this.arpu, at, month, LOSS_MONTHS);
    if (Number.isNaN(beforeCents) || after.some(Number.isNaN)) return undefined;
    this.counts.judged += 1;
    if (!after.every((cents) => cents < (1 - LOSS_SHARE) * beforeCents)) return undefined;
    const cause = this.causeOf(at, month, beforeCents - afterCents);
    this.counts.byCause[cause]! += 1;
    return { cause, beforeCents, afterCents };
  }

  private causeOf(at: number, month: number, fallCents: number): MeasuredCause {
    const { lives } = this;
    const churnMonth = lives.churnMonth[at]!;
    if (churnMonth >= 0 && churnMonth < month + LOSS_MONTHS) return 'churn';
    const [discountBefore, discountAfter] = this.around(this.discount, at, month);
    if (discountAfter - discountBefore > fallCents / 2) return 'discount';
    const [vasBefore, vasAfter] = this.around(this.vas, at, month);
    if (vasBefore - vasAfter > fallCents / 2) return 'product';
    const began = BEGAN.map((shift) => lives.lossCause[at * lives.months + month + shift]!).find((cause) => cause > 0);
    return began === undefined ? 'fluctuation' : LOSS_CAUSES[began - 1]!;
  }

  /** Means of the months before and of the judged months. */
  private around(values: Float64Array, at: number, month: number): [before: number, after: number] {
    const before = this.months(values, at, month - LOSS_HISTORY_MONTHS, LOSS_HISTORY_MONTHS);
    return [mean(before), mean(this.months(values, at, month, LOSS_MONTHS))];
  }

  private months(values: Float64Array, at: number, from: number, count: number): number[] {
    const churnMonth = this.lives.churnMonth[at]!;
    return Array.from({ length: count }, (_, each) => {
      const value = values[this.placeOf(at, from + each)]!;
      return Number.isNaN(value) && churnMonth >= 0 && from + each >= churnMonth ? 0 : value;
    });
  }

  private placeOf(at: number, month: number): number {
    return (at - this.block.firstSubscription) * this.lives.months + month;
  }
}

export function sumOfLosses(parts: readonly ValueLossCounts[]): ValueLossCounts {
  const sum: ValueLossCounts = { judged: 0, byCause: noLosses() };
  for (const { judged, byCause } of parts) {
    sum.judged += judged;
    for (const cause of MEASURED_CAUSES) sum.byCause[cause]! += byCause[cause]!;
  }
  return sum;
}

function noLosses(): Record<string, number> {
  return Object.fromEntries(MEASURED_CAUSES.map((cause) => [cause, 0]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
