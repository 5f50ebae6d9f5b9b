import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  ConsentChanged,
  ConsentServiceDefinition,
  type ConsentService,
} from '@holdfast/contracts/customer_profile/v1/consent';
import {
  CustomersImported,
  CustomerServiceDefinition,
  type CustomerService,
} from '@holdfast/contracts/customer_profile/v1/customer';
import {
  TableServiceDefinition,
  type ReadSubjectsRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categoryColumnOf, textColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { accountId, customerId, shardOf, subscriptionId } from '@holdfast/platform/identity';
import { Outbox } from '@holdfast/platform/outbox';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase, servers } from '@holdfast/testing/infra';
import { eventually, startGrpcServer, startService, type RunningService } from '@holdfast/testing/service';
import { CustomerProfileModule } from '../customer-profile.module.js';
import { tableLoaded } from './import-subjects.js';

const SERVICE = 'customer-profile';
const lakeBusy = failure('unavailable', 'lake.busy', { en: 'The lake is busy.', 'zh-CN': '数据湖繁忙。' });

interface Row {
  key: string;
  city?: string;
  name: string;
  firstMonth?: string;
}

/** Marked, so that one that leaks is found. */
const CITIES = ['沈阳', '大连', '鞍山'];
const rowsOf = (count: number, change: Partial<Row> = {}): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ key: `EX-${index}`, city: CITIES[index % 3]!, name: `样例${index}` },
    ...change,
  }));

/** The RPCs of the peer that this service calls, with tables of a test. */
class Lake implements Rpc<TableService> {
  readonly tables = new Map<string, Row[]>();
  /** Pieces answered before it gets busy. */
  answersLeft = Infinity;
  asked = 0;
  /** Pieces that were answered whole, by their first shard. */
  readonly answered: number[] = [];

  getTable(): never {
    throw new Error('customer-profile reads subjects only');
  }

  listTables(): never {
    return this.getTable();
  }

  readTable(): never {
    return this.getTable();
  }

  async *readSubjects(call: Call, { table, version, shards }: ReadSubjectsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    this.asked += 1;
    const { from, to } = shards!;
    const inRange = (row: Row): boolean => {
      const shard = shardOf(subscriptionId('demo', row.key));
      return shard >= from && shard < to;
    };
    const rows = this.tables.get(`${table}@${version}`)!.filter(inRange);
    for (let start = 0; start < rows.length; start += ROWS_PER_BATCH_MAX) {
      yield batchOf(rows.slice(start, start + ROWS_PER_BATCH_MAX));
    }
    if (this.answersLeft-- <= 0) throw lakeBusy();
    this.answered.push(from);
  }
}

function batchOf(rows: Row[]): ColumnBatch {
  const keys = rows.map(({ key }) => key);
  return {
    rows: rows.length,
    columns: [
      uuidColumn(
        'customer_id',
        keys.map((key) => customerId('demo', key)),
      ),
      uuidColumn(
        'subscription_id',
        keys.map((key) => subscriptionId('demo', key)),
      ),
      uuidColumn(
        'account_id',
        keys.map((key) => accountId('demo', key)),
      ),
      textColumn('key', keys),
      categoryColumnOf(
        'org_unit_path',
        rows.map(({ city }) => (city === undefined ? 'demo/' : `demo/${city}/`)),
      ),
      textColumn(
        'first_month',
        rows.map(({ firstMonth }) => firstMonth ?? '2026-08'),
      ),
      textColumn(
        'name',
        rows.map(({ name }) => name),
      ),
    ],
  };
}

