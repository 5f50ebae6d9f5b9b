import { dateText, momentText } from '../calendar/calendar.js';
import { REASON_CODES, CAUSES } from '../hazard/causes.js';
import { NEVER, SUSPENSIONS_MAX, SUSPENSION_KINDS, WAYS_OUT } from '../hazard/lives.js';
import { Purpose } from '../randomness/stream.js';
import { DISTRICTS } from '../world/geography.js';
import { OCCUPATIONS, ROLES, isFamily } from '../world/households.js';
import { cityName, communityName, homeAddress, personName, typedAddress } from '../world/names.js';
import { areaOf } from './identifiers.js';
import { firstDayOfMonth, homeCellOf } from '../world/world.js';
import type { Known } from './table-set.js';
import { flagText, type Cell } from './table.js';

/** A person is a customer as soon as a subscription is signed by or known to be used by it. */
const USER_KNOWN = 0.6;
const OCCUPATION_KNOWN = 0.55;
const LINKS_KNOWN = 0.3;
const CONSENT_GIVEN = 0.82;
const REASON_KNOWN = 0.6;
const REASON_RIGHT = 0.75;
const DAYS_PER_YEAR = 365.25;

const OCCUPATION_NAMES: Record<(typeof OCCUPATIONS)[number], string> = {
  office: '公司职员',
  worker: '工人',
  student: '学生',
  retired: '退休',
  selfEmployed: '个体经营',
  home: '自由职业',
};

/** Persons in the order of their customer identifiers. */
export function customersOf({ world, identifiers, stream }: Known): number[] {
  const { subscriptions } = world;
  const found = new Set<number>();
  for (let at = 0; at < subscriptions.count; at += 1) {
    const [owner, user] = [subscriptions.owner[at]!, subscriptions.person[at]!];
    found.add(owner);
    if (owner !== user && stream.at(Purpose.known, user).chance(USER_KNOWN)) found.add(user);
  }
  return sortedBy([...found], (person) => identifiers.customer(person));
}

export function* customerRows(known: Known, persons: readonly number[]): Generator<Cell[]> {
  const { world, stream, identifiers } = known;
  const { people, subscriptions } = world;
  for (const person of persons) {
    const district = districtOf(known, person);
    const first = subscriptions.firstOfPerson[person]!;
    const random = stream.at(Purpose.known, person, 1);
    const knowsOccupation = random.chance(OCCUPATION_KNOWN);
    const occupation = OCCUPATION_NAMES[OCCUPATIONS[people.occupation[person]!]!];
    const birthDay = world.firstDay - Math.floor((people.age[person]! + random.next()) * DAYS_PER_YEAR);
    const knowsBirth = random.chance(0.93);
    const knowsAddress = random.chance(0.85);
    const consents = random.chance(CONSENT_GIVEN);
    const consentDay = Math.max(subscriptions.activatedDay[first]!, world.firstDay - 400);
    yield [
      identifiers.customer(person),
      'person',
      personName(stream, person),
      people.male[person] === 1 ? 'm' : 'f',
      knowsBirth ? dateText(birthDay) : undefined,
      'resident_id',
      knowsOccupation ? occupation : undefined,
      knowsAddress ? addressOf(known, person) : undefined,
      DISTRICTS[district]!.name,
      cityName(district),
      areaOf(district),
      identifiers.msisdn(first),
      dateText(subscriptions.activatedDay[first]!),
      people.incomeCny[person]! > 15_000 ? 'gold' : undefined,
      flagText(consents),
      momentText(consentDay, 10 * 3600),
    ];
  }
}

/** Kinship that the operator learnt somewhere: some of it, and only among families. */
export function* linkRows(known: Known, persons: readonly number[]): Generator<Cell[]> {
  const { world, stream, identifiers } = known;
  const { people, households } = world;
  const customers = new Set(persons);
  for (const person of persons) {
    const household = people.household[person]!;
    const head = households.firstPerson[household]!;
    const isKnown = stream.at(Purpose.known, person, 2).chance(LINKS_KNOWN);
    if (head === person || !isFamily(households.kind[household]!) || !isKnown || !customers.has(head)) continue;
    const role = ROLES[people.role[person]!]!;
    const { activatedDay, firstOfPerson } = world.subscriptions;
    const from = Math.max(activatedDay[firstOfPerson[person]!]!, world.firstDay - 900);
    yield [identifiers.customer(head), identifiers.customer(person), 'family', role, dateText(from), undefined];
  }
}

