import { RandomStream } from '@holdfast/learning/random';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
  type ReadFactsRequest,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { firstDayOf } from '@holdfast/platform/calendar';
import { requireSystem } from '@holdfast/platform/caller';
import { categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { accountId, customerId, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

export const MONTH = '2026-09';
const FIRST_DAY = firstDayOf('2026-09');
const HOLIDAYS = [25, 26, 27];

const needsTable = failure('precondition', 'facts.needsTable', { en: 'No {table}.', 'zh-CN': '没有 {table}。' });
const notYetIn = failure('unavailable', 'profiles.notYetIn', { en: 'Not yet.', 'zh-CN': '尚未就绪。' });

/** A subscriber with its data in the other services. */
export interface Subscriber {
  key: string;
  account: string;
  /** Owner and user, where that is not its own customer. */
  customer?: string;
  payer?: string;
  /** Customer who is the head of its family, by links. */
  linkHead?: string;
  address?: string;
  building?: string;
  known?: string;
  age?: number;
  gender?: 'm' | 'f';
  unit: string;
}

interface Seen {
  key: string;
  cell: string;
  /** Day of the month, from 1. */
  day: number;
  talked: boolean;
  evening: boolean;
  calls: number;
  /** Seen in the small hours of the next day alone. */
  nightOnly?: boolean;
}

export function idOf(key: string): string {
  return subscriptionId('demo', key);
}

/**
 * customer-profile and feature-store of an operator whose households are known: families that share a home cell and call
 * each other, two fifths of them in family plans; flat-sharers with one door and one home cell who do not call each other.
 */
export class SyntheticWorld {
  readonly subscribers: Subscriber[] = [];
  readonly seen: Seen[] = [];
  readonly calls: [string, string][] = [];
  readonly families: string[][] = [];
  readonly flats: string[][] = [];
  readonly links: { from: string; to: string; role: string }[] = [];
  missingTables = new Set<string>();
  isProfileLate = false;
  sequence = 3;
  /** Few, so that there are several batches. */
  rowsPerBatch = 500;
  /** How often presence was read. */
  presenceReads = 0;
  private readonly random = new RandomStream(11);

  /** @param count families, and half as many flats */
  addHouseholds(count: number): this {
    for (let at = 0; at < count; at += 1) this.addFamily(at);
    for (let at = 0; at < count / 2; at += 1) this.addFlat(at);
    const all = this.subscribers.map(({ key }) => key);
    for (const key of all) {
      for (let friend = 0; friend < 3; friend += 1) this.call(key, all[this.random.below(all.length)]!, 3);
    }
    return this;
  }

  add(subscriber: Partial<Subscriber> & { key: string }): this {
    this.subscribers.push({ account: subscriber.key, unit: 'demo/shenyang/', ...subscriber });
    return this;
  }

  /** Both call in a cell on days of the month. */
  meet(keys: readonly string[], cell: string, days: readonly number[], evening = false, calls = 1): this {
    for (const key of keys) {
      for (const day of days) this.seen.push({ key, cell, day, talked: true, evening, calls });
    }
    return this;
  }

  /** Both are seen in a cell in the small hours after days of the month, and not on these days. */
  spendNights(keys: readonly string[], cell: string, days: readonly number[]): this {
    for (const key of keys) {
      for (const day of days)
        this.seen.push({ key, cell, day, talked: false, evening: false, calls: 0, nightOnly: true });
    }
    return this;
  }

  call(from: string, to: string, times: number): this {
    if (from !== to) for (let at = 0; at < times; at += 1) this.calls.push([from, to]);
    return this;
  }

  private addFamily(at: number): void {
    const size = 2 + (at % 3);
    const keys = Array.from({ length: size }, (_, member) => `family-${at}-${member}`);
    const sharesAccount = this.random.next() < 0.4;
    const ages = [44, 42, 15, 70];
    keys.forEach((key, member) =>
      this.add({
        key,
        account: sharesAccount ? `account-${at}` : key,
        ...(this.random.next() < 0.7 ? { address: `door-${at}`, building: `building-${at}` } : {}),
        ...(at % 5 < 2 ? { known: `plan-${at}` } : {}),
        age: ages[member]!,
        gender: member % 2 === 0 ? 'm' : 'f',
        unit: at % 2 === 0 ? 'demo/shenyang/' : 'demo/dalian/',
      }),
    );
    this.liveTogether(keys, `home-${at % 12}`, 0.6);
    for (const [place, from] of keys.entries())
      for (const to of keys.slice(place + 1)) this.call(from, to, 6 + this.random.below(8));
    this.families.push(keys);
  }

  private addFlat(at: number): void {
    const keys = ['a', 'b', 'c'].map((member) => `flat-${at}-${member}`);
    for (const key of keys)
      this.add({ key, address: `flat-${at}`, building: `flat-${at}`, age: 20 + this.random.below(10), gender: 'f' });
    this.liveTogether(keys, `home-${at % 12}`, 0.45);
    this.flats.push(keys);
  }

  private liveTogether(keys: readonly string[], cell: string, share: number): void {
    for (const key of keys) {
      for (let day = 1; day <= 30; day += 1) {
        if (this.random.next() > share) continue;
        const evening = this.random.next() < 0.5;
        this.seen.push({ key, cell, day, talked: true, evening, calls: 1 + this.random.below(3) });
      }
      this.seen.push({ key, cell: `work-${this.random.below(40)}`, day: 2, talked: true, evening: false, calls: 2 });
    }
  }

  serve(server: GrpcServer): void {
    const profiles = unimplemented<View360Service>(View360ServiceDefinition, {
      readHouseholdEvidence: (call, { sequence }) => this.readEvidence(call, sequence),
    });
    server.serve<View360Service>(View360ServiceDefinition, profiles);
    const facts = unimplemented<FactService>(FactServiceDefinition, {
      describeFacts: () => this.describeFacts(),
      readPresence: (call, { month }) => this.readPresence(call, month),
      readFacts: (call, request) => this.readFacts(call, request),
    });
    server.serve<FactService>(FactServiceDefinition, facts);
  }

  private async *readEvidence(call: Call, sequence: number): AsyncGenerator<ColumnBatch> {
    requireSystem(call.caller);
    if (this.isProfileLate && sequence > 0) throw notYetIn();
    const subscribers = [...this.subscribers].sort((a, b) => (idOf(a.key) < idOf(b.key) ? -1 : 1));
    yield* this.inBatches(subscribers, evidenceBatch);
  }

  private async describeFacts(): Promise<DescribeFactsResponse> {
    return {
      tables: [{ table: 'events', rows: 1, months: [MONTH], freeColumns: [] }],
      closedMonths: this.sequence === 0 ? [] : ['2026-08', MONTH],
      ...{ currency: 'CNY', timeZone: 'Asia/Shanghai', sequence: this.sequence },
    };
  }

  private async *readPresence(call: Call, month: string): AsyncGenerator<ColumnBatch> {
    requireSystem(call.caller);
    if (this.missingTables.has('events')) throw needsTable({ table: 'events' });
    if (month !== MONTH) return;
    this.presenceReads += 1;
    yield* this.inBatches(this.presence(), presenceBatch);
  }

  private async *readFacts(call: Call, request: ReadFactsRequest): AsyncGenerator<ColumnBatch> {
    requireSystem(call.caller);
    if (this.missingTables.has(request.table)) throw needsTable({ table: request.table });
    yield* this.factsOf(request);
  }

  private *factsOf({ table, kinds }: ReadFactsRequest): Generator<ColumnBatch> {
    switch (table) {
      case 'events':
        if (kinds.join() !== 'voice_out') throw new Error('each call is requested once');
        yield* this.inBatches(this.calls, callBatch);
        return;
      case 'holidays':
        yield columnBatch([...HOLIDAYS, 20], {
          date: numbers((day) => FIRST_DAY + day - 1),
          kind: categories((day) => (day === 20 ? 'makeup_workday' : 'holiday')),
        });
        return;
      case 'customer_links':
        yield linkBatch(this.links);
        return;
      case 'household_members':
        return;
      default:
        throw needsTable({ table });
    }
  }

  /** By cell, day, subscription, each once. */
  private presence(): Seen[] {
    const byKey = new Map<string, Seen>();
    for (const one of this.seen) {
      const at = `${one.cell} ${String(one.day).padStart(2, '0')} ${idOf(one.key)}`;
      const there = byKey.get(at);
      byKey.set(at, {
        ...one,
        evening: one.evening || (there?.evening ?? false),
        talked: one.talked || (there?.talked ?? false),
        calls: one.calls + (there?.calls ?? 0),
        nightOnly: one.nightOnly === true && (there?.nightOnly ?? true),
      });
    }
    return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, seen]) => seen);
  }

  private *inBatches<T>(rows: readonly T[], batchOf: (rows: readonly T[]) => ColumnBatch): Generator<ColumnBatch> {
    for (let from = 0; from < rows.length; from += this.rowsPerBatch)
      yield batchOf(rows.slice(from, from + this.rowsPerBatch));
  }
}

