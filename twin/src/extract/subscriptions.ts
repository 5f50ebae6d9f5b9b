import { dayText } from '@holdfast/platform/calendar';
import { handOverDayOf, lastMonthOf } from '../behaviour/numbers.js';
import { dayTextWithin } from '../calendar/calendar.js';
import { REASON_CODES } from '../hazard/causes.js';
import { DEPARTURE_WAYS, SUSPENSION_KINDS, SUSPENSIONS_MAX } from '../hazard/lives.js';
import { Purpose } from '../randomness/stream.js';
import type { Cell } from '../table/table.js';
import { ROLES } from '../world/household-kinds.js';
import { accountOf, ownerOf, userOf } from '../world/ownership.js';
import { districtOf } from './customers.js';
import { areaOrgUnitOf } from './identifiers.js';
import type { TableSource } from './table-source.js';

const REASON_KNOWN = 0.6;
const REASON_RIGHT = 0.75;
const CHANNELS = ['hall', 'agent', 'online', 'campus'] as const;

/** Owner, user and account at the end. */
export function* subscriptionRows(source: TableSource, persons: readonly number[]): Generator<Cell[]> {
  const { world, lives, identifiers, all, stream } = source;
  const { subscriptions, people } = world;
  const customers = new Set(persons);
  for (const at of all) {
    const month = lastMonthOf(world, lives, at);
    const user = userOf(world, at, month);
    const owner = ownerOf(world, at, month);
    const spells = statusSpells(source, at);
    const last = spells.at(-1)!;
    const age = people.age[user]!;
    yield [
      identifiers.subscription(at),
      identifiers.customer(owner),
      identifiers.account(accountOf(world, at, month)),
      'mobile',
      'own',
      age < 26 ? '动感地带' : age > 55 ? '神州行' : '全球通',
      dayText(subscriptions.activatedDay[at]!),
      last.status,
      dayText(last.from),
      stream.at(Purpose.recordDetail, at, 4).pick(CHANNELS),
      areaOrgUnitOf(districtOf(source, user)),
      owner !== user && customers.has(user) ? identifiers.customer(user) : undefined,
    ];
  }
}

/** A hand-over adds a row. */
export function* numberRows({ world, lives, identifiers, all, stream }: TableSource): Generator<Cell[]> {
  const { activatedDay, numberOf, returnOf } = world.subscriptions;
  for (const at of all) {
    const isPortedIn = returnOf[at]! < 0 && stream.at(Purpose.recordDetail, at, 5).chance(0.1);
    const how = numberOf[at] !== at ? 'recycled' : isPortedIn ? 'port_in' : 'new';
    const [number, id] = [identifiers.msisdn(numberOf[at]!), identifiers.subscription(at)];
    const to = dayTextWithin(lives.cancelledDay[at]!, world.afterLastDay);
    const handOverDay = handOverDayOf(world, lives, at);
    const changed = dayTextWithin(handOverDay, world.afterLastDay);
    yield [number, id, dayText(activatedDay[at]!), changed ?? to, how];
    if (changed !== undefined) yield [number, id, changed, to, 'change'];
  }
}

interface StatusSpell {
  status: 'active' | 'suspended' | 'cancelled';
  suspension?: string;
  from: number;
  to: number | undefined;
  reason?: string;
}

/** Half-open status periods until the end of the span. */
function statusSpells({ world, lives, stream }: TableSource, at: number): StatusSpell[] {
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
    const start = Math.max(from, suspendedFrom);
    spells.push({ status: 'suspended', suspension, from: start, to: suspendedTo, ...(reason && { reason }) });
    from = suspendedTo;
  }
  if (from < end) spells.push({ status: 'active', from, to: end });
  if (end < afterLastDay) {
    const reason = reasonOf(lives.cause[at]!, stream, at, DEPARTURE_WAYS[lives.departureWay[at]!] === 'portOut');
    spells.push({ status: 'cancelled', from: end, to: undefined, ...(reason && { reason }) });
  }
  const last = spells.at(-1)!;
  last.to = undefined;
  return spells;
}

export function* statusRows(source: TableSource): Generator<Cell[]> {
  const { identifiers, all } = source;
  for (const at of all) {
    for (const { status, suspension, from, to, reason } of statusSpells(source, at)) {
      const until = to === undefined ? undefined : dayText(to);
      yield [identifiers.subscription(at), status, suspension, dayText(from), until, reason];
    }
  }
}

export function* householdRows({ world, identifiers, all }: TableSource): Generator<Cell[]> {
  const { subscriptions, people } = world;
  for (const at of all) {
    if (subscriptions.inFamilyPlan[at] !== 1) continue;
    const person = subscriptions.person[at]!;
    const household = identifiers.household(people.household[person]!);
    const role = ROLES[people.role[person]!]!;
    yield [household, identifiers.subscription(at), role, dayText(subscriptions.activatedDay[at]!), undefined];
  }
}

/** The recorded reason is often missing and sometimes wrong. */
function reasonOf(cause: number, stream: TableSource['stream'], at: number, isPortOut: boolean): string | undefined {
  const random = stream.at(Purpose.reason, at);
  const code = REASON_CODES[cause]!;
  if (code === 'arrears') return code;
  if (isPortOut) return 'port_out';
  if (!random.chance(REASON_KNOWN)) return undefined;
  return random.chance(REASON_RIGHT) ? code : random.pick(['price', 'competitor', 'service', 'other', 'reduced_need']);
}
