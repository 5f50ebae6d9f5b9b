import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ConsentChanged } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomersImported } from '@holdfast/contracts/customer_profile/v1/customer';
import { ROWS_PER_BATCH_MAX } from '@holdfast/platform/columns';
import { systemCall } from '@holdfast/testing/callers';
import { cloneDatabase, servers } from '@holdfast/testing/infra';
import { eventually } from '@holdfast/testing/service';
import { TestProfile, idsOf, named, type SubjectRow } from '../customer-profile.fixture.js';

/** Marked, so that one that leaks is found. */
const CITIES = ['沈阳', '大连', '鞍山'];
const rowsOf = (count: number, change: Partial<SubjectRow> = {}): SubjectRow[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ key: `EX-${index}`, city: CITIES[index % 3]!, name: `样例${index}` },
    ...change,
  }));

describe('import of subjects', () => {
  const profile = new TestProfile('2026-09-03T02:00:00Z');
  const { lake, customers, consents } = profile;

  async function load(name: string, rows: SubjectRow[], options = {}) {
    await profile.announceTable(name, rows, options);
    return profile.tableImported(name);
  }

  /** Everything that an import makes, without the bytes that differ from one sealing to the next. */
  async function everything() {
    const [customers, subscriptions, accounts, identifiers, fields, units] = await Promise.all(
      [
        'select customer_id, kind, org_unit_path, version from customer order by customer_id',
        'select subscription_id, customer_id, account_id, org_unit_path, tables from subscription order by subscription_id',
        'select account_id, customer_id, org_unit_path from account order by account_id',
        'select lookup, customer_id, valid_from, valid_to from identifier order by lookup',
        'select customer_id, name, digest from personal_field order by customer_id, name',
        'select * from org_unit order by org_unit_path',
      ].map((sql) => profile.database.query(sql)),
    );
    return { customers, subscriptions, accounts, identifiers, fields, units };
  }

  const customerOf = (value: string) => customers.resolveCustomer(named, { kind: 'key', value });

  it('makes a customer, an account and a subscription of every key, and their units', async () => {
    const job = await load('first@1', rowsOf(300));
    expect(job.result).toEqual({ importId: 'import-1', table: 'first', version: '1', subscriptions: '300' });
    const { customers, subscriptions, accounts, units } = await everything();
    expect([customers!.length, subscriptions!.length, accounts!.length]).toEqual([300, 300, 300]);
    expect(units!.map((unit) => (unit as { name: string }).name).sort()).toEqual(['demo', ...CITIES].sort());
    expect(await customerOf('EX-7')).toMatchObject({
      ...{ customerId: idsOf('EX-7').customer, orgUnitPath: 'demo/大连/', version: 1 },
      accounts: [{ accountId: idsOf('EX-7').account }],
      subscriptions: [{ subscriptionId: idsOf('EX-7').subscription, tables: ['first'] }],
      personal: [
        { name: 'key', value: 'EX-7' },
        { name: 'name', value: '样例7' },
      ],
    });
  });

  it('finds the contact phone of a row, in any spelling, and the subscription of the row', async () => {
    const phone = { phone: '139 0013 9001' };
    await load('phones@1', [
      { key: 'PH-1', ...phone },
      { key: 'PH-2', phone: '13900139002/13900139003' },
      { key: '13900139004' },
    ]);
    const find = (value: string) => customers.resolveCustomer(named, { kind: 'number', value });
    for (const [value, key] of [
      ['+86 139-0013-9001', 'PH-1'],
      ['00861３900139003', 'PH-2'],
      ['8613900139004', '13900139004'],
    ] as const) {
      const { customer: customerId, subscription: matchedSubscriptionId } = idsOf(key);
      expect(await find(value)).toMatchObject({ customerId, matchedSubscriptionId });
    }
    await expect(find('13900139005')).rejects.toMatchObject({ key: 'customer.unknown' });
    await load('more-phones@1', [{ key: 'PH-3', ...phone }]);
    await expect(find('13900139001')).rejects.toMatchObject({ key: 'identifier.ambiguous' });
    // Rows without a key are those of the newest version.
    const unkeyed = { keySpace: 'row', declaredRows: 1 } as const;
    await load('unkeyed@1', [{ key: '1', phone: '13900139006' }], unkeyed);
    await load('unkeyed@2', [{ key: '1', phone: '13900139006' }], unkeyed);
    expect((await find('13900139006')).subscriptions[0]!.tables).toEqual(['unkeyed']);
  });

  it('changes nothing when the same table is announced again, or comes again as another version', async () => {
    const before = await everything();
    const asked = lake.asked;
    await profile.announceTable('first@1', rowsOf(300));
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
    const id = idsOf('EX-9').customer;
    const decision = { purpose: 'marketing', channel: 'any', granted: true, evidence: 'form-1' };
    await consents.putConsent(systemCall, { customerId: id, ...decision });
    await consents.addSuppression(systemCall, { customerId: id, channel: 'sms', reason: 'request', to: undefined });
    const { version } = await customerOf('EX-9');
    const older = profile.loadedAtMs - 60_000;
    const paths = async () =>
      profile.database.query(
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
      const sql = 'select valid_from from identifier where customer_id = $1';
      const rows = await profile.database.query<{ valid_from: Date }>(sql, [idsOf('EX-10').customer]);
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
    const id = idsOf('EX-9').customer;
    expect(told('consent-changed').map(({ data }) => ConsentChanged.decode(data))).toEqual([
      { customerId: id, purpose: 'marketing', channel: 'any', granted: true },
    ]);
    expect(told('consent-changed')[0]!.headers).toContain(`["ce-subject",["${id}"]]`);
    expect(told('consent-changed')[0]!.headers).toContain('["ce-subjectversion",["2"]]');
  });

  it('leaves no key and no name in clear in any table or message', async () => {
    const tables = await profile.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'customer_profile'",
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const rows = await profile.database.query<{ text: string }>(`select whole::text as text from ${name} whole`);
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
    await profile.stop();
    const [broken, undisturbed] = [await cloneDatabase('customer-profile'), await cloneDatabase('customer-profile')];
    const rows = rowsOf(2_000);
    const declaredRows = 8 * ROWS_PER_BATCH_MAX; // eight pieces of 32 shards
    try {
      lake.answersLeft = 3;
      lake.answered.splice(0);
      await profile.restart({ databaseUrl: broken.url });
      await profile.announceTable('broken@1', rows, { declaredRows });
      const stopped = await eventually('some pieces are in', async () => {
        const job = await profile.tableJob('broken@1');
        return job !== undefined && job.shards_done >= 3 && job;
      });
      expect(stopped).toMatchObject({ state: 'running', shards_done: 3 });
      const counted = await profile.database.query<{ n: number }>('select count(*)::int as n from subscription');
      expect(counted[0]!.n).toBeGreaterThan(0);
      expect(counted[0]!.n).toBeLessThan(2_000);
      await profile.stop();

      lake.answersLeft = Infinity;
      const stored = lake.answered.splice(0);
      await profile.restart({ databaseUrl: broken.url });
      expect((await profile.tableImported('broken@1')).result).toMatchObject({ subscriptions: '2000' });
      // What was in was not pulled again. A piece that was not may come twice: messages do, stored rows do not.
      expect(new Set([...stored, ...lake.answered]).size).toBe(8);
      expect(lake.answered.filter((piece) => stored.includes(piece))).toEqual([]);
      const resumed = await everything();
      await profile.restart({ databaseUrl: undisturbed.url });
      await load('broken@1', rows);
      expect(resumed).toEqual(await everything());
      expect(resumed.subscriptions).toHaveLength(2_000);
    } finally {
      lake.answersLeft = Infinity;
      await profile.restart();
      await Promise.all([broken.drop(), undisturbed.drop()]);
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
