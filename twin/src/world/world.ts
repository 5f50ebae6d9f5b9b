import { checkedMonth, daysInMonth, firstDayOf, monthNumber, monthText } from '@holdfast/platform/calendar';
import type { Span } from '../calendar/calendar.js';
import { HOLIDAY_MONTHS } from '../calendar/holidays.js';
import { scramble, Stream } from '../randomness/stream.js';
import { buildAdoption, friendAdoptionDays, productSpells, type Adopter } from './adoption.js';
import { buildCallGraph, type CallGraph } from './call-graph.js';
import { buildFirms } from './firms.js';
import { buildGeography } from './geography.js';
import { assignHandOvers } from './hand-over.js';
import { handsetSpells, type HandsetTaste } from './handsets.js';
import { buildHouseholds } from './households.js';
import { assignLifeEvents } from './life-events.js';
import type { ProductSpell } from './products.js';
import { sharedFloats } from './shared.js';
import { assignEntryPlans, assignPayingFirms, buildSubscriptions, personCount } from './subscriptions.js';

export interface WorldRequest {
  seed: number;
  /** Subscriptions active at some time of the span; returns are additional ones. */
  subscribers: number;
  months: number;
  /** Last month of the history, `YYYY-MM`. */
  to: string;
  /** Months after the history, without new subscriptions. */
  continuedMonths?: number;
}

export type World = ReturnType<typeof buildWorld>;
type WorldBeforeAdoption = Omit<World, 'adoption'>;

const SUBSCRIBERS_MIN = 50;
const SUBSCRIBERS_MAX = 20_000_000;

/** @throws RangeError for an impossible request */
export function buildWorld(request: WorldRequest) {
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
  const inhabitants = { geography, households, people, firms, subscriptions };
  const lifeEvents = assignLifeEvents(stream, inhabitants);
  assignPayingFirms(stream, firms, subscriptions);
  assignHandOvers(stream, { firstMonth: span.firstMonth, historyMonths, geography, people }, subscriptions);
  const callGraph = buildCallGraph(stream, inhabitants);
  const callsOut = sharedFloats(subscriptions.count);
  const minutesOut = sharedFloats(subscriptions.count);
  for (let at = 0; at < subscriptions.count; at += 1) {
    const former = subscriptions.returnOf[at]!;
    callsOut[at] = former >= 0 ? callsOut[former]! : subscriptions.offNetCalls[at]! + onNetCallsOut(callGraph, at);
    minutesOut[at] = callsOut[at]! * minutesPerCall(subscriptions.callSecondsMean[at]!);
  }
  assignEntryPlans(stream, subscriptions, firstDay, minutesOut);
  const withoutAdoption = {
    ...span,
    seed,
    /** As requested; returns are additional. */
    subscribers,
    /** Months of the span before the continuation. */
    historyMonths,
    firstDay,
    afterHistoryDay,
    afterLastDay,
    ...inhabitants,
    lifeEvents,
    callGraph,
    /** Expected outgoing calls per month, and minutes billed for them, before any drift. */
    callsOut,
    minutesOut,
  };
  // A return adopts what the churned subscription adopted.
  const adoption = buildAdoption(stream, subscriptions.count, (at) =>
    subscriptions.returnOf[at]! >= 0 ? undefined : adopterOf(stream, withoutAdoption, at),
  );
  return { ...withoutAdoption, adoption };
}

/** Before the span, so that some have had products and handsets for a long time. */
const PRODUCT_HISTORY_DAYS = 1500;
const HANDSET_HISTORY_DAYS = 900;

/** First day with a handset in the data. */
export function firstHandsetDay({ firstDay, subscriptions }: WorldBeforeAdoption, at: number): number {
  return Math.max(subscriptions.activatedDay[at]!, firstDay - HANDSET_HISTORY_DAYS);
}

export function handsetTasteOf({ people, subscriptions }: WorldBeforeAdoption, at: number): HandsetTaste {
  const person = subscriptions.person[at]!;
  return { incomeCny: people.incomeCny[person]!, age: people.age[person]! };
}

export function adopterOf(stream: Stream, world: WorldBeforeAdoption, at: number): Adopter {
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

/** Ignores the end of the subscription. */
export function ordersOf(stream: Stream, world: World, at: number): ProductSpell[] {
  const friends = friendAdoptionDays(world.adoption, world.callGraph, at);
  return productSpells(stream, at, adopterOf(stream, world, at), friends);
}

/** A different key for `scatter` per kind of identifier. */
export function scatterKey(world: Pick<World, 'seed'>, kind: number): number {
  return scramble(scramble(world.seed) + kind);
}

/** Mean billed minutes of a call of exponential length: 1 / (1 - exp(-60 / mean)). */
function minutesPerCall(secondsMean: number): number {
  return 1 / (1 - Math.exp(-60 / secondsMean));
}

/** Half of an edge's calls in each direction. */
function onNetCallsOut(callGraph: CallGraph, at: number): number {
  let calls = 0;
  for (let place = callGraph.start[at]!; place < callGraph.start[at + 1]!; place += 1) {
    const edge = callGraph.edgeOf[place]!;
    if (callGraph.isInitial[edge] === 1) calls += callGraph.callsPerMonth[edge]! / 2;
  }
  return calls;
}

function checkedSpan({ months, to, continuedMonths = 0 }: WorldRequest): Span {
  const last = monthNumber(checkedMonth(to)) + continuedMonths;
  const firstMonth = monthNumber(to) - months + 1;
  if (!Number.isInteger(months) || months < 1) throw new RangeError('At least one month is needed');
  if (!Number.isInteger(continuedMonths) || continuedMonths < 0)
    throw new RangeError('The number of continued months is not an integer');
  if (firstMonth < monthNumber(HOLIDAY_MONTHS.from) || last > monthNumber(HOLIDAY_MONTHS.to)) {
    const known = `${HOLIDAY_MONTHS.from} to ${HOLIDAY_MONTHS.to}`;
    const span = `${monthText(firstMonth)} to ${monthText(last)}`;
    throw new RangeError(`The span ${span} exceeds the months with published holidays, ${known}`);
  }
  return { firstMonth, months: months + continuedMonths };
}

/** @param month index in the span */
export function daysOfMonth(world: Span, month: number): number {
  return daysInMonth(world.firstMonth + month);
}

export function firstDayOfMonth(world: Span, month: number): number {
  return firstDayOf(world.firstMonth + month);
}

/** Cell of the nights in a month. Members that live with the head move with the household. */
export function homeCellOf(world: World, person: number, month: number): number {
  const { households, people } = world;
  const household = people.household[person]!;
  const moved = households.moveMonth[household]!;
  const home = people.homeCell[person]!;
  const headHome = people.homeCell[households.firstPerson[household]!]!;
  return moved >= 0 && month >= moved && home === headHome ? households.moveCell[household]! : home;
}

export function movesIn(world: World, person: number, month: number): boolean {
  return homeCellOf(world, person, month) !== homeCellOf(world, person, month - 1);
}

/** Place of work or study in a month, after a change of job or retirement. */
export function workCellOf({ people, lifeEvents }: World, person: number, month: number, homeCell: number): number {
  const later = lifeEvents.workCell[person]!;
  if (later < 0 || month < lifeEvents.month[person]!) return people.workCell[person]!;
  return later === people.homeCell[person] ? homeCell : later;
}

export function householdOf({ people, subscriptions }: Pick<World, 'people' | 'subscriptions'>, at: number): number {
  return people.household[subscriptions.person[at]!]!;
}
