import { Purpose, type Stream } from '../randomness/stream.js';
import { CELLS_PER_COMMUNITY, cellsOf, cityOf, type Geography } from './geography.js';
import { sharedBytes, sharedFloats, sharedInts, sharedShorts } from './shared.js';

/**
 * How people live. `flatSharers` and `dormitory` share a home but no life: they only look like a family. The members
 * of `apart` are a family under two roofs.
 */
export const HOUSEHOLD_KINDS = [
  'alone',
  'couple',
  'withChildren',
  'withElders',
  'apart',
  'flatSharers',
  'dormitory',
] as const;
export type HouseholdKind = (typeof HOUSEHOLD_KINDS)[number];

/** Shares of households, so that 2 to 3 persons are the rule among families (census of 2020: 2.62 on average). */
const KIND_SHARES: Record<HouseholdKind, number> = {
  alone: 0.24,
  couple: 0.19,
  withChildren: 0.22,
  withElders: 0.13,
  apart: 0.08,
  flatSharers: 0.11,
  dormitory: 0.03,
};

export const ROLES = ['head', 'spouse', 'child', 'elder', 'tenant'] as const;
export type Role = (typeof ROLES)[number];

export const OCCUPATIONS = ['office', 'worker', 'student', 'retired', 'selfEmployed', 'home'] as const;
export type Occupation = (typeof OCCUPATIONS)[number];

/** One household after the other, one person after the other; a person's household lies at `household[person]`. */
export interface People {
  count: number;
  household: Int32Array;
  role: Uint8Array;
  /** Years at the start of the span. */
  age: Uint8Array;
  /** 1 is male. */
  male: Uint8Array;
  occupation: Uint8Array;
  /** CNY a month. */
  incomeCny: Float32Array;
  homeCell: Int32Array;
  /** Where they work or study; the home cell for those who do neither. */
  workCell: Int32Array;
  /** Minutes by which the day runs later than other people's. */
  lateMinutes: Int16Array;
  /** 1 for those who work at night. */
  nightShift: Uint8Array;
}

export interface Households {
  count: number;
  kind: Uint8Array;
  /** First person; a household's persons end where the next one's begin. */
  firstPerson: Int32Array;
  community: Int32Array;
  /** Month of the span in which the household moves, -1 if it stays, and the cell where it lives then. */
  moveMonth: Int16Array;
  moveCell: Int32Array;
}

interface Member {
  role: Role;
  age: number;
  male: boolean;
  /** Sleeps elsewhere than the household. */
  away?: 'campus' | 'otherCity';
}

const MEMBERS_MAX = 6;

/**
 * Fills households until `persons` of them have a subscription with us; everybody else in a family is with a rival and
 * not in the world but as a peer.
 */
export function buildHouseholds(
  stream: Stream,
  geography: Geography,
  persons: number,
  months: number,
): { households: Households; people: People } {
  const people: People = {
    count: persons,
    household: sharedInts(persons),
    role: sharedBytes(persons),
    age: sharedBytes(persons),
    male: sharedBytes(persons),
    occupation: sharedBytes(persons),
    incomeCny: sharedFloats(persons),
    homeCell: sharedInts(persons),
    workCell: sharedInts(persons),
    lateMinutes: sharedShorts(persons),
    nightShift: sharedBytes(persons),
  };
  const kinds: number[] = [];
  const firsts: number[] = [];
  const communities: number[] = [];
  const work = workplaces(geography);
  const shares = HOUSEHOLD_KINDS.map((kind) => KIND_SHARES[kind]);
  for (let person = 0, household = 0; person < persons; household += 1) {
    const random = stream.at(Purpose.household, household);
    const kind = HOUSEHOLD_KINDS[random.weighted(shares)]!;
    const community = random.below(geography.communities);
    const homeCell = geography.communityCell[community]! + random.below(CELLS_PER_COMMUNITY);
    const lateMinutes = Math.round(35 * random.normal());
    const members = membersOf(kind, random).slice(0, MEMBERS_MAX);
    kinds.push(HOUSEHOLD_KINDS.indexOf(kind));
    firsts.push(person);
    communities.push(community);
    for (const member of members.slice(0, persons - person)) {
      people.household[person] = household;
      settle(stream, geography, work, people, person, member, { kind, homeCell, lateMinutes });
      person += 1;
    }
  }
  const count = kinds.length;
  const households: Households = {
    count,
    kind: sharedBytes(count),
    firstPerson: sharedInts(count + 1),
    community: sharedInts(count),
    moveMonth: sharedShorts(count, -1),
    moveCell: sharedInts(count, -1),
  };
  households.kind.set(kinds);
  households.firstPerson.set([...firsts, persons]);
  households.community.set(communities);
  drawMoves(stream, geography, households, months);
  return { households, people };
}

const MOVES_PER_MONTH = 0.006;