/** Share of those who move and tell us so within the month. */
const MOVE_TOLD = 0.85;

/** Addresses told at a counter or on the phone, typed as people type them; most of those who move tell the new one. */
export function* addressRows(known: Known, persons: readonly number[]): Generator<Cell[]> {
  const { world, stream, identifiers } = known;
  for (const person of persons) {
    const random = stream.at(Purpose.known, person, 3);
    const tells = random.chance(0.4);
    const day = world.firstDay + random.below(world.afterHistoryDay - world.firstDay);
    const second = 9 * 3600 + random.below(30_000);
    const channel = random.chance(0.6) ? 'hall' : 'hotline';
    const isVerified = flagText(random.chance(0.3));
    const tellsMove = random.chance(MOVE_TOLD);
    const move = moveOf(known, person, random.next());
    const id = identifiers.customer(person);
    const hasMovedBefore = move !== undefined && move.day <= day;
    if (tells && !hasMovedBefore && isCustomerOn(known, person, day)) {
      const address = typedAddress(stream, person, addressOf(known, person));
      yield [id, momentText(day, second), channel, address, isVerified];
    }
    if (move !== undefined && tellsMove && isCustomerOn(known, person, move.day)) {
      yield [id, momentText(move.day, second), 'hall', typedAddress(stream, person, move.address), isVerified];
    }
  }
}

function isCustomerOn({ world, lives }: Known, person: number, day: number): boolean {
  const first = world.subscriptions.firstOfPerson[person]!;
  return day >= world.subscriptions.activatedDay[first]! && day < lives.cancelledDay[first]!;
}

interface Move {
  day: number;
  /** The new one. */
  address: string;
}

