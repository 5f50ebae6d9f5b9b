import { Purpose, type Stream } from '../randomness/stream.js';
import { CELLS_PER_COMMUNITY, SCENES, cellsOf, cityOf, type Geography } from './geography.js';
import { HOUSEHOLD_KINDS, KIND_SHARES, ROLES, type HouseholdKind } from './household-kinds.js';
import { sampleMembers, type Member } from './members.js';
import { sharedBytes, sharedFloats, sharedInts, sharedShorts } from './shared.js';

export const OCCUPATIONS = ['office', 'worker', 'student', 'retired', 'selfEmployed', 'home'] as const;
type Occupation = (typeof OCCUPATIONS)[number];

const MEMBERS_MAX = 6;

/** Generates households until `persons` of their members are subscribers; other members are outside the world. */
export function buildHouseholds(
  stream: Stream,
  geography: Geography,
  persons: number,
  months: number,
): { households: Households; people: People } {
  const people = allocatePeople(persons);
  const kinds: number[] = [];
  const firsts: number[] = [];
  const communities: number[] = [];
  const work = workplaces(geography);
  const shares = HOUSEHOLD_KINDS.map((kind) => KIND_SHARES[kind]);
  for (let person = 0, household = 0; person < persons; household += 1) {
    const random = stream.at(Purpose.household, household);
    const kind = HOUSEHOLD_KINDS[random.weighted(shares)]!;
    const community = random.below(geography.communities);
    const ownCell = geography.communityCell[community]! + random.below(CELLS_PER_COMMUNITY);
    const homeCell = kind === 'dormitory' ? sampleDormitoryCell(work[cityOf(geography, ownCell)]!, random) : ownCell;
    const lateMinutes = Math.round(35 * random.normal());
    const members = sampleMembers(kind, random).slice(0, MEMBERS_MAX);
    kinds.push(HOUSEHOLD_KINDS.indexOf(kind));
    firsts.push(person);
    communities.push(community);
    for (const member of members.slice(0, persons - person)) {
      people.household[person] = household;
      fillPerson(stream, geography, work, people, person, member, { kind, homeCell, lateMinutes });
      person += 1;
    }
  }
  const households = allocateHouseholds(kinds.length);
  households.kind.set(kinds);
  households.firstPerson.set([...firsts, persons]);
  households.community.set(communities);
  assignMoves(stream, geography, households, months);
  return { households, people };
}

/** Persons in the order of their households. */
export type People = ReturnType<typeof allocatePeople>;

function allocatePeople(count: number) {
  return {
    count,
    household: sharedInts(count),
    role: sharedBytes(count),
    /** Years at the start of the span. */
    age: sharedBytes(count),
    /** 1 is male. */
    male: sharedBytes(count),
    occupation: sharedBytes(count),
    /** CNY per month. */
    incomeCny: sharedFloats(count),
    homeCell: sharedInts(count),
    /** Place of work or study; the home cell without one. */
    workCell: sharedInts(count),
    /** Minutes by which the daily routine is later than the average. */
    lateMinutes: sharedShorts(count),
    nightShift: sharedBytes(count),
  };
}

export type Households = ReturnType<typeof allocateHouseholds>;

function allocateHouseholds(count: number) {
  return {
    count,
    kind: sharedBytes(count),
    /** First person; one entry more than households. */
    firstPerson: sharedInts(count + 1),
    community: sharedInts(count),
    /** Month of the span in which the household moves, -1 for none, and its next cell. */
    moveMonth: sharedShorts(count, -1),
    moveCell: sharedInts(count, -1),
  };
}

const MOVES_PER_MONTH = 0.006;

function assignMoves(stream: Stream, geography: Geography, households: Households, months: number): void {
  for (let household = 0; household < households.count; household += 1) {
    const random = stream.at(Purpose.household, household, 2);
    const month = Math.floor(random.exponential(1 / MOVES_PER_MONTH));
    if (month >= months || HOUSEHOLD_KINDS[households.kind[household]!] === 'dormitory') continue;
    households.moveMonth[household] = month;
    households.moveCell[household] = geography.communityCell[random.below(geography.communities)]!;
  }
}