function drawMoves(stream: Stream, geography: Geography, households: Households, months: number): void {
  for (let household = 0; household < households.count; household += 1) {
    const random = stream.at(Purpose.household, household, 2);
    const month = Math.floor(random.exponential(1 / MOVES_PER_MONTH));
    if (month >= months || HOUSEHOLD_KINDS[households.kind[household]!] === 'dormitory') continue;
    households.moveMonth[household] = month;
    households.moveCell[household] = geography.communityCell[random.below(geography.communities)]!;
  }
}

/** Those of a household who are our subscribers: always the first. */
function membersOf(kind: HouseholdKind, random: Stream): Member[] {
  const age = kind === 'flatSharers' || kind === 'dormitory' ? 19 + random.below(13) : 25 + random.below(40);
  const male = random.chance(0.5);
  const head: Member = { role: 'head', age, male };
  const spouse: Member = { role: 'spouse', age: Math.max(22, age - 3 + random.below(6)), male: !male };
  const child = (away?: 'campus'): Member => {
    const years = Math.min(24, Math.max(12, age - 24 - random.below(8)));
    const male_ = random.chance(0.5);
    if (away !== undefined) return { role: 'child', age: 18 + random.below(4), male: male_, away };
    return { role: 'child', age: years, male: male_ };
  };
  const elderAge = (): number => Math.min(90, age + 22 + random.below(10));
  const elder = (): Member => ({ role: 'elder', age: elderAge(), male: random.chance(0.45) });
  const tenant = (): Member => ({ role: 'tenant', age: 18 + random.below(14), male: random.chance(0.55) });
  const ours = (share: number, ...others: Member[]): Member[] => others.filter(() => random.chance(share));
  switch (kind) {
    case 'alone':
      return [{ ...head, age: random.chance(0.3) ? 62 + random.below(22) : age }];
    case 'couple':
      return [head, ...ours(0.8, spouse)];
    case 'withChildren':
      return [head, ...ours(0.8, spouse), ...ours(0.75, child(), ...(random.chance(0.35) ? [child()] : []))];
    case 'withElders':
      return [
        ...[head, ...ours(0.8, spouse), ...ours(0.6, child())],
        ...ours(0.7, elder(), ...(random.chance(0.4) ? [elder()] : [])),
      ];
    case 'apart':
      return random.chance(0.5)
        ? [head, ...ours(0.8, spouse), child('campus')]
        : [head, { ...spouse, away: 'otherCity' }, ...ours(0.6, child())];
    case 'flatSharers':
      return [{ ...head, role: 'tenant' }, tenant(), ...ours(0.6, tenant(), tenant())];
    case 'dormitory':
      return [
        { ...head, role: 'tenant', age: 18 + random.below(4) },
        ...ours(0.8, tenant(), tenant(), tenant(), tenant(), tenant()),
      ];
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

interface Home {
  kind: HouseholdKind;
  homeCell: number;
  lateMinutes: number;
}

function settle(
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
  const occupation = kind === 'dormitory' || member.away === 'campus' ? 'student' : occupationOf(member, random);
  let home = homeCell;
  if (member.away === 'otherCity') home = otherHome(geography, homeCell, random);
  const city = cityOf(geography, home);
  const workCell = workCellOf(occupation, work[city]!, home, random);
  if (member.away === 'campus' || kind === 'dormitory') home = workCell;
  people.role[person] = ROLES.indexOf(member.role);
  people.age[person] = member.age;
  people.male[person] = member.male ? 1 : 0;
  people.occupation[person] = OCCUPATIONS.indexOf(occupation);
  people.incomeCny[person] = incomeOf(occupation, random);
  people.homeCell[person] = home;
  people.workCell[person] = workCell;
  // a family keeps one rhythm; flat-sharers keep their own hours, and more of them work at night
  const ownMinutes = random.normal();
  people.lateMinutes[person] = Math.round(inFamily ? lateMinutes + 15 * ownMinutes : 110 * ownMinutes);
  people.nightShift[person] = occupation !== 'student' && random.chance(inFamily ? 0.03 : 0.3) ? 1 : 0;
}

function occupationOf({ role, age }: Member, random: Stream): Occupation {
  if (age < 19) return 'student';
  if (age < 23 && random.chance(0.5)) return 'student';
  if (role === 'elder' || age >= 61) return random.chance(0.9) ? 'retired' : 'selfEmployed';
  return (['office', 'worker', 'selfEmployed', 'home'] as const)[random.weighted([0.45, 0.32, 0.13, 0.1])]!;
}

function workCellOf(occupation: Occupation, work: Workplaces[number], home: number, random: Stream): number {
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

function incomeOf(occupation: Occupation, random: Stream): number {
  return Math.round(random.logNormal(INCOME_MEDIAN_CNY[occupation], 0.45));
}

function otherHome(geography: Geography, homeCell: number, random: Stream): number {
  const city = cityOf(geography, homeCell);
  for (;;) {
    const cell = geography.communityCell[random.below(geography.communities)]!;
    if (cityOf(geography, cell) !== city) return cell;
  }
}

/** Whether its members live as one family, in the sense of the truth against which pairs are judged. */
export function isFamily(kind: number): boolean {
  const name = HOUSEHOLD_KINDS[kind]!;
  return name !== 'flatSharers' && name !== 'dormitory';
}
