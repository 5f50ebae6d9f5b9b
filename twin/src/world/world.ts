import { daysIn, firstDayOf, monthOf, monthText, type Span } from '../calendar/calendar.js';
import { HOLIDAY_MONTHS } from '../calendar/holidays.js';
import { scramble, Stream } from '../randomness/stream.js';
import { buildAdoption, type Adopter, type Adoption } from './adoption.js';
import { buildCallGraph, type CallGraph } from './call-graph.js';
import { buildFirms, type Firms } from './firms.js';
import { buildGeography, type Geography } from './geography.js';
import { assignHandOvers } from './hand-over.js';
import { handsetSpells, type HandsetTaste } from './handsets.js';
import { buildHouseholds, type Households, type People } from './households.js';
import { assignLifeEvents, type LifeEvents } from './life-events.js';
import { sharedFloats } from './shared.js';
import {
  assignEntryPlans,
  assignPayingFirms,
  buildSubscriptions,
  personCount,
  type Subscriptions,
} from './subscriptions.js';

/** What an operator is asked for. */
export interface WorldRequest {
  seed: number;
  /** Mobile subscriptions that exist at some time within the span; those of people who come back are further ones. */
  subscribers: number;
  months: number;
  /** Last month, `YYYY-MM`. */
  to: string;
  /** Months in which the world goes on after that; nobody joins in them. */
  continuedMonths?: number;
}

/**
 * Everything that does not happen but is: places, people, who belongs to whom, what they would do. Columns on shared
 * memory, so that worker threads read the same world.
 */
export interface World extends Span {
  seed: number;
  /** As asked for; those who come back under a new number are further subscriptions. */
  subscribers: number;
  /** Months of the span that were asked for at first; the others continue them. */
  historyMonths: number;
  firstDay: number;
  /** First day after the history. */
  afterHistoryDay: number;
  /** First day after the span. */
  afterLastDay: number;
  geography: Geography;
  households: Households;
  people: People;
  firms: Firms;
  lifeEvents: LifeEvents;
  subscriptions: Subscriptions;
  callGraph: CallGraph;
  /** Expected outgoing calls a month, and minutes billed for them, before any drift. */
  callsOut: Float32Array;
  minutesOut: Float32Array;
  /** Which products people take by themselves. */
  adoption: Adoption;
}

export const SUBSCRIBERS_MIN = 50;
export const SUBSCRIBERS_MAX = 20_000_000;

/** @throws RangeError where the request cannot be met */
export function buildWorld(request: WorldRequest): World {
  const span = checkedSpan(request);
  const { seed, subscribers } = request;
  if (!(subscribers >= SUBSCRIBERS_MIN && subscribers <= SUBSCRIBERS_MAX)) {
    throw new RangeError(`The number of subscribers is between ${SUBSCRIBERS_MIN} and ${SUBSCRIBERS_MAX}`);
  }
  const stream = new Stream(seed);
  const historyMonths = request.months;
  const firstDay = firstDayOf(span.firstMonth);
  const afterHistoryDay = firstDayOf(span.firstMonth + historyMonths);
  const afterLastDay = firstDayOf(span.firstMonth + span.months);
  const geography = buildGeography(stream, subscribers);
  const { households, people } = buildHouseholds(stream, geography, personCount(subscribers), span.months);
  const frame = { subscriptions: subscribers, firstDay, afterHistoryDay, historyMonths };
  const subscriptions = buildSubscriptions(stream, frame, households, people);
  const firms = buildFirms(stream, geography, people);
  const lifeEvents = assignLifeEvents(stream, geography, households, people, firms);
  assignPayingFirms(stream, firms, subscriptions);
  assignHandOvers(stream, { firstMonth: span.firstMonth, historyMonths, geography, people }, subscriptions);
  const callGraph = buildCallGraph(stream, households, people, firms, subscriptions);
  const callsOut = sharedFloats(subscriptions.count);
  const minutesOut = sharedFloats(subscriptions.count);
  for (let at = 0; at < subscriptions.count; at += 1) {
    const left = subscriptions.returnOf[at]!;
    callsOut[at] = left >= 0 ? callsOut[left]! : subscriptions.offNetCalls[at]! + onNetCallsOut(callGraph, at);
    minutesOut[at] = callsOut[at]! * minutesPerCall(subscriptions.callSecondsMean[at]!);
  }
  assignEntryPlans(stream, subscriptions, firstDay, (at) => minutesOut[at]!);
  const columns = { geography, households, people, firms, lifeEvents, subscriptions, callGraph, callsOut, minutesOut };
  const withoutAdoption = {
    ...span,
    seed,
    subscribers,
    historyMonths,
    firstDay,
    afterHistoryDay,
    afterLastDay,
    ...columns,
  };
  // who comes back is known by what was taken the first time
  const adoption = buildAdoption(stream, subscriptions.count, (at) =>
    subscriptions.returnOf[at]! >= 0 ? undefined : adopterOf(stream, withoutAdoption, at),
  );
  return { ...withoutAdoption, adoption };
}

