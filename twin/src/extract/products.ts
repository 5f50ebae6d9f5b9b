import { dayText } from '@holdfast/platform/calendar';
import { giftSpells, type GiftSpell } from '../behaviour/accepted-offers.js';
import { handsetsUsed } from '../behaviour/handsets-used.js';
import { dayTextWithin } from '../calendar/calendar.js';
import { NO_CONTRACT } from '../hazard/lives.js';
import { centsText, flagText, type Cell } from '../table/table.js';
import { HANDSETS } from '../world/handsets.js';
import { PLANS, type Plan } from '../world/plans.js';
import { PRODUCTS, type ProductSpell } from '../world/products.js';
import { firstDayOfMonth, ordersOf } from '../world/world.js';
import type { TableSource } from './table-source.js';

export const CAMPAIGN_ID = 'K-PAST';
export const OLD_CAMPAIGN_ID = 'K-RULE';

export function* planRows(): Generator<Cell[]> {
  const optional = (cents: number | undefined): Cell => (cents === undefined ? undefined : centsText(cents));
  for (const plan of PLANS) {
    const { id, name, kind, tier, feeCents, voiceMinutes, dataMb, smsCount, commitmentMonths: months } = plan;
    const covered = [voiceMinutes, dataMb, smsCount];
    const family = [kind, kind === 'family' ? 6 : undefined, flagText(false)];
    const terms = [optional(plan.minSpendCents), months, optional(plan.exitFeeCents), plan.onSaleFrom, plan.onSaleTo];
    yield [id, name, 'mobile', centsText(feeCents), ...covered, tier, ...family, ...terms];
  }
}

/** `unit` is the quantity of one rate: 60 s of a call, 1 MB, 1 message. */
export function* planRateRows(): Generator<Cell[]> {
  for (const plan of PLANS) {
    const call = (item: string, rateMyriad: number, peer?: string, range?: string): Cell[] => {
      return [plan.id, item, 'out', peer, range, undefined, rateText(rateMyriad), 60, 'ceil', plan.onSaleFrom];
    };
    const other = (item: string, direction: Cell, rateMyriad: number, rounding: string): Cell[] => {
      const rate = rateText(rateMyriad);
      return [plan.id, item, direction, undefined, undefined, undefined, rate, 1, rounding, plan.onSaleFrom];
    };
    yield call('local', plan.localMyriad);
    yield call('long_distance', plan.longDistanceMyriad);
    yield call('roaming', plan.roamingMyriad);
    for (const { item, peerNetwork, hours, rateMyriad } of plan.special ?? []) {
      yield call(item, rateMyriad, peerNetwork, bandText(hours));
    }
    yield other('data', undefined, plan.dataMyriad, 'exact');
    yield other('sms', 'out', plan.smsMyriad, 'ceil');
  }
}

function rateText(rateMyriad: number): string {
  return (rateMyriad / 10_000).toFixed(4);
}

function bandText(hours: NonNullable<Plan['special']>[number]['hours']): string | undefined {
  return hours && hours.map((hour) => `${String(hour).padStart(2, '0')}:00`).join('-');
}

/** A row for each period with the same plan and contract. */
export function* planHistoryRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const { subscriptions, months } = world;
  for (const at of all) {
    const id = identifiers.subscription(at);
    const all = Array.from({ length: months }, (_, month) => month);
    const active = all.filter((month) => lives.voiceScale[at * months + month]! > 0);
    const isSame = (month: number, before: number): boolean => termsOf(lives, at, month) === termsOf(lives, at, before);
    const starts = active.filter((month, place) => place === 0 || !isSame(month, active[place - 1]!));
    const end = lives.cancelledDay[at]!;
    for (const [place, month] of starts.entries()) {
      const next = starts[place + 1];
      const from = place === 0 ? subscriptions.activatedDay[at]! : firstDayOfMonth(world, month);
      const to = next === undefined ? end : firstDayOfMonth(world, next);
      const plan = PLANS[lives.plan[at * months + month]!]!;
      const contractEnd = lives.contractEnd[at * months + month]!;
      const endDay = (): string => dayText(firstDayOfMonth(world, contractEnd + 1) - 1);
      const terms =
        contractEnd === NO_CONTRACT
          ? [undefined, undefined, undefined]
          : [`${id}-${contractEnd + 100}`, endDay(), centsText(plan.exitFeeCents ?? 10_000)];
      yield [id, plan.id, dayText(from), dayTextWithin(to, world.afterLastDay), ...terms];
    }
  }
}

function termsOf({ plan, contractEnd, months }: TableSource['lives'], at: number, month: number): number {
  return plan[at * months + month]! * 2 ** 16 + contractEnd[at * months + month]!;
}

export function* productRows(): Generator<Cell[]> {
  for (const { id, name, category, feeCents, marginCny, launchedOn, requires } of PRODUCTS) {
    yield [id, name, category, centsText(feeCents), marginCny, launchedOn, requires];
  }
}

export function* productOrderRows(source: TableSource): Generator<Cell[]> {
  const { world, lives, identifiers, all } = source;
  for (const at of all) {
    const id = identifiers.subscription(at);
    const end = Math.min(lives.cancelledDay[at]!, world.afterLastDay);
    for (const { product, fromDay, toDay, gift } of ordersAndGifts(source, at)) {
      if (fromDay >= end) continue;
      const fee = gift === undefined ? PRODUCTS[product]!.feeCents : 0;
      const lastDay = Math.min(toDay, lives.cancelledDay[at]!);
      const cancelled = lastDay < world.afterLastDay ? dayText(lastDay) : undefined;
      const channel = gift === undefined ? 'app' : 'telemarketing';
      yield [id, PRODUCTS[product]!.id, dayText(fromDay), cancelled, gift, channel, centsText(fee)];
    }
  }
}

interface Order extends ProductSpell {
  /** The campaign of a gift. */
  gift?: string | undefined;
}

/** No gift of a product that the customer has; a later order of it is billed. */
function ordersAndGifts({ world, lives, stream, contactHistory }: TableSource, at: number): Order[] {
  const orders: Order[] = ordersOf(stream, world, at);
  const gifts = giftSpells(stream, world, lives, at).filter(
    ({ product: given, fromDay: day }) =>
      !orders.some(({ product, fromDay, toDay }) => product === given && fromDay <= day && toDay > day),
  );
  const giftOf = ({ isOfTrial }: GiftSpell): string | undefined =>
    isOfTrial ? CAMPAIGN_ID : contactHistory?.giftCampaign.get(at);
  return [...orders, ...gifts.map((spell) => ({ ...spell, gift: giftOf(spell) }))];
}

export function* handsetModelRows(): Generator<Cell[]> {
  for (const { tac, brand, model, priceCny, launchedOn, os, screenInches, capabilities } of HANDSETS) {
    yield [tac, brand, model, priceCny.toFixed(2), launchedOn, os, screenInches, capabilities.join(';')];
  }
}

export function* handsetUseRows({ world, lives, identifiers, all, stream }: TableSource): Generator<Cell[]> {
  for (const at of all) {
    for (const { model, fromDay, toDay, isBundled } of handsetsUsed(stream, world, lives, at)) {
      const last = toDay === undefined ? undefined : dayText(toDay - 1);
      yield [identifiers.subscription(at), HANDSETS[model]!.tac, dayText(fromDay), last, flagText(isBundled)];
    }
  }
}
