import { monthOfDay } from '@holdfast/platform/calendar';
import { Purpose, type Stream } from '../randomness/stream.js';
import { cityOf, type Geography } from './geography.js';
import type { People } from './households.js';
import { ADULT_YEARS, type Subscriptions } from './subscriptions.js';

/**
 * Monthly share of hand-overs among numbers used and paid for by their owner only. The subscription continues with
 * another owner, user, account and other calls.
 */
export const HAND_OVERS_PER_MONTH = 0.0015;

/** No hand-over in the first months. */
const FIRST_MONTHS = 3;
const TRIES_MAX = 40;

interface HandOverContext {
  firstMonth: number;
  historyMonths: number;
  geography: Geography;
  people: People;
}

/**
 * A hand-over takes effect if the number is still active. The heir lives in the same city and keeps the own number; no
 * person takes part in two hand-overs.
 */
export function assignHandOvers(stream: Stream, frame: HandOverContext, all: Subscriptions): void {
  const involved = new Set<number>();
  for (const { at, fromMonth } of handOverCandidates(frame, all)) {
    const person = all.person[at]!;
    if (involved.has(person)) continue;
    const random = stream.at(Purpose.handOver, at);
    const month = fromMonth + Math.floor(random.exponential(1 / HAND_OVERS_PER_MONTH));
    if (month >= frame.historyMonths) continue;
    const heir = sampleHeir(random, frame, all, person, involved);
    if (heir === undefined) continue;
    involved.add(person).add(heir);
    all.heir[at] = heir;
    all.handOverMonth[at] = month;
  }
}

/** Numbers used and paid for by their owner only, with the first month of a possible hand-over. */
export function handOverCandidates({ people, firstMonth }: HandOverContext, all: Subscriptions) {
  const paysForOthers = new Set(all.payer.filter((payer, at) => payer !== at));
  const found: { at: number; fromMonth: number }[] = [];
  for (let at = 0; at < all.count; at += 1) {
    const person = all.person[at]!;
    const isOwn = all.owner[at] === person && all.payer[at] === at && people.age[person]! >= ADULT_YEARS;
    const isBound = all.inFamilyPlan[at] === 1 || all.payingFirm[at]! >= 0 || paysForOthers.has(at);
    if (!isOwn || isBound || all.returnOf[at]! >= 0 || all.returnAs[at]! >= 0) continue;
    const fromMonth = Math.max(1, monthOfDay(all.activatedDay[at]!) - firstMonth + FIRST_MONTHS);
    found.push({ at, fromMonth });
  }
  return found;
}

function sampleHeir(
  random: Stream,
  { geography, people }: HandOverContext,
  all: Subscriptions,
  giver: number,
  involved: ReadonlySet<number>,
): number | undefined {
  const city = cityOf(geography, people.homeCell[giver]!);
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const heir = random.below(people.count);
    const isElsewhere = people.household[heir] !== people.household[giver];
    const isNear = cityOf(geography, people.homeCell[heir]!) === city;
    const isOwner = all.owner[all.firstOfPerson[heir]!] === heir && people.age[heir]! >= ADULT_YEARS;
    if (isElsewhere && isNear && isOwner && !involved.has(heir)) return heir;
  }
  return undefined;
}
