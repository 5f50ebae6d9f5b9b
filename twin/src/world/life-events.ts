import { Purpose, type Stream } from '../randomness/stream.js';
import { isEmployed, type Firms } from './firms.js';
import { cellsOf, cityOf, type Geography } from './geography.js';
import { HOUSEHOLD_KINDS, ROLES, isFamily } from './household-kinds.js';
import type { Households, People } from './households.js';
import { sharedBytes, sharedFloats, sharedInts, sharedShorts } from './shared.js';

export const LIFE_EVENTS = ['birth', 'newJob', 'retirement'] as const;
export type LifeEvent = (typeof LIFE_EVENTS)[number];

const NO_EVENT = 255;
const NO_MONTH = 32_767;
/** No span is longer: the months whose holidays are known. What comes later does not come. */
const MONTHS_MAX = 36;

/** What happens once in somebody's life: by person. It moves use for good. */
export interface LifeEvents {
  /** Place in LIFE_EVENTS; `eventOf` reads it. */
  kind: Uint8Array;
  /** Counted from the start of the span. */
  month: Int16Array;
  /** ln of later use by that of before. */
  voiceShift: Float32Array;
  dataShift: Float32Array;
  /** Where somebody works then, -1 where nothing changes. */
  workCell: Int32Array;
}

/**
 * Families with a mother of 22 to 40 that have a child in a year: 9.54 million births in 2024 (National Bureau of
 * Statistics, communiqué of 28 February 2025) among 494 million households (census of 2020), a good third of them such
 * families.
 */
export const BIRTHS_PER_YEAR = 0.055;
/** Of those who work for somebody, how many change to another one in a year. */
export const NEW_JOBS_PER_YEAR = 0.1;
/** Of those within two years of the legal age (of 2025: 60 for men, 55 for women in offices). */
export const RETIREMENTS_PER_YEAR = 0.4;
const MOTHER_YEARS = { from: 22, to: 40 };
const RETIREMENT_YEARS = { women: 54, men: 59, within: 2 };
const BIRTH_SHIFT = { voice: 0.15, data: 0.2 };
const RETIREMENT_SHIFT = { voice: -0.25, data: -0.1 };
const NEW_JOB_SIGMA = 0.2;

/** Draws what happens to whom; the same whether or not the world goes on after its history. */
export function assignLifeEvents(
  stream: Stream,
  geography: Geography,
  households: Households,
  people: People,
  firms: Firms,
): LifeEvents {
  const events: LifeEvents = {
    kind: sharedBytes(people.count).fill(NO_EVENT),
    month: sharedShorts(people.count, NO_MONTH),
    voiceShift: sharedFloats(people.count),
    dataShift: sharedFloats(people.count),
    workCell: sharedInts(people.count, -1),
  };
  const workplaces = [0, 1].map((city) => cellsOf(geography, 'office', city));
  for (let household = 0; household < households.count; household += 1) {
    assignBirth(stream, households, people, household, events);
  }
  for (let person = 0; person < people.count; person += 1) {
    const mayChange = isEmployed(geography, people, person) && firms.ofPerson[person]! < 0;
    if (!mayChange || events.kind[person] !== NO_EVENT) continue;
    const random = stream.at(Purpose.personalEvent, person, 1);
    const isOld = isNearRetirement(people, person);
    const month = sampleEventMonth(random, isOld ? RETIREMENTS_PER_YEAR : NEW_JOBS_PER_YEAR);
    const [voice, data] = [NEW_JOB_SIGMA * random.normal(), NEW_JOB_SIGMA * random.normal()];
    const home = people.homeCell[person]!;
    const cell = random.pick(workplaces[cityOf(geography, home)]!);
    if (isOld) setLifeEvent(events, person, 'retirement', month, RETIREMENT_SHIFT, home);
    else setLifeEvent(events, person, 'newJob', month, { voice, data }, cell);
  }
  return events;
}

/** What happens to somebody in a month. */
export function lifeEventIn({ kind, month: months }: LifeEvents, person: number, month: number): LifeEvent | undefined {
  return kind[person] !== NO_EVENT && months[person] === month ? LIFE_EVENTS[kind[person]!] : undefined;
}

function setLifeEvent(
  events: LifeEvents,
  person: number,
  kind: LifeEvent,
  month: number,
  shift: { voice: number; data: number },
  workCell: number,
): void {
  if (month >= MONTHS_MAX) return;
  events.kind[person] = LIFE_EVENTS.indexOf(kind);
  events.month[person] = month;
  events.voiceShift[person] = shift.voice;
  events.dataShift[person] = shift.data;
  events.workCell[person] = workCell;
}

/** A child changes the life of both parents in one month. */
function assignBirth(
  stream: Stream,
  households: Households,
  people: People,
  household: number,
  events: LifeEvents,
): void {
  const [first, after] = [households.firstPerson[household]!, households.firstPerson[household + 1]!];
  const isHome = isFamily(households.kind[household]!) && HOUSEHOLD_KINDS[households.kind[household]!] !== 'alone';
  const parents = Array.from({ length: after - first }, (_, place) => first + place).filter((person) =>
    ['head', 'spouse'].includes(ROLES[people.role[person]!]!),
  );
  const isMother = (person: number): boolean => {
    const age = people.age[person]!;
    return people.male[person] === 0 && age >= MOTHER_YEARS.from && age <= MOTHER_YEARS.to;
  };
  if (!isHome || !parents.some(isMother)) return;
  const month = sampleEventMonth(stream.at(Purpose.personalEvent, household), BIRTHS_PER_YEAR);
  for (const parent of parents) setLifeEvent(events, parent, 'birth', month, BIRTH_SHIFT, -1);
}

function isNearRetirement({ age, male }: People, person: number): boolean {
  const from = male[person] === 1 ? RETIREMENT_YEARS.men : RETIREMENT_YEARS.women;
  return age[person]! >= from && age[person]! <= from + RETIREMENT_YEARS.within;
}

/** Nothing happens in the first month, so that use of before can be seen. */
function sampleEventMonth(random: Stream, perYear: number): number {
  return 1 + Math.floor(random.exponential(12 / perYear));
}
