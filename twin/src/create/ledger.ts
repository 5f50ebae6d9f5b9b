import { monthText } from '@holdfast/platform/calendar';
import { discountCents, giftSpells } from '../behaviour/accepted-offers.js';
import { arpuCents, BillMeter, type BilledMonth } from '../behaviour/bill.js';
import type { Identifiers } from '../extract/identifiers.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { centsText, type TableFile } from '../table/table.js';
import type { Block } from '../world/blocks.js';
import { accountOf, firmOfAccount } from '../world/ownership.js';
import { OPEN_PLANS, PLANS } from '../world/plans.js';
import { PRODUCTS, type ProductSpell } from '../world/products.js';
import { daysOfMonth, firstDayOfMonth, ordersOf } from '../world/world.js';
import type { BlockContext } from './settings.js';

/** Months of the comparison of plans. */
const FIT_MONTHS = 3;
const USES_PER_MONTH = 14;

/** Bills, arrears and products of a block, and the cost on every plan. */
export class Ledger {
  /** Cents unpaid so far, by subscription of the block. */
  private readonly unpaid: Float64Array;
  private readonly points: Float64Array;
  private readonly spells: ProductSpell[][];
  private readonly giftsOf: ProductSpell[][];
  /** Cents over the last months on the current plan and on each open one. */
  private readonly planCents: Float64Array;
  private readonly fitMonths: Uint8Array;

  constructor(
    private readonly block: Block,
    private readonly context: BlockContext,
    private readonly stream: Stream,
  ) {
    const { world, lives } = context;
    const count = block.afterSubscription - block.firstSubscription;
    this.unpaid = new Float64Array(count);
    this.points = new Float64Array(count);
    this.planCents = new Float64Array(count * (OPEN_PLANS.length + 1));
    this.fitMonths = new Uint8Array(count);
    const all = Array.from({ length: count }, (_, at) => block.firstSubscription + at);
    this.spells = all.map((at) => ordersOf(stream, world, at));
    this.giftsOf = all.map((at) => giftSpells(stream, world, lives, at));
  }

  /** For the current plan, and in the last months for each open plan. */
  metersFor(at: number, month: number): BillMeter[] {
    const { world, lives } = this.context;
    const present = new BillMeter(PLANS[lives.plan[at * world.months + month]!]!);
    if (month < world.months - FIT_MONTHS) return [present];
    return [present, ...OPEN_PLANS.map((plan) => new BillMeter(PLANS[plan]!))];
  }

  bill(at: number, month: number, meters: readonly BillMeter[]): BilledMonth {
    const { world, lives } = this.context;
    const row = at - this.block.firstSubscription;
    const [bill, ...onPlans] = meters.map((meter) => meter.bill());
    if (onPlans.length > 0) {
      this.fitMonths[row]! += 1;
      const from = row * (OPEN_PLANS.length + 1);
      [bill!, ...onPlans].forEach(({ totalCents }, plan) => (this.planCents[from + plan]! += totalCents));
    }
    const vasCents = this.productsIn(at, month).reduce((sum, order) => sum + feeCentsOf(order), 0);
    const discount = Math.min(discountCents(this.stream, world, lives, at, month), bill!.totalCents + vasCents);
    const isPaid = lives.arrearsMonths[at * world.months + month] === 0;
    const billed = { bill: bill!, vasCents, discountCents: discount, isPaid };
    this.unpaid[row] = billed.isPaid ? 0 : this.unpaid[row]! + arpuCents(billed);
    this.points[row]! += Math.floor(arpuCents(billed) / 100);
    return billed;
  }

  writeProductUse(at: number, month: number, file: TableFile, id: string): void {
    const { world } = this.context;
    for (const order of this.productsIn(at, month)) {
      const { product } = order;
      const random = this.stream.at(Purpose.productUse, at, month * PRODUCTS.length + product);
      const uses = random.poisson(USES_PER_MONTH);
      const successes = uses - random.poisson(uses * 0.03);
      const counts = [uses, Math.max(0, successes), centsText(feeCentsOf(order))];
      file.write([id, PRODUCTS[product]!.id, monthText(world.firstMonth + month), ...counts]);
    }
  }

  /** A row for each account that paid in the month, except those of firms, which span blocks. */
  writeAccounts(order: readonly number[], month: number, file: TableFile, identifiers: Identifiers): void {
    const { world, lives } = this.context;
    const arrears = new Map<number, number>();
    const points = new Map<number, number>();
    for (const at of order) {
      if (lives.voiceScale[at * world.months + month] === 0) continue;
      const row = at - this.block.firstSubscription;
      const account = accountOf(world, at, month);
      if (firmOfAccount(world, account) >= 0) continue;
      arrears.set(account, (arrears.get(account) ?? 0) + this.unpaid[row]!);
      points.set(account, (points.get(account) ?? 0) + this.points[row]!);
    }
    for (const [account, cents] of arrears) {
      const random = this.stream.at(Purpose.payment, account, month);
      const balance = cents > 0 ? -cents : Math.round(random.exponential(4500));
      const credit = cents > 0 ? 'C' : random.chance(0.7) ? 'A' : 'B';
      const amounts = [centsText(balance), centsText(cents), credit, points.get(account)];
      file.write([identifiers.account(account), monthText(world.firstMonth + month), ...amounts]);
    }
  }

  /** Only with a bill in each of the last months. */
  writePlanBills(at: number, file: TableFile, id: string): void {
    const { world, lives } = this.context;
    const row = at - this.block.firstSubscription;
    if (world.months < FIT_MONTHS || this.fitMonths[row] !== FIT_MONTHS) return;
    const width = OPEN_PLANS.length + 1;
    const cents = Array.from(this.planCents.subarray(row * width, (row + 1) * width));
    const onOpen = cents.slice(1);
    const best = onOpen.indexOf(Math.min(...onOpen));
    const present = PLANS[lives.plan[at * world.months + world.months - 1]!]!.id;
    const bestPlan = PLANS[OPEN_PLANS[best]!]!.id;
    const presentBill = centsText(cents[0]!);
    file.write([id, present, presentBill, bestPlan, centsText(onOpen[best]!), ...onOpen.map(centsText)]);
  }

  private productsIn(at: number, month: number): ProductInUse[] {
    const { world } = this.context;
    const row = at - this.block.firstSubscription;
    const first = firstDayOfMonth(world, month);
    const after = first + daysOfMonth(world, month);
    const isOn = ({ fromDay, toDay }: ProductSpell): boolean => fromDay < after && toDay > first;
    const own = this.spells[row]!.filter(isOn).map(({ product }) => ({ product, isGift: false }));
    const gift = this.giftsOf[row]!.find(isOn);
    if (gift === undefined || own.some(({ product }) => product === gift.product)) return own;
    return [...own, { product: gift.product, isGift: true }];
  }
}

interface ProductInUse {
  product: number;
  isGift: boolean;
}

function feeCentsOf({ product, isGift }: ProductInUse): number {
  return isGift ? 0 : PRODUCTS[product]!.feeCents;
}
