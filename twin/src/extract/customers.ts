import { dayText } from '@holdfast/platform/calendar';
import { momentText } from '../calendar/calendar.js';
import { Purpose } from '../randomness/stream.js';
import { flagText, sortedBy, type Cell } from '../table/table.js';
import { groupOfPerson } from '../world/firms.js';
import { DISTRICTS } from '../world/geography.js';
import { ROLES, isFamily } from '../world/household-kinds.js';
import { OCCUPATIONS } from '../world/households.js';
import {
  cityName,
  communityName,
  firmName,
  homeAddress,
  officeAddress,
  personName,
  typedAddress,
} from '../world/names.js';
import { firstDayOfMonth, homeCellOf } from '../world/world.js';
import { areaOrgUnitOf } from './identifiers.js';
import type { TableSource } from './table-source.js';

/** Share of users other than the owner that the operator knows. */
const USER_KNOWN = 0.6;
const OCCUPATION_KNOWN = 0.55;
const LINKS_KNOWN = 0.3;
const CONSENT_GIVEN = 0.82;
const GROUP_TYPE = '小微企业';
const DAYS_PER_YEAR = 365.25;

const OCCUPATION_NAMES: Record<(typeof OCCUPATIONS)[number], string> = {
  office: '公司职员',
  worker: '工人',
  student: '学生',
  retired: '退休',
  selfEmployed: '个体经营',
  home: '自由职业',
};

/** In the order of their identifiers. */
export function customersOf({ world, identifiers, stream }: TableSource): number[] {
  const { subscriptions } = world;
  const customers = new Set<number>();
  for (let at = 0; at < subscriptions.count; at += 1) {
    const [owner, user] = [subscriptions.owner[at]!, subscriptions.person[at]!];
    customers.add(owner);
    if (subscriptions.heir[at]! >= 0) customers.add(subscriptions.heir[at]!);
    if (owner !== user && stream.at(Purpose.recordDetail, user).chance(USER_KNOWN)) customers.add(user);
  }
  return sortedBy([...customers], (person) => identifiers.customer(person));
}

/** Persons and group customers in the order of their identifiers. */
export function* customerRows(source: TableSource, persons: readonly number[]): Generator<Cell[]> {
  const { world, identifiers } = source;
  const firms = [...world.firms.isCustomer.keys()].filter((firm) => world.firms.isCustomer[firm] === 1);
  const groups = firms.map((firm) => world.people.count + firm);
  for (const customer of sortedBy([...persons, ...groups], (number) => identifiers.customer(number))) {
    const isPerson = customer < world.people.count;
    yield isPerson ? personRow(source, customer) : groupRow(source, customer - world.people.count);
  }
}

function personRow(source: TableSource, person: number): Cell[] {
  const { world, stream, identifiers } = source;
  const { people, subscriptions, firms } = world;
  const district = districtOf(source, person);
  const first = subscriptions.firstOfPerson[person]!;
  const random = stream.at(Purpose.recordDetail, person, 1);
  const hasOccupation = random.chance(OCCUPATION_KNOWN);
  const occupation = OCCUPATION_NAMES[OCCUPATIONS[people.occupation[person]!]!];
  const birthDay = world.firstDay - Math.floor((people.age[person]! + random.next()) * DAYS_PER_YEAR);
  const hasBirthDate = random.chance(0.93);
  const hasAddress = random.chance(0.85);
  const consents = random.chance(CONSENT_GIVEN);
  const consentDay = Math.max(subscriptions.activatedDay[first]!, world.firstDay - 400);
  const group = groupOfPerson(firms, person);
  const gender = people.male[person] === 1 ? 'm' : 'f';
  const birthDate = hasBirthDate ? dayText(birthDay) : undefined;
  const identity = [
    personName(stream, person),
    gender,
    birthDate,
    'resident_id',
    hasOccupation ? occupation : undefined,
  ];
  const home = [hasAddress ? addressOf(source, person) : undefined, ...districtCells(district)];
  const contact = [identifiers.msisdn(subscriptions.numberOf[first]!), dayText(subscriptions.activatedDay[first]!)];
  const membership = [group < 0 ? undefined : identifiers.customer(people.count + group), undefined];
  const level = people.incomeCny[person]! > 15_000 ? 'gold' : undefined;
  const consent = [flagText(consents), momentText(consentDay, 10 * 3600)];
  return [identifiers.customer(person), 'person', ...identity, ...home, ...contact, ...membership, level, ...consent];
}