type Workplaces = { office: number[]; industrial: number[]; campus: number[]; shopping: number[] }[];

function workplaces(geography: Geography): Workplaces {
  return [0, 1].map((city) => ({
    office: cellsOf(geography, 'office', city),
    industrial: cellsOf(geography, 'industrial', city),
    campus: cellsOf(geography, 'campus', city),
    shopping: cellsOf(geography, 'shopping', city),
  }));
}

/** Share of dormitories on a campus; the others are next to a factory. */
const STUDENT_DORMITORIES = 0.7;

function sampleDormitoryCell(work: Workplaces[number], random: Stream): number {
  return random.pick(random.chance(STUDENT_DORMITORIES) ? work.campus : work.industrial);
}

interface Home {
  kind: HouseholdKind;
  homeCell: number;
  lateMinutes: number;
}

function fillPerson(
  stream: Stream,
  geography: Geography,
  work: Workplaces,
  people: People,
  person: number,
  member: Member,
  { kind, homeCell, lateMinutes }: Home,
): void {
  const random = stream.at(Purpose.person, person);
  const inFamily = member.role !== 'tenant';
  const inDormitory = kind === 'dormitory';
  const isStudent = inDormitory && SCENES[geography.scene[homeCell]!] === 'campus';
  const free = member.away === 'campus' ? 'student' : sampleOccupation(member, random);
  const occupation = inDormitory ? (isStudent ? 'student' : 'worker') : free;
  let home = homeCell;
  if (member.away === 'otherCity') home = sampleHomeInOtherCity(geography, homeCell, random);
  const city = cityOf(geography, home);
  // Residents of a dormitory work or study at its site.
  const workCell = inDormitory ? home : sampleWorkCell(occupation, work[city]!, home, random);
  if (member.away === 'campus') home = workCell;
  people.role[person] = ROLES.indexOf(member.role);
  people.age[person] = member.age;
  people.male[person] = member.male ? 1 : 0;
  people.occupation[person] = OCCUPATIONS.indexOf(occupation);
  people.incomeCny[person] = sampleIncome(occupation, random);
  people.homeCell[person] = home;
  people.workCell[person] = workCell;
  // A family shares one routine; tenants have their own and work at night more often.
  const ownMinutes = random.normal();
  people.lateMinutes[person] = Math.round(inFamily ? lateMinutes + 15 * ownMinutes : 110 * ownMinutes);
  people.nightShift[person] = occupation !== 'student' && random.chance(inFamily ? 0.03 : 0.3) ? 1 : 0;
}

function sampleOccupation({ role, age }: Member, random: Stream): Occupation {
  if (age < 19) return 'student';
  if (age < 23 && random.chance(0.5)) return 'student';
  if (role === 'elder' || age >= 61) return random.chance(0.9) ? 'retired' : 'selfEmployed';
  return (['office', 'worker', 'selfEmployed', 'home'] as const)[random.weighted([0.45, 0.32, 0.13, 0.1])]!;
}

function sampleWorkCell(occupation: Occupation, work: Workplaces[number], home: number, random: Stream): number {
  switch (occupation) {
    case 'office':
      return random.pick(work.office);
    case 'worker':
      return random.pick(work.industrial);
    case 'student':
      return random.pick(work.campus);
    case 'selfEmployed':
      return random.pick(work.shopping);
    case 'retired':
    case 'home':
      return home;
  }
}

const INCOME_MEDIAN_CNY: Record<Occupation, number> = {
  office: 7500,
  worker: 5500,
  student: 1500,
  retired: 3500,
  selfEmployed: 6500,
  home: 2000,
};

function sampleIncome(occupation: Occupation, random: Stream): number {
  return Math.round(random.logNormal(INCOME_MEDIAN_CNY[occupation], 0.45));
}

function sampleHomeInOtherCity(geography: Geography, homeCell: number, random: Stream): number {
  const city = cityOf(geography, homeCell);
  for (;;) {
    const cell = geography.communityCell[random.below(geography.communities)]!;
    if (cityOf(geography, cell) !== city) return cell;
  }
}
