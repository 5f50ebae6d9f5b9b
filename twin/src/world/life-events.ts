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
/** Longest possible span: the months with published holidays. */
const MONTHS_MAX = 36;

/**
 * Births per year and family with a mother of 22 to 40: 9.54 million births in 2024 (National Bureau of Statistics,
 * communiqué of 28 February 2025) in 494 million households (census of 2020), a good third of them such families.
 */
export const BIRTHS_PER_YEAR = 0.055;
/** Share of employees that change the employer in a year. */
export const NEW_JOBS_PER_YEAR = 0.1;
/** Share of persons within two years of the legal age (2025: 60 for men, 55 for women in offices). */
export const RETIREMENTS_PER_YEAR = 0.4;
const MOTHER_YEARS = { from: 22, to: 40 };
const RETIREMENT_YEARS = { women: 54, men: 59, within: 2 };
const BIRTH_SHIFT = { voice: 0.15, data: 0.2 };
const RETIREMENT_SHIFT = { voice: -0.25, data: -0.1 };
const NEW_JOB_SIGMA = 0.2;

/** At most one event per person; it changes usage permanently. */
type LifeEvents = ReturnType<typeof allocate>;

function allocate(persons: number) {
  return {
    /** Index in LIFE_EVENTS; read by `lifeEventIn`. */
    kind: sharedBytes(persons).fill(NO_EVENT),
    /** Counted from the start of the span. */
    month: sharedShorts(persons, NO_MONTH),
    /** ln(usage after / usage before). */
    voiceShift: sharedFloats(persons),
    dataShift: sharedFloats(persons),
    /** New place of work, -1 for no change. */
    workCell: sharedInts(persons, -1),
  };
}

interface Inhabitants {
  geography: Geography;
  households: Households;
  people: People;
  firms: Firms;
}

/** Independent of the length of a continuation. */
export function assignLifeEvents(stream: Stream, inhabitants: Inhabitants): LifeEvents {
  const { geography, households, people, firms } = inhabitants;
  const events = allocate(people.count);
  const workplaces = [0, 1].map((city) => cellsOf(geography, 'office', city));
  for (let household = 0; household < households.count; household += 1) {
    assignBirth(stream, inhabitants, household, events);
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

/** Both parents have the event in the same month. */
function assignBirth(stream: Stream, { households, people }: Inhabitants, household: number, events: LifeEvents): void {
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

/** Not in the first month, so that the usage before the event is visible. */
function sampleEventMonth(random: Stream, perYear: number): number {
  return 1 + Math.floor(random.exponential(12 / perYear));
}
