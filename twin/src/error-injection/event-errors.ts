import { KIND, type EventColumns } from '../behaviour/event-columns.js';
import { SECONDS_PER_DAY, momentText } from '../calendar/calendar.js';
import { Purpose, Stream } from '../randomness/stream.js';
import type { World } from '../world/world.js';
import type { InjectedError } from './error-injector.js';

const SALT = 1 << 24;

/**
 * Injects errors into a file of events. A clock skew changes the time by minutes within the day: undetectable, but it
 * changes the order. The other errors are further events at the end of the file: of subscriptions that do not exist,
 * from before the span, and exact duplicates. Events have no key, so there are no conflicts.
 * @returns the errors; `line` is the position of the row in the file, from 1
 */
export function injectEventErrors(
  events: EventColumns,
  file: string,
  { errorShare }: { errorShare: number },
  world: World,
  salt: number,
): InjectedError[] {
  const random = new Stream(world.seed).at(Purpose.injectedErrors, SALT + salt);
  const good = events.count;
  const rows = skewClocks(events, file, errorShare, world, salt);
  const errors = good === 0 ? 0 : random.poisson((good * errorShare) / 10);
  for (let injected = 0; injected < errors; injected += 1) {
    const source = random.below(good);
    const kind = random.pick(['orphan', 'outsideSpan', 'duplicate'] as const);
    events.addCopy(events, source);
    const at = events.count - 1;
    if (kind === 'orphan') events.subscription[at] = -1 - injected;
    if (kind === 'outsideSpan') events.moment[at]! -= (world.months + 1) * 31 * SECONDS_PER_DAY;
    const column = kind === 'outsideSpan' ? 'at' : 'subscription_id';
    const expected = kind === 'duplicate' ? 'duplicate' : 'rejected';
    const value = Object.keys(KIND)[events.kind[at]!]!;
    rows.push({ table: 'events', file, line: at + 1, kind, column, value, expected });
  }
  return rows;
}

const SKEW_MIN_S = 60;
const SKEW_MAX_S = 5400;

function skewClocks(
  events: EventColumns,
  file: string,
  errorShare: number,
  world: World,
  salt: number,
): InjectedError[] {
  const random = new Stream(world.seed).at(Purpose.clockSkew, salt);
  const skewed = new Set<number>();
  const rows: InjectedError[] = [];
  const errors = events.count === 0 ? 0 : random.poisson((events.count * errorShare) / 10);
  for (let injected = 0; injected < errors; injected += 1) {
    const at = random.below(events.count);
    const skew = (random.chance(0.5) ? 1 : -1) * (SKEW_MIN_S + random.below(SKEW_MAX_S - SKEW_MIN_S));
    const moment = events.moment[at]!;
    const day = Math.floor(moment / SECONDS_PER_DAY);
    if (skewed.has(at) || Math.floor((moment + skew) / SECONDS_PER_DAY) !== day) continue;
    skewed.add(at);
    events.moment[at] = moment + skew;
    const value = momentText(day, moment % SECONDS_PER_DAY);
    rows.push({ table: 'events', file, line: at + 1, kind: 'clockSkew', column: 'at', value, expected: 'accepted' });
  }
  return rows;
}