/** `ReadHouseholdEvidence` of some subscribers. */
export function evidenceBatch(rows: readonly Subscriber[]): ColumnBatch {
  return columnBatch(rows, {
    subscription_id: uuids(({ key }) => idOf(key)),
    customer_id: uuids(({ key, customer }) => customerId('demo', customer ?? key)),
    user_customer_id: uuids(({ key, customer }) => customerId('demo', customer ?? key)),
    account_id: uuids(({ account }) => accountId('demo', account)),
    payer_account_id: uuids(({ payer }) => (payer === undefined ? '' : accountId('demo', payer))),
    link_head: uuids(({ linkHead }) => (linkHead === undefined ? '' : customerId('demo', linkHead))),
    org_unit_path: categories(({ unit }) => unit),
    address_key: categories(({ address }) => address),
    building_key: categories(({ building }) => building),
    known_household: categories(({ known }) => known),
    gender: categories(({ gender }) => gender),
    service: categories(() => 'mobile'),
    age_years: numbers(({ age }) => age ?? Number.NaN),
    is_active: numbers(() => 1),
  });
}

export function callBatch(calls: readonly [string, string][]): ColumnBatch {
  return columnBatch(calls, {
    subscription_id: uuids(([from]) => idOf(from)),
    peer_subscription_id: uuids(([, to]) => idOf(to)),
  });
}

export function linkBatch(links: readonly { from: string; to: string; role?: string }[]): ColumnBatch {
  return columnBatch(links, {
    from_customer_id: uuids(({ from }) => customerId('demo', from)),
    to_customer_id: uuids(({ to }) => customerId('demo', to)),
    kind: categories(() => 'family'),
    role: categories(({ role }) => role),
    valid_to: numbers(() => NaN),
  });
}

function presenceBatch(rows: readonly Seen[]): ColumnBatch {
  return columnBatch(rows, {
    subscription_id: uuids(({ key }) => idOf(key)),
    cell_id: categories(({ cell }) => cell),
    day: numbers(({ day }) => FIRST_DAY + day - 1),
    talked: numbers(({ talked }) => Number(talked)),
    evening: numbers(({ evening }) => Number(evening)),
    calls: numbers(({ calls }) => calls),
    night: numbers(({ nightOnly }) => (nightOnly === true ? 1 : 0)),
    // who was only seen in the small hours was not active on the day before
    events: numbers(({ calls, nightOnly }) => (nightOnly === true ? 0 : calls + 1)),
  });
}