describe('import of subjects', () => {
  const lake = new Lake();
  let peer: Awaited<ReturnType<typeof startGrpcServer>>;
  let service: RunningService;
  let loadedAtMs = Date.parse('2026-09-01T00:00:00Z');

  beforeAll(async () => {
    peer = await startGrpcServer((server) => server.serve<TableService>(TableServiceDefinition, lake));
    service = await start();
  });

  afterAll(async () => {
    await service?.stop();
    await peer?.stop();
  });

  const start = (databaseUrl?: string): Promise<RunningService> =>
    startService(CustomerProfileModule, {
      ...{ service: SERVICE, services: { 'feature-store': peer }, now: '2026-09-03T02:00:00Z' },
      environment: { HOLDFAST_PROFILE_KEY: '0a'.repeat(32) },
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });

  /** Announces a table a second after the one before, or at the moment given. */
  async function announce(name: string, rows: Row[], { declaredRows = rows.length, atMs = (loadedAtMs += 1000) } = {}) {
    const [table = '', version = ''] = name.split('@');
    lake.tables.set(name, rows);
    await service.database.transaction((tx) =>
      service
        .get(Outbox)
        .publish(
          tx,
          tableLoaded,
          { subjectId: table, occurredAt: new Date(atMs) },
          { importId: 'import-1', table, version, rows: declaredRows, rowsHash: 'hash', keySpace: 'operator' },
        ),
    );
  }

  const jobOf = async (name: string) => {
    const jobs = await service.database.query<{ state: string; result: Record<string, string>; shards_done: number }>(
      "select state, result, shards_done from job where kind = 'import-subjects' and natural_key = $1",
      [name],
    );
    return jobs[0];
  };

  const untilDone = (name: string) =>
    eventually(`${name} is imported`, async () => {
      const job = await jobOf(name);
      return job?.state === 'done' && job;
    });

  async function load(name: string, rows: Row[], options = {}) {
    await announce(name, rows, options);
    return untilDone(name);
  }

  /** Everything that an import makes, without the bytes that differ from one sealing to the next. */
  async function everything(of: RunningService = service) {
    const [customers, subscriptions, accounts, identifiers, fields, units] = await Promise.all(
      [
        'select customer_id, kind, org_unit_path, version from customer order by customer_id',
        'select subscription_id, customer_id, account_id, org_unit_path, tables from subscription order by subscription_id',
        'select account_id, customer_id, org_unit_path from account order by account_id',
        'select lookup, customer_id, valid_from, valid_to from identifier order by lookup',
        'select customer_id, name, digest from personal_field order by customer_id, name',
        'select * from org_unit order by org_unit_path',
      ].map((sql) => of.database.query(sql)),
    );
    return { customers, subscriptions, accounts, identifiers, fields, units };
  }

  const customerOf = (key: string) => {
    const customers = service.client<CustomerService>(CustomerServiceDefinition);
    const call = callOf({ scopes: ['profile:read', 'pii:read'], accessReason: 'test' });
    return customers.resolveCustomer(call, { kind: 'key', value: key });
  };

  it('makes a customer, an account and a subscription of every key, and their units', async () => {
    const job = await load('first@1', rowsOf(300));
    expect(job.result).toEqual({ importId: 'import-1', table: 'first', version: '1', subscriptions: '300' });
    const { customers, subscriptions, accounts, units } = await everything();
    expect([customers!.length, subscriptions!.length, accounts!.length]).toEqual([300, 300, 300]);
    expect(units!.map((unit) => (unit as { name: string }).name).sort()).toEqual(['demo', ...CITIES].sort());
    expect(await customerOf('EX-7')).toMatchObject({
      ...{ customerId: customerId('demo', 'EX-7'), orgUnitPath: 'demo/大连/', version: 1 },
      accounts: [{ accountId: accountId('demo', 'EX-7') }],
      subscriptions: [{ subscriptionId: subscriptionId('demo', 'EX-7'), tables: ['first'] }],
      personal: [
        { name: 'key', value: 'EX-7' },
        { name: 'name', value: '样例7' },
      ],
    });
  });

  it('changes nothing when the same table is announced again, or comes again as another version', async () => {
    const before = await everything();
    const asked = lake.asked;
    await announce('first@1', rowsOf(300));
    await load('first@2', rowsOf(300));
    expect(await everything()).toEqual(before);
    expect(lake.asked).toBe(asked + 1); // the version that was known was not even pulled
  });

  it('adds the name of a second table to the subscriptions, and nothing else', async () => {
    const before = await everything();
    await load('second@1', rowsOf(2, { city: undefined as never }));
    const after = await everything();
    expect({ ...after, subscriptions: [], customers: [] }).toEqual({ ...before, subscriptions: [], customers: [] });
    expect((await customerOf('EX-0')).subscriptions[0]!.tables).toEqual(['first', 'second']);
    expect(await customerOf('EX-1')).toMatchObject({ version: 2, orgUnitPath: 'demo/大连/' });
    expect((await customerOf('EX-2')).version).toBe(1);
  });

  it('moves a customer with all that belongs to it to the unit of the later table, not of an older one', async () => {
    const consents = service.client<ConsentService>(ConsentServiceDefinition);
    const id = customerId('demo', 'EX-9');
    const decision = { purpose: 'marketing', channel: 'any', granted: true, evidence: 'form-1' };
    await consents.putConsent(systemCall, { customerId: id, ...decision });
    await consents.addSuppression(systemCall, { customerId: id, channel: 'sms', reason: 'request', to: undefined });
    const { version } = await customerOf('EX-9');
    const older = loadedAtMs - 60_000;
    const paths = async () =>
      service.database.query(
        `select org_unit_path from customer where customer_id = $1
         union select org_unit_path from account where customer_id = $1
         union select org_unit_path from subscription where customer_id = $1
         union select org_unit_path from consent_decision where customer_id = $1
         union select org_unit_path from suppression where customer_id = $1`,
        [id],
      );
    expect(await paths()).toEqual([{ org_unit_path: 'demo/沈阳/' }]);
    await load('moved@1', [{ key: 'EX-9', city: '丹东', name: '样例9新' }]);
    expect(await paths()).toEqual([{ org_unit_path: 'demo/丹东/' }]);
    const moved = await customerOf('EX-9');
    expect(moved.version).toBe(version + 1);
    expect(moved.personal).toContainEqual({ name: 'name', value: '样例9新' });
    await load('late@1', [{ key: 'EX-9', city: '鞍山', name: '样例9旧' }], { atMs: older });
    expect(await paths()).toEqual([{ org_unit_path: 'demo/丹东/' }]);
    expect((await customerOf('EX-9')).personal).toContainEqual({ name: 'name', value: '样例9新' });
  });

  it('keeps a name that a later table does not know, and dates a key back to its first month', async () => {
    const validFrom = async () => {
      const rows = await service.database.query<{ valid_from: Date }>(
        'select valid_from from identifier where customer_id = $1',
        [customerId('demo', 'EX-10')],
      );
      return rows[0]!.valid_from.toISOString();
    };
    expect(await validFrom()).toBe('2026-08-01T00:00:00.000Z');
    await load('history@1', [{ key: 'EX-10', name: '', firstMonth: '2025-04' }]);
    expect((await customerOf('EX-10')).personal).toContainEqual({ name: 'name', value: '样例10' });
    expect(await validFrom()).toBe('2025-04-01T00:00:00.000Z');
  });

  it('publishes a version once, and every decision of a customer', async () => {
    const sent = await messages();
    const told = (event: string) => sent.filter(({ subject }) => subject === `holdfast.customer-profile.v1.${event}`);
    const imported = told('customers-imported').map(({ data }) => CustomersImported.decode(data));
    expect(imported.filter(({ table }) => table === 'first')).toEqual([
      { table: 'first', version: '1', subscriptions: 300 },
      { table: 'first', version: '2', subscriptions: 300 },
    ]);
    const id = customerId('demo', 'EX-9');
    expect(told('consent-changed').map(({ data }) => ConsentChanged.decode(data))).toEqual([
      { customerId: id, purpose: 'marketing', channel: 'any', granted: true },
    ]);
    expect(told('consent-changed')[0]!.headers).toContain(`["ce-subject",["${id}"]]`);
    expect(told('consent-changed')[0]!.headers).toContain('["ce-subjectversion",["2"]]');
  });

  it('leaves no key and no name in clear in any table or message', async () => {
    const tables = await service.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'customer_profile'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await service.database.query<{ text: string }>(`select whole::text as text from ${name} whole`);
      texts.push(...rows.map(({ text }) => text));
    }
    expect(tables.length).toBeGreaterThan(10);
    expect(texts.length).toBeGreaterThan(1_000);
    const sent = await messages();
    expect(sent.length).toBeGreaterThan(5);
    for (const { subject, headers, data } of sent) texts.push(subject, headers, Buffer.from(data).toString('utf8'));
    // Bytes show as hexadecimal digits; marks of at least eight of them do not occur by chance.
    const marks = ['EX-', '样例', ...['EX-1', 'EX-2', '样例'].map((mark) => Buffer.from(mark).toString('hex'))];
    expect(texts.filter((text) => marks.some((mark) => text.includes(mark))).slice(0, 3)).toEqual([]);
  });

  it('goes on after a stop in the middle, to what an undisturbed import makes', async () => {
    await service.stop();
    const { url, drop } = await cloneDatabase(SERVICE);
    const undisturbed = await cloneDatabase(SERVICE);
    const rows = rowsOf(2_000);
    const declaredRows = 8 * ROWS_PER_BATCH_MAX; // eight pieces of 32 shards
    try {
      lake.answersLeft = 3;
      lake.answered.splice(0);
      service = await start(url);
      await announce('broken@1', rows, { declaredRows });
      const stopped = await eventually('some pieces are in', async () => {
        const job = await jobOf('broken@1');
        return job !== undefined && job.shards_done >= 3 && job;
      });
      expect(stopped).toMatchObject({ state: 'running', shards_done: 3 });
      const counted = await service.database.query<{ n: number }>('select count(*)::int as n from subscription');
      expect(counted[0]!.n).toBeGreaterThan(0);
      expect(counted[0]!.n).toBeLessThan(2_000);
      await service.stop();

      lake.answersLeft = Infinity;
      const stored = lake.answered.splice(0);
      service = await start(url);
      expect((await untilDone('broken@1')).result).toMatchObject({ subscriptions: '2000' });
      // What was in was not pulled again. A piece that was not may come twice: messages do, stored rows do not.
      expect(new Set([...stored, ...lake.answered]).size).toBe(8);
      expect(lake.answered.filter((piece) => stored.includes(piece))).toEqual([]);
      const resumed = await everything();
      await service.stop();

      service = await start(undisturbed.url);
      await load('broken@1', rows);
      expect(resumed).toEqual(await everything());
      expect(resumed.subscriptions).toHaveLength(2_000);
    } finally {
      lake.answersLeft = Infinity;
      await service.stop();
      await drop();
      await undisturbed.drop();
      service = await start();
    }
  });

  /** All that is in the streams of this service. */
  async function messages(): Promise<{ subject: string; headers: string; data: Uint8Array }[]> {
    const { natsUrl, natsToken } = servers();
    const connection = await connect({ servers: natsUrl, ...(natsToken === '' ? {} : { token: natsToken }) });
    try {
      const manager = await jetstreamManager(connection);
      const found = [];
      for await (const { config, state } of manager.streams.list()) {
        for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
          const message = await manager.streams.getMessage(config.name, { seq });
          if (message === null) continue;
          found.push({ subject: message.subject, headers: JSON.stringify([...message.header]), data: message.data });
        }
      }
      return found;
    } finally {
      await connection.close();
    }
  }
});