/** A group customer is identified by its licence and has neither a birthday nor a number. */
function groupRow({ world, stream, identifiers }: TableSource, firm: number): Cell[] {
  const district = world.geography.district[world.firms.cell[firm]!]!;
  const registeredDay = world.firstDay - 400 - stream.at(Purpose.recordDetail, firm, 6).below(2000);
  const identity = [firmName(stream, firm), undefined, undefined, 'business_licence', undefined];
  const office = [officeAddress(stream, firm, district), ...districtCells(district)];
  const membership = [undefined, GROUP_TYPE, undefined];
  const consent = [flagText(true), momentText(registeredDay, 10 * 3600)];
  const id = identifiers.customer(world.people.count + firm);
  return [id, 'group', ...identity, ...office, undefined, dayText(registeredDay), ...membership, ...consent];
}

/** District, city and org unit. */
function districtCells(district: number): string[] {
  return [DISTRICTS[district]!.name, cityName(district), areaOrgUnitOf(district)];
}

/** Known kinship: a sample of the families. */
export function* linkRows(source: TableSource, persons: readonly number[]): Generator<Cell[]> {
  const { world, stream, identifiers } = source;
  const { people, households } = world;
  const customers = new Set(persons);
  for (const person of persons) {
    const household = people.household[person]!;
    const head = households.firstPerson[household]!;
    const isKnown = stream.at(Purpose.recordDetail, person, 2).chance(LINKS_KNOWN);
    if (head === person || !isFamily(households.kind[household]!) || !isKnown || !customers.has(head)) continue;
    const role = ROLES[people.role[person]!]!;
    const { activatedDay, firstOfPerson } = world.subscriptions;
    const from = Math.max(activatedDay[firstOfPerson[person]!]!, world.firstDay - 900);
    yield [identifiers.customer(head), identifiers.customer(person), 'family', role, dayText(from), undefined];
  }
}

/** Share of movers that report the new address within the month. */
const MOVE_TOLD = 0.85;

/** Addresses stated at a counter or on the phone, in any spelling; most movers state the new one. */
export function* addressRows(source: TableSource, persons: readonly number[]): Generator<Cell[]> {
  const { world, stream, identifiers } = source;
  for (const person of persons) {
    const random = stream.at(Purpose.recordDetail, person, 3);
    const statesAddress = random.chance(0.4);
    const day = world.firstDay + random.below(world.afterHistoryDay - world.firstDay);
    const second = 9 * 3600 + random.below(30_000);
    const channel = random.chance(0.6) ? 'hall' : 'hotline';
    const isVerified = flagText(random.chance(0.3));
    const statesMove = random.chance(MOVE_TOLD);
    const move = moveOf(source, person, random.next());
    const id = identifiers.customer(person);
    const hasMovedBefore = move !== undefined && move.day <= day;
    if (statesAddress && !hasMovedBefore && isCustomerOn(source, person, day)) {
      const address = typedAddress(stream, person, addressOf(source, person));
      yield [id, momentText(day, second), channel, address, isVerified];
    }
    if (move !== undefined && statesMove && isCustomerOn(source, person, move.day)) {
      yield [id, momentText(move.day, second), 'hall', typedAddress(stream, person, move.address), isVerified];
    }
  }
}

function isCustomerOn({ world, lives }: TableSource, person: number, day: number): boolean {
  const first = world.subscriptions.firstOfPerson[person]!;
  return day >= world.subscriptions.activatedDay[first]! && day < lives.cancelledDay[first]!;
}

/** The move of a person with the household: the day, and the new address. */
function moveOf({ world, stream }: TableSource, person: number, chance: number) {
  const { households, people, geography } = world;
  const household = people.household[person]!;
  const month = households.moveMonth[household]!;
  if (month < 0 || homeCellOf(world, person, month) === people.homeCell[person]) return undefined;
  const cell = households.moveCell[household]!;
  const community = geography.community[cell]!;
  const estate = communityName(stream, community);
  const day = firstDayOfMonth(world, month) + Math.floor(chance * 25);
  return { day, address: homeAddress(stream, -1 - household, geography.district[cell]!, estate) };
}

/** At the signing; a move does not change it. */
export function districtOf({ world }: TableSource, person: number): number {
  return world.geography.district[world.people.homeCell[person]!]!;
}

function addressOf({ world, stream }: TableSource, person: number): string {
  const household = world.people.household[person]!;
  const community = world.households.community[household]!;
  const district = world.geography.communityDistrict[community]!;
  return homeAddress(stream, household, district, communityName(stream, community));
}
