import { NEVER } from '../calendar/calendar.js';
import { DEPARTURE_WAYS, type Lives } from '../hazard/lives.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { isActivated } from '../world/subscriptions.js';
import { firstDayOfMonth, type World } from '../world/world.js';

/** Share of joiners with a recycled number. */
export const RECYCLED_SHARE = 0.05;
/** Days before a number is assigned again. */
const QUARANTINE_DAYS = 90;
/** Days after the start of the span with recycled numbers. */
const RECYCLED_AFTER_DAYS = QUARANTINE_DAYS + 30;
const TRIES_MAX = 8;

/**
 * Fills `numberOf`: joiners get numbers of cancelled subscriptions, except ported ones. Needs all lives; idempotent.
 */
export function recycleNumbers(stream: Stream, world: World, lives: Lives): void {
  const { subscriptions, people } = world;
  const { activatedDay, numberOf, person, count } = subscriptions;
  const all = Array.from({ length: count }, (_, at) => at);
  for (const at of all) numberOf[at] = at;
  const freed = all.filter((at) => lives.cancelledDay[at]! < world.afterHistoryDay && !isPortedOut(lives, at));
  freed.sort((one, other) => lives.cancelledDay[one]! - lives.cancelledDay[other]! || one - other);
  const joined = all.filter((at) => canGetRecycledNumber(world, at));
  joined.sort((one, other) => activatedDay[one]! - activatedDay[other]! || one - other);
  const free: number[] = [];
  let next = 0;
  for (const at of joined) {
    const random = stream.at(Purpose.recycled, at);
    const isFree = (place: number): boolean =>
      lives.cancelledDay[freed[place]!]! + QUARANTINE_DAYS <= activatedDay[at]!;
    for (; next < freed.length && isFree(next); next += 1) free.push(freed[next]!);
    if (!random.chance(RECYCLED_SHARE)) continue;
    for (let tries = 0; tries < TRIES_MAX && free.length > 0; tries += 1) {
      const place = random.below(free.length);
      const before = free[place]!;
      if (people.household[person[before]!] === people.household[person[at]!]) continue;
      numberOf[at] = numberOf[before]!;
      free[place] = free.at(-1)!;
      free.pop();
      break;
    }
  }
}

/** Whether a subscription joins when numbers are available; returns get none. */
export function canGetRecycledNumber({ subscriptions, firstDay, afterHistoryDay }: World, at: number): boolean {
  const day = subscriptions.activatedDay[at]!;
  const isInSpan = isActivated(subscriptions, at) && day >= firstDay + RECYCLED_AFTER_DAYS && day < afterHistoryDay;
  return isInSpan && subscriptions.returnOf[at]! < 0;
}

function isPortedOut(lives: Lives, at: number): boolean {
  return DEPARTURE_WAYS[lives.departureWay[at]!] === 'portOut';
}

/** NEVER without a hand-over. */
export function handOverDayOf(world: World, lives: Lives, at: number): number {
  const { heir, handOverMonth } = world.subscriptions;
  const churnMonth = lives.churnMonth[at]!;
  const isThere = heir[at]! >= 0 && (churnMonth < 0 || churnMonth >= handOverMonth[at]!);
  return isThere ? firstDayOfMonth(world, handOverMonth[at]!) : NEVER;
}

/** The month that determines owner and user: that of the churn, or the last of the span. */
export function lastMonthOf(world: World, lives: Lives, at: number): number {
  return lives.churnMonth[at]! < 0 ? world.months - 1 : lives.churnMonth[at]!;
}
