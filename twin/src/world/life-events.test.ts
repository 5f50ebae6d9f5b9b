import { LifeSimulator } from '../hazard/life-simulator.js';
import { allocateLives } from '../hazard/lives.js';
import { isEmployed } from './firms.js';
import { HOUSEHOLD_KINDS, ROLES, isFamily } from './household-kinds.js';
import {
  BIRTHS_PER_YEAR,
  LIFE_EVENTS,
  NEW_JOBS_PER_YEAR,
  RETIREMENTS_PER_YEAR,
  lifeEventIn,
  type LifeEvent,
} from './life-events.js';
import { buildWorld, workCellOf } from './world.js';

const MONTHS = 18;
const world = buildWorld({ seed: 9, subscribers: 12_000, months: MONTHS, to: '2026-09' });
const { people, households, lifeEvents, firms, geography } = world;
const persons = Array.from({ length: people.count }, (_, person) => person);

function eventOf(person: number): LifeEvent | undefined {
  const months = Array.from({ length: MONTHS }, (_, month) => lifeEventIn(lifeEvents, person, month));
  return months.find((event) => event !== undefined);
}

/** Within the span without its first month. */
function expectedShare(perYear: number): number {
  return 1 - Math.exp((-perYear * (MONTHS - 1)) / 12);
}

test('life events have the stated rates', () => {
  const mothers = persons.filter((person) => {
    const kind = households.kind[people.household[person]!]!;
    const isParent = ['head', 'spouse'].includes(ROLES[people.role[person]!]!);
    const isOfAge = people.age[person]! >= 22 && people.age[person]! <= 40 && people.male[person] === 0;
    return isParent && isOfAge && isFamily(kind) && HOUSEHOLD_KINDS[kind] !== 'alone';
  });
  const free = persons.filter((person) => isEmployed(geography, people, person) && firms.ofPerson[person]! < 0);
  const share = (group: number[], event: LifeEvent): number =>
    group.filter((person) => eventOf(person) === event).length / group.length;
  expect(share(mothers, 'birth')).toBeCloseTo(expectedShare(BIRTHS_PER_YEAR), 1.5);
  const birth = LIFE_EVENTS.indexOf('birth');
  const young = free.filter((person) => people.age[person]! < 50 && lifeEvents.kind[person] !== birth);
  expect(share(young, 'newJob')).toBeCloseTo(expectedShare(NEW_JOBS_PER_YEAR), 1.5);
  const men = free.filter((person) => people.male[person] === 1);
  const old = men.filter((person) => people.age[person]! >= 59 && people.age[person]! < 61);
  expect(share(old, 'retirement')).toBeGreaterThan(expectedShare(RETIREMENTS_PER_YEAR) - 0.2);
  for (const event of LIFE_EVENTS)
    expect(persons.filter((person) => eventOf(person) === event).length).toBeGreaterThan(5);
});

test('both parents have a birth in the same month', () => {
  for (const person of persons.filter((each) => eventOf(each) === 'birth')) {
    const [first, after] = [people.household[person]!, people.household[person]! + 1].map(
      (at) => households.firstPerson[at]!,
    );
    const parents = persons
      .slice(first, after)
      .filter((each) => ['head', 'spouse'].includes(ROLES[people.role[each]!]!));
    expect(new Set(parents.map((parent) => lifeEvents.month[parent])).size).toBe(1);
  }
});

test('the work cell changes with a new job and is the home cell after retirement', () => {
  for (const person of persons) {
    const month = lifeEvents.month[person]!;
    if (month >= MONTHS) continue;
    const event = lifeEventIn(lifeEvents, person, month);
    const home = people.homeCell[person]!;
    const [before, after] = [month - 1, month].map((each) => workCellOf(world, person, each, home));
    expect(before).toBe(people.workCell[person]);
    expect(after === home).toBe(event === 'retirement' || people.workCell[person] === home);
  }
});

test('retirement reduces usage permanently', () => {
  const lives = allocateLives(world.subscriptions.count, world.months);
  const simulator = new LifeSimulator(world, lives);
  const pensioners = persons.filter((person) => eventOf(person) === 'retirement');
  for (const household of new Set(pensioners.map((person) => people.household[person]!))) {
    simulator.simulateHousehold(household);
  }
  const changes: number[] = [];
  for (let at = 0; at < world.subscriptions.count; at += 1) {
    const person = world.subscriptions.person[at]!;
    const month = lifeEvents.month[person]!;
    if (month + 1 >= MONTHS || lifeEventIn(lifeEvents, person, month) !== 'retirement') continue;
    const [before, after] = [month - 1, month].map((each) => lives.dataScale[at * MONTHS + each]!);
    if (before! > 0 && after! > 0) changes.push(Math.log(after! / before!));
  }
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  expect(changes.length).toBeGreaterThan(10);
  // drift is 0.01 per month with a deviation of 0.07, sometimes fading
  expect(mean).toBeLessThan(-0.03);
});
