import type { Usage } from '../bill/month-bill.js';

/** A month's use of many subscriptions: that of number n is from `offsets[n]` to before `offsets[n + 1]`. */
export interface MonthUsage extends Usage {
  readonly offsets: Uint32Array;
}

const ROWS_FIRST = 65_536;

/** Collects use in whatever order it comes and gives it by subscription and time. */
export class UsageRows {
  private count = 0;
  private subscriptions = new Uint32Array(ROWS_FIRST);
  private atMs = new Float64Array(ROWS_FIRST);
  private classes = new Uint16Array(ROWS_FIRST);
  private amounts = new Float64Array(ROWS_FIRST);
  private isOrdered = true;

  constructor(private readonly subscriptionCount: number) {}

  add(subscription: number, atMs: number, usageClass: number, amount: number): void {
    const at = this.count;
    if (at === this.subscriptions.length) this.grow();
    this.subscriptions[at] = subscription;
    this.atMs[at] = atMs;
    this.classes[at] = usageClass;
    this.amounts[at] = amount;
    this.count = at + 1;
    if (at > 0 && this.isOrdered) this.isOrdered = this.compare(at - 1, at) <= 0;
  }

  finish(): MonthUsage {
    const offsets = new Uint32Array(this.subscriptionCount + 1);
    for (let at = 0; at < this.count; at += 1) offsets[this.subscriptions[at]! + 1]! += 1;
    for (let at = 1; at < offsets.length; at += 1) offsets[at]! += offsets[at - 1]!;
    if (this.isOrdered)
      return { offsets, classes: this.classes.slice(0, this.count), amounts: this.amounts.slice(0, this.count) };
    const order = this.order();
    return {
      offsets,
      classes: Uint16Array.from(order, (at) => this.classes[at]!),
      amounts: Float64Array.from(order, (at) => this.amounts[at]!),
    };
  }

  private order(): Uint32Array {
    const order = new Uint32Array(this.count).map((_, at) => at);
    return order.sort((left, right) => this.compare(left, right));
  }

  /** At one moment, by what was used: the order in which rows came must not matter. */
  private compare(left: number, right: number): number {
    return (
      this.subscriptions[left]! - this.subscriptions[right]! ||
      this.atMs[left]! - this.atMs[right]! ||
      this.classes[left]! - this.classes[right]! ||
      this.amounts[left]! - this.amounts[right]!
    );
  }

  private grow(): void {
    const length = this.subscriptions.length * 2;
    this.subscriptions = grown(this.subscriptions, new Uint32Array(length));
    this.atMs = grown(this.atMs, new Float64Array(length));
    this.classes = grown(this.classes, new Uint16Array(length));
    this.amounts = grown(this.amounts, new Float64Array(length));
  }
}

function grown<T extends Uint32Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