/** When and where somebody moves, if the household does and takes that person along. */
function moveOf({ world, stream }: Known, person: number, chance: number): Move | undefined {
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

export function* accountRows({ world, identifiers, stream }: Known): Generator<Cell[]> {
  const { subscriptions } = world;
  const payers = sortedBy([...new Set(subscriptions.payer)], (payer) => identifiers.account(payer));
  for (const payer of payers) {
    const random = stream.at(Purpose.payment, payer, 1000);
    const mode = random.chance(0.55) ? 'prepaid' : 'postpaid';
    const means = random.pick(['cash', 'bank', 'wallet', 'wallet'] as const);
    const opened = dateText(subscriptions.activatedDay[payer]!);
    const owner = identifiers.customer(subscriptions.owner[payer]!);
    yield [identifiers.account(payer), owner, mode, means, opened, 'personal'];
  }
}

export function* accountPaymentRows({ world, lives, identifiers }: Known): Generator<Cell[]> {
  const { subscriptions } = world;
  for (const at of identifiers.inOrder(0, subscriptions.count)) {
    const payer = subscriptions.payer[at]!;
    const from = dateText(subscriptions.activatedDay[at]!);
    const to = dayOrNothing(lives.cancelledDay[at]!, world.afterLastDay);
    yield [identifiers.account(payer), identifiers.subscription(at), from, to, flagText(payer === at)];
  }
}

const CHANNELS = ['hall', 'agent', 'online', 'campus'] as const;

export function* subscriptionRows(known: Known, persons: readonly number[]): Generator<Cell[]> {
  const { world, identifiers, stream } = known;
  const { subscriptions, people } = world;
  const customers = new Set(persons);
  for (const at of identifiers.inOrder(0, subscriptions.count)) {
    const user = subscriptions.person[at]!;
    const owner = subscriptions.owner[at]!;
    const district = districtOf(known, user);
    const spells = statusSpells(known, at);
    const last = spells.at(-1)!;
    const age = people.age[user]!;
    yield [
      identifiers.subscription(at),
      identifiers.customer(owner),
      identifiers.account(subscriptions.payer[at]!),
      'mobile',
      'own',
      age < 26 ? '动感地带' : age > 55 ? '神州行' : '全球通',
      dateText(subscriptions.activatedDay[at]!),
      last.status,
      dateText(last.from),
      stream.at(Purpose.known, at, 4).pick(CHANNELS),
      areaOf(district),
      owner !== user && customers.has(user) ? identifiers.customer(user) : undefined,
    ];
  }
}

export function* numberRows({ world, lives, identifiers, stream }: Known): Generator<Cell[]> {
  const { subscriptions } = world;
  for (const at of identifiers.inOrder(0, subscriptions.count)) {
    const how = stream.at(Purpose.known, at, 5).chance(0.1) ? 'port_in' : 'new';
    const to = dayOrNothing(lives.cancelledDay[at]!, world.afterLastDay);
    yield [identifiers.msisdn(at), identifiers.subscription(at), dateText(subscriptions.activatedDay[at]!), to, how];
  }
}

interface StatusSpell {
  status: 'active' | 'suspended' | 'cancelled';
  suspension?: string;
  from: number;
  to: number | undefined;
  reason?: string;
}

/** Half-open spells of a subscription's status up to the end of the span. */
export function statusSpells({ world, lives, stream }: Known, at: number): StatusSpell[] {
  const { subscriptions, afterLastDay } = world;
  const spells: StatusSpell[] = [];
  const end = Math.min(lives.cancelledDay[at]!, afterLastDay);
  let from = subscriptions.activatedDay[at]!;
  for (let spell = at * SUSPENSIONS_MAX; spell < (at + 1) * SUSPENSIONS_MAX; spell += 1) {
    const suspendedFrom = lives.suspendedFrom[spell]!;
    const suspendedTo = Math.min(lives.suspendedTo[spell]!, end);
    if (suspendedFrom >= end || suspendedTo <= from) continue;
    if (suspendedFrom > from) spells.push({ status: 'active', from, to: suspendedFrom });
    const suspension = SUSPENSION_KINDS[lives.suspensionKind[spell]!]!;
    const reason = suspension === 'voluntary' ? undefined : 'arrears';
    const begins = Math.max(from, suspendedFrom);
    spells.push({ status: 'suspended', suspension, from: begins, to: suspendedTo, ...(reason && { reason }) });
    from = suspendedTo;
  }
  if (from < end) spells.push({ status: 'active', from, to: end });
  if (end < afterLastDay) {
    const reason = reasonOf(lives.cause[at]!, stream, at, WAYS_OUT[lives.wayOut[at]!] === 'portOut');
    spells.push({ status: 'cancelled', from: end, to: undefined, ...(reason && { reason }) });
  }
  const last = spells.at(-1)!;
  last.to = undefined;
  return spells;
}

export function* statusRows(known: Known): Generator<Cell[]> {
  const { identifiers } = known;
  for (const at of identifiers.inOrder(0, known.world.subscriptions.count)) {
    for (const { status, suspension, from, to, reason } of statusSpells(known, at)) {
      const until = to === undefined ? undefined : dateText(to);
      yield [identifiers.subscription(at), status, suspension, dateText(from), until, reason];
    }
  }
}

export function* householdRows({ world, identifiers }: Known): Generator<Cell[]> {
  const { subscriptions, people } = world;
  for (const at of identifiers.inOrder(0, subscriptions.count)) {
    if (subscriptions.inFamilyPlan[at] !== 1) continue;
    const person = subscriptions.person[at]!;
    const household = identifiers.household(people.household[person]!);
    const role = ROLES[people.role[person]!]!;
    yield [household, identifiers.subscription(at), role, dateText(subscriptions.activatedDay[at]!), undefined];
  }
}

/** What the clerk wrote down: often nothing, sometimes something else. */
function reasonOf(cause: number, stream: Known['stream'], at: number, isPortOut: boolean): string | undefined {
  const random = stream.at(Purpose.reason, at);
  const true_ = REASON_CODES[CAUSES[cause]!];
  if (true_ === 'arrears') return true_;
  if (isPortOut) return 'port_out';
  if (!random.chance(REASON_KNOWN)) return undefined;
  return random.chance(REASON_RIGHT) ? true_ : random.pick(['price', 'competitor', 'service', 'other', 'reduced_need']);
}

/** Where somebody said to live when signing; nobody tells at once when moving. */
function districtOf({ world }: Known, person: number): number {
  return world.geography.district[world.people.homeCell[person]!]!;
}

function addressOf({ world, stream }: Known, person: number): string {
  const household = world.people.household[person]!;
  const community = world.households.community[household]!;
  const district = world.geography.communityDistrict[community]!;
  return homeAddress(stream, household, district, communityName(stream, community));
}

function dayOrNothing(day: number, afterLastDay: number): string | undefined {
  return day === NEVER || day >= afterLastDay ? undefined : dateText(day);
}

function sortedBy(items: number[], keyOf: (item: number) => string): number[] {
  const keys = new Map(items.map((item) => [item, keyOf(item)]));
  return items.sort((left, right) => (keys.get(left)! < keys.get(right)! ? -1 : 1));
}