/** Before the span, so that some have had their products and handsets for long. */
const PRODUCT_HISTORY_DAYS = 1500;
const HANDSET_HISTORY_DAYS = 900;

/** First day on which somebody's handset is known. */
export function firstHandsetDay(
  { firstDay, subscriptions }: Pick<World, 'firstDay' | 'subscriptions'>,
  at: number,
): number {
  return Math.max(subscriptions.activatedDay[at]!, firstDay - HANDSET_HISTORY_DAYS);
}

export function handsetTasteOf(
  { people, subscriptions }: Pick<World, 'people' | 'subscriptions'>,
  at: number,
): HandsetTaste {
  const person = subscriptions.person[at]!;
  return { incomeCny: people.incomeCny[person]!, age: people.age[person]! };
}

/** What decides of the products of a subscription. */
export function adopterOf(stream: Stream, world: Omit<World, 'adoption'>, at: number): Adopter {
  const { afterLastDay, callsOut, firstDay, people, subscriptions } = world;
  const taste = handsetTasteOf(world, at);
  return {
    age: people.age[subscriptions.person[at]!]!,
    needs: {
      calls: Math.log(callsOut[at]! / 25),
      messages: Math.log(subscriptions.smsSent[at]! / 3),
      data: Math.log(subscriptions.dataMb[at]! / 8000),
    },
    handsets: handsetSpells(stream, at, firstHandsetDay(world, at), afterLastDay, taste),
    fromDay: Math.max(subscriptions.activatedDay[at]!, firstDay - PRODUCT_HISTORY_DAYS),
    afterLastDay,
  };
}

/** A key for `scatter`, another one for each kind of identifier. */
export function scatterKey(world: Pick<World, 'seed'>, kind: number): number {
  return scramble(scramble(world.seed) + kind);
}

/** Mean minutes billed for a call of exponential length, each begun minute counting: 1 / (1 - exp(-60 / mean)). */
export function minutesPerCall(secondsMean: number): number {
  return 1 / (1 - Math.exp(-60 / secondsMean));
}

/** Half of the calls of an edge go either way. */
function onNetCallsOut(callGraph: CallGraph, at: number): number {
  let calls = 0;
  for (let place = callGraph.start[at]!; place < callGraph.start[at + 1]!; place += 1) {
    const edge = callGraph.edgeOf[place]!;
    if (callGraph.isInitial[edge] === 1) calls += callGraph.callsPerMonth[edge]! / 2;
  }
  return calls;
}

function checkedSpan({ months, to, continuedMonths = 0 }: WorldRequest): Span {
  const last = monthOf(to) + continuedMonths;
  const firstMonth = monthOf(to) - months + 1;
  if (!Number.isInteger(months) || months < 1) throw new RangeError('At least one month is needed');
  if (!Number.isInteger(continuedMonths) || continuedMonths < 0) throw new RangeError('It goes on by whole months');
  if (firstMonth < monthOf(HOLIDAY_MONTHS.from) || last > monthOf(HOLIDAY_MONTHS.to)) {
    const { from, to: until } = HOLIDAY_MONTHS;
    const known = `${from} to ${until}`;
    const span = `${monthText(firstMonth)} to ${monthText(last)}`;
    throw new RangeError(`The span ${span} leaves the months whose holidays are known, ${known}`);
  }
  return { firstMonth, months: months + continuedMonths };
}

/** Days of a month of the span, by its position. */
export function daysOfMonth(world: Span, month: number): number {
  return daysIn(world.firstMonth + month);
}

export function firstDayOfMonth(world: Span, month: number): number {
  return firstDayOf(world.firstMonth + month);
}

/** Where somebody's nights are in a month: a household that moves takes along who lived in it. */
export function homeCellOf(world: World, person: number, month: number): number {
  const { households, people } = world;
  const household = people.household[person]!;
  const moved = households.moveMonth[household]!;
  const home = people.homeCell[person]!;
  const headHome = people.homeCell[households.firstPerson[household]!]!;
  return moved >= 0 && month >= moved && home === headHome ? households.moveCell[household]! : home;
}

/** Whether somebody's nights are elsewhere from this month on; who sleeps away from the household does not move with it. */
export function movesIn(world: World, person: number, month: number): boolean {
  return homeCellOf(world, person, month) !== homeCellOf(world, person, month - 1);
}

/** Where somebody works or studies in a month: elsewhere after taking another job, nowhere but at home when retired. */
export function workCellOf({ people, lifeEvents }: World, person: number, month: number, homeCell: number): number {
  const later = lifeEvents.workCell[person]!;
  if (later < 0 || month < lifeEvents.month[person]!) return people.workCell[person]!;
  return later === people.homeCell[person] ? homeCell : later;
}

export function householdOf({ people, subscriptions }: Pick<World, 'people' | 'subscriptions'>, at: number): number {
  return people.household[subscriptions.person[at]!]!;
}
