import { createHash } from 'node:crypto';
import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import type { ReadFactsRequest } from '@holdfast/contracts/feature_store/v1/facts';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { parseDay } from '@holdfast/platform/calendar';
import { readNumbers } from '@holdfast/platform/columns';
import { factsRequest } from '@holdfast/platform/facts';
import { accountId, customerId, newId, shardOf } from '@holdfast/platform/identity';
import type { JobRun } from '@holdfast/platform/jobs';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf } from '../engine/engine.fixture.js';
import { startFeatureStore, withManifest, type FeatureStore, type Files } from '../feature-store.fixture.js';
import { NAME, SUBSCRIBERS, csv, idOf, s, tables } from './extract.fixture.js';
import { ImportExtract } from './import-extract.js';

const [lake, inbox] = [new TemporaryFolder(), new TemporaryFolder()];
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'jobs:read'];
const province = callOf({ scopes });
const withReason = callOf({ scopes: [...scopes, 'pii:read'], accessReason: 'complaint' });
const profile = callOf({ system: true, client: 'customer-profile' });
const evaluation = callOf({ system: true, client: 'evaluation' });

const of = (at: number) => ({ subscriptionIds: [idOf(at)] });
const tableOf = ({ tables: all }: Import, name: string) => all.find(({ table }) => table === name);

let store: FeatureStore;
let home: string;

beforeEach(async () => {
  home = lake.at(newId());
  store = await startFeatureStore(home, '2026-10-17T10:00:00+08:00', { HOLDFAST_INBOX: inbox.path });
});
afterEach(async () => store?.service.stop());

const upload = (files: Files, call = province): Promise<Job> => store.uploadExtract(files, call);

const load = async (files: Files): Promise<Import> => store.imported(await upload(files));

type FactRow = Record<string, unknown>;

const read = async (table: string, request: Partial<ReadFactsRequest> = {}, call = evaluation): Promise<FactRow[]> =>
  rowsOf(await collected(store.facts.readFacts(call, factsRequest(table, request))));

const published = async (): Promise<string[]> =>
  (await store.published(/extract-loaded/)).map(({ subject }) => subject);

test('an extract is imported: reconciled, announced once, its months closed, its rows with the ids of the lake', async () => {
  const report = await load(withManifest(tables()));
  expect(report.tables.map(({ table, read: rows, accepted }) => `${table} ${rows} ${accepted}`)).toEqual([
    ...['org_units 4 4', 'customers 300 300', 'accounts 300 300', 'subscriptions 300 300', 'number_history 300 300'],
    ...['status_history 301 301', 'billing 600 600', 'usage 600 600', 'contacts 1 1'],
  ]);
  expect(report.loadedAt).toBeDefined();
  expect(await published()).toEqual(['holdfast.feature-store.v1.extract-loaded']);
  const { extracts } = await store.imports.listExtracts(province, {});
  expect(extracts).toMatchObject([{ sequence: 1, closedMonths: ['2026-08', '2026-09'], timeZone: 'Asia/Shanghai' }]);

  const [seventh] = await read('subscriptions', { ...of(7) });
  expect(seventh).toMatchObject({
    subscription_id: idOf(7),
    customer_id: customerId('demo', 'CUS7'),
    account_id: accountId('demo', 'ACC7'),
    org_unit_path: 'demo/DL/',
    activated_on: parseDay('2024-01-01')!,
  });
  const bills = await read('billing', { fromMonth: '2026-09', columns: ['arpu'] });
  expect(bills).toHaveLength(SUBSCRIBERS);
  expect(Object.keys(bills[0]!)).toEqual(['subscription_id', 'month', 'org_unit_path', 'arpu']);
  const shards = bills.map(({ subscription_id: id }) => shardOf(String(id)));
  expect(shards).toEqual([...shards].sort((left, right) => left - right));
  expect(bills.find(({ subscription_id: id }) => id === idOf(7))).toMatchObject({ arpu: 750 });
  const some = await read('billing', { shards: { from: 0, to: 100 }, fromMonth: '2026-09' });
  expect(some).toHaveLength(shards.filter((shard) => shard < 100).length);
  const usage = await read('usage', { ...of(8), toMonth: '2026-08' });
  expect(usage).toMatchObject([{ dropped: 3, voice_out_s: 60, org_unit_path: 'demo/SY/SY1/' }]);
  const described = await store.facts.describeFacts(province, {});
  expect(described).toMatchObject({ currency: 'CNY', sequence: 1, closedMonths: ['2026-08', '2026-09'] });
  const usageTable = described.tables.find(({ table }) => table === 'usage');
  expect(usageTable).toMatchObject({ rows: 600, freeColumns: ['dropped'] });
});

test('the same extract twice changes nothing, by upload or from the inbox', async () => {
  const files = withManifest(tables());
  const first = await upload(files);
  const [again, turned] = [await upload(files), await upload(Object.fromEntries(Object.entries(files).reverse()))];
  expect([again.jobId, turned.jobId]).toEqual([first.jobId, first.jobId]);
  await store.ended(first);
  writeFolder('same', files);
  const folder = await store.imports.importFolder(province, { folder: 'same' });
  expect((await store.imports.importFolder(province, { folder: 'same' })).jobId).toBe(folder.jobId);
  expect((await store.ended(folder)).failure).toMatchObject({ key: 'extract.sequenceTaken' });
  expect(await published()).toHaveLength(1);
  expect((await store.imports.listExtracts(province, {})).extracts).toHaveLength(1);
});

test('bad rows go to the rejects with file, line, column and rule; whose they are is hidden', async () => {
  const files = tables();
  const repeated = ['-5', '999', '1.50'].map((arpu) => `2026-09,${s(1)},${arpu}`);
  files['billing/2.csv'] = csv('month,subscription_id,arpu', `2026-10,${s(1)},1`, '2026-09,MISSING,1', ...repeated);
  files['billing/1.csv'] = files['billing/1.csv']!.toString()
    .replace(/,recorded_at/, '')
    .replace(/,\n/g, '\n')
    .replace(/,$/, '');
  const report = await load(withManifest(files));
  expect(tableOf(report, 'billing')).toMatchObject({ read: 605, accepted: 600, rejected: 4, duplicates: 1 });
  const page = { importId: report.importId, pageSize: 10, pageToken: '' };
  const { rejects } = await store.imports.listRejects(withReason, { ...page, table: 'billing' });
  expect(rejects).toEqual([
    { file: 'billing/2.csv', line: 2, column: 'month', rule: 'month.outsideSpan', value: '2026-10' },
    { file: 'billing/2.csv', line: 3, column: 'subscription_id', rule: 'key.orphan', value: 'MISSING' },
    { file: 'billing/2.csv', line: 4, column: 'arpu', rule: 'value.negative', value: '-5' },
    { file: 'billing/2.csv', line: 5, column: 'arpu', rule: 'key.conflict', value: '999.00' },
  ]);
  const shown = await store.imports.listRejects(province, { ...page, table: '' });
  expect(shown.rejects.map(({ value }) => value)).toEqual(['2026-10', '', '-5', '999.00']);
  expect((await store.imports.listRejects(province, { ...page, table: 'usage' })).rejects).toEqual([]);
});

test('late and corrected rows change no earlier answer', async () => {
  await load(withManifest(tables()));
  const cuts = ['2026-09-06', '2026-10-04', '2026-10-10', '2026-10-15T18:59:59Z'].map((cut) => new Date(cut));
  const answers = async (): Promise<FactRow[][]> => {
    const found: FactRow[][] = [];
    for (const table of ['billing', 'status_history', 'contacts']) {
      for (const knowledgeTime of cuts) found.push(await read(table, { knowledgeTime }));
    }
    return found;
  };
  const before = await answers();
  // Bills are known five days after their month, but not later than the extraction.
  expect(before[0]).toHaveLength(SUBSCRIBERS);
  expect(before[1]).toHaveLength(2 * SUBSCRIBERS);
  const corrections: Files = {
    'billing.csv': csv('subscription_id,month,arpu,recorded_at', `${s(1)},2026-08,77.00,2026-10-09T09:00:00`),
    'status_history.csv': csv(
      'subscription_id,status,valid_from,valid_to',
      ...['active,2024-01-01,2026-08-01', 'cancelled,2026-08-01,'].map((spell) => `${s(2)},${spell}`),
    ),
  };
  await load(withManifest(corrections, { sequence: 2, complete: false, extractedAt: '2026-10-16T03:00:00+08:00' }));
  expect(await answers()).toEqual(before);

  const now = { knowledgeTime: new Date('2026-10-15T19:00:00Z') };
  const [bill] = await read('billing', { ...of(1), toMonth: '2026-08', ...now });
  expect(bill).toMatchObject({ arpu: 7_700 });
  expect(await read('billing', { ...now })).toHaveLength(2 * SUBSCRIBERS);
  const spells = await read('status_history', { ...of(2), ...now });
  expect(spells.map(({ status, valid_to: to }) => [status, to])).toEqual([
    ['active', parseDay('2026-08-01')!],
    ['cancelled', Number.NaN],
  ]);
  expect(await read('billing', { sequence: 2 })).toHaveLength(1);
});

test('versions of a row in one extract each count from when they were known, in every table', async () => {
  const files = tables();
  files['billing/1.csv'] = csv(
    'subscription_id,month,arpu,monthly_rent,recorded_at',
    `${s(1)},2026-08,11.00,69.00,2026-09-10T10:00:00`,
    `${s(2)},2026-08,22.00,69.00,2026-09-03T10:00:00`,
    `${s(2)},2026-08,33.00,69.00,2026-09-20T10:00:00`,
    `${s(3)},2026-08,44.00,69.00,2026-09-03T10:00:00`,
    `${s(3)},2026-08,45.00,69.00,2026-09-03T10:00:00`,
    `${s(3)},2026-08,44.00,69.00,2026-09-04T10:00:00`,
  );
  files['status_history.csv'] = csv(
    'subscription_id,status,valid_from,valid_to,recorded_at',
    `${s(2)},active,2024-01-01,,2024-01-02T00:00:00`,
    `${s(2)},active,2024-01-01,2026-09-10,2026-09-12T08:00:00`,
    `${s(2)},suspended,2026-09-10,,2026-09-12T08:00:00`,
  );
  const others = Array.from({ length: SUBSCRIBERS - 1 }, (_, at) => at + 1);
  // A customer moves to another unit, a number to another subscription, and a complaint is about another customer.
  files['customers.csv'] = csv(
    'customer_id,kind,name,unit_id,recorded_at',
    `CUS0,person,${NAME}0,DL,2026-09-01T00:00:00`,
    `CUS0,person,${NAME}zero,SY1,2026-09-15T00:00:00`,
    ...others.map((at) => `CUS${at},person,${NAME},${at % 2 === 1 ? 'DL' : 'SY1'},`),
  );
  delete files['customers.csv.gz'];
  files['number_history.csv'] = csv(
    'msisdn,subscription_id,valid_from,recorded_at',
    `19900001,${s(1)},2026-08-01,2026-08-02T00:00:00`,
    `19900001,${s(2)},2026-08-01,2026-09-15T00:00:00`,
  );
  files['contacts.csv'] = csv(
    'contact_id,subscription_id,at,kind,recorded_at',
    `K1,${s(1)},2026-08-31T10:00:00,complaint,2026-09-01T00:00:00`,
    `K1,${s(2)},2026-09-01T10:00:00,complaint,2026-09-02T00:00:00`,
  );
  const report = await load(withManifest(files));
  expect(tableOf(report, 'billing')).toMatchObject({ read: 6, accepted: 4, rejected: 1, duplicates: 1 });
  expect(tableOf(report, 'customers')).toMatchObject({ read: 301, accepted: 301 });
  const page = { importId: report.importId, pageSize: 10, pageToken: '' };
  const { rejects } = await store.imports.listRejects(withReason, { ...page, table: 'billing' });
  expect(rejects).toMatchObject([{ line: 6, column: 'arpu', rule: 'key.conflict', value: '45.00' }]);

  const billAt = async (cut: string): Promise<unknown[]> => {
    const bills = await read('billing', { ...of(2), knowledgeTime: new Date(cut) });
    return bills.map(({ arpu }) => arpu);
  };
  expect(await billAt('2026-09-03T09:59:59+08:00')).toEqual([]);
  expect(await billAt('2026-09-20T09:59:59+08:00')).toEqual([2_200]);
  expect(await billAt('2026-09-20T10:00:00+08:00')).toEqual([3_300]);

  const suspendedAt = async (cut: string): Promise<number[]> => {
    const months = { fromMonth: '2026-09', toMonth: '2026-09', knowledgeTime: new Date(cut), shards: undefined };
    const batches = await collected(store.facts.readStatusMonths(evaluation, { ...months, ...of(2) }));
    return batches.flatMap((batch) => [...readNumbers(batch, 'suspended_days')]);
  };
  expect(await suspendedAt('2026-09-12T07:59:59+08:00')).toEqual([0]);
  expect(await suspendedAt('2026-09-12T08:00:00+08:00')).toEqual([21]);

  const holderAt = async (table: string, cut: string): Promise<unknown[]> =>
    (await read(table, { knowledgeTime: new Date(cut) })).map(({ subscription_id: id }) => id);
  for (const table of ['number_history', 'contacts']) {
    const [first, second] = [idOf(1), idOf(2)];
    expect(await holderAt(table, table === 'contacts' ? '2026-09-01T12:00:00+08:00' : '2026-09-14')).toEqual([first]);
    expect(await holderAt(table, '2026-09-16')).toEqual([second]);
  }
  expect(await read('contacts', { fromMonth: '2026-08', toMonth: '2026-08' })).toEqual([]);
  const [customer, ...more] = (await read('customers', {}, profile)).filter(({ customer_key: key }) => key === 'CUS0');
  expect([customer, more]).toMatchObject([{ name: `${NAME}zero`, org_unit_path: 'demo/SY/SY1/' }, []]);

  const asItCame = await read('number_history', { sequence: 1 }, profile);
  const moment = (at: string): number => Date.parse(`${at}+08:00`);
  const known = new Map(asItCame.map(({ recorded_at: recorded, superseded_at: until }) => [recorded, until]));
  const [first, second] = [moment('2026-08-02T00:00:00'), moment('2026-09-15T00:00:00')];
  expect(known).toEqual(new Map().set(first, second).set(second, Number.NaN));
});

test('a file of accounts that differs from the manifest stops its table and those that refer to it, and fails the extract', async () => {
  const files = tables();
  const hash = createHash('sha256').update(files['accounts.csv']!).digest('hex');
  const describe = {
    accounts: { sha256: hash, rows: SUBSCRIBERS + 1 },
    contacts: { sha256: '0'.repeat(64) },
    number_history: { path: 'gone.csv' },
  };
  files['usage/1.csv'] = files['usage/1.csv']!.toString().replace('subscription_id', 'subscription');
  const job = await store.ended(await upload(withManifest(files, { tables: describe })));
  const nothing = 'Nothing of table accounts went in:';
  const why = `${nothing} accounts.csv has 300 rows; the manifest specifies 301.`;
  expect(job.failure).toMatchObject({
    ...{ kind: 'unprocessable', key: 'extract.requiredTable' },
    textEn: `${why} No row of the extract is visible, as others refer to those of table accounts.`,
    textZhCn: expect.stringContaining('accounts.csv 有 300 行'),
  });
  const { imports } = await store.imports.listImports(province, { pageSize: 1, pageToken: '' });
  const [report] = imports as [Import];
  expect(report.state).toBe('failed');
  const ofTables = report.notices.filter(({ key }) => key.startsWith('table.'));
  expect(ofTables.map(({ key, column, textEn }) => [key, column, textEn])).toEqual([
    ['table.stopped', 'accounts', why],
    ['table.parentStopped', 'subscriptions', expect.stringContaining('accounts')],
    ['table.parentStopped', 'number_history', expect.stringContaining('subscriptions')],
    ...['status_history', 'billing', 'usage', 'contacts'].map((of) => ['table.parentStopped', of, expect.anything()]),
  ]);
  expect((await store.imports.listExtracts(province, {})).extracts).toEqual([]);
  expect(await published()).toEqual([]);
});

test.each<[string, (files: Files) => Files]>([
  ['whose file is missing', (files) => withManifest(files, { tables: { subscriptions: { path: 'gone.csv' } } })],
  [
    'whose header lacks a required column',
    (files) =>
      withManifest({
        ...files,
        'subscriptions.csv': `${String(files['subscriptions.csv'])}`.replace('status', 'state'),
      }),
  ],
  [
    'whose file has no header',
    (files) =>
      withManifest({ ...files, 'subscriptions.csv': `${String(files['subscriptions.csv'])}`.replace(/^.*\n/, '') }),
  ],
])('a table of subscriptions %s fails the extract', async (_case, broken) => {
  const job = await store.ended(await upload(broken(tables())));
  expect(job.failure).toMatchObject({ key: 'extract.requiredTable', textEn: expect.stringContaining('subscriptions') });
  expect(JSON.stringify(job.failure)).not.toContain(s(0));
  expect((await store.imports.listExtracts(province, {})).extracts).toEqual([]);
});

test('other tables that differ hold the extract, each with its reason, and it is published without them when it is confirmed', async () => {
  const files = tables();
  const describe = { contacts: { sha256: '0'.repeat(64) }, number_history: { path: 'gone.csv' } };
  files['usage/1.csv'] = files['usage/1.csv']!.toString().replace('month', 'moth');
  const report = await load(withManifest(files, { tables: describe }));
  expect(report.notices.map(({ column, textEn }) => [column, textEn])).toEqual([
    ['number_history', expect.stringContaining('gone.csv')],
    ['usage', expect.stringContaining('usage/1.csv: the header has no column month')],
    ['contacts', expect.stringContaining('SHA-256')],
  ]);
  expect(report.state).toBe('held');
  expect(report.findings.map(({ key, table, holds }) => [key, table, holds])).toEqual(
    ['number_history', 'usage', 'contacts'].map((table) => ['table.stopped', table, true]),
  );
  expect((await store.imports.listExtracts(province, {})).extracts).toEqual([]);
  await store.done(await store.imports.confirmImport(province, { importId: report.importId }));
  // It is declared complete, and is not.
  expect((await store.imports.listExtracts(province, {})).extracts).toMatchObject([{ closedMonths: [] }]);
});

test.each<[string, () => Files, string]>([
  ['without a manifest', () => tables(), 'manifest.missing'],
  ['of another operator', () => withManifest(tables(), { operator: 'other' }), 'manifest.otherOperator'],
  ['with a path that leaves it', () => ({ ...withManifest(tables()), '../x.csv': 'a' }), 'extract.pathLeaves'],
  ['whose manifest cannot be read', () => ({ 'manifest.json': '{' }), 'manifest.malformed'],
])('an extract %s is refused, and nothing of it stays', async (_, files, key) => {
  await expect(upload(files())).rejects.toMatchObject({ kind: 'invalid', key });
  expect(readdirSync(path.join(home, 'raw'))).toEqual([]);
  expect(await store.query('select 1 from data_key')).toEqual([]);
  expect(await store.query(`select 1 from import where state <> 'failed'`)).toEqual([]);
});

function writeFolder(name: string, files: Files): void {
  for (const [file, content] of Object.entries(files)) inbox.write(path.join(name, file), content);
}

test('a folder of the inbox goes in; none that leads out of it', async () => {
  writeFolder('good', withManifest(tables()));
  writeFolder('linked', withManifest(tables()));
  rmSync(inbox.at('linked', 'contacts.csv'));
  symlinkSync('/etc/hostname', inbox.at('linked', 'contacts.csv'));
  symlinkSync('/etc', inbox.at('out'));
  for (const [folder, key] of [
    ['..', 'inbox.leaves'],
    ['good/../../etc', 'inbox.folderUnknown'],
    ['out', 'inbox.leaves'],
    ['linked', 'inbox.leaves'],
    ['nowhere', 'inbox.folderUnknown'],
  ]) {
    await expect(store.imports.importFolder(province, { folder: folder! })).rejects.toMatchObject({ key });
  }
  const job = await store.ended(await store.imports.importFolder(province, { folder: 'good' }));
  expect(job.failure).toBeUndefined();
  expect(await read('billing')).toHaveLength(600);
});

test('ranges of shards give together the rows of the whole, each of them once', async () => {
  await load(withManifest(tables()));
  const moved = tables();
  // The number of subscription 1 turns out to be that of subscription 2, whose shard is another one.
  moved['number_history.csv'] = moved['number_history.csv']!.toString().replace(s(1), s(2));
  await load(withManifest(moved, { extractId: 'second', sequence: 2, extractedAt: '2026-10-16T03:00:00+08:00' }));
  const numbers = await read('number_history');
  expect(numbers.filter((row) => row['subscription_id'] === idOf(2))).toHaveLength(2);
  const bounds = [0, 1, 50, 128, 255, 256];
  const ranges = bounds.slice(1).map((to, at) => ({ from: bounds[at]!, to }));
  const callers = { billing: evaluation, number_history: profile, customers: profile, contacts: evaluation };
  for (const [table, call] of Object.entries(callers)) {
    const whole = await read(table, {}, call);
    const parts = await Promise.all(ranges.map((shards) => read(table, { shards }, call)));
    expect(whole.length).toBeGreaterThan(0);
    expect([table, parts.flat()]).toEqual([table, whole]);
  }
});

test('a run that was broken off goes on after the tables that are done, to the same end', async () => {
  const undisturbed = await load(withManifest(tables()));
  const wanted = await read('usage');
  const rejected = await store.query('select count(*) from reject');
  await store.query('truncate extract');
  await store.query(`update import set state = 'received', loaded_at = null`);
  await store.query(`delete from fact_part where table_name in ('billing', 'usage', 'contacts')`);
  await store.query(`delete from import_table where table_name in ('billing', 'usage', 'contacts')`);
  const phases: string[] = [];
  const breaking = new AbortController();
  const run = (signal: AbortSignal, until?: string): JobRun<{ importId: string }> => ({
    jobId: newId(),
    params: { importId: undisturbed.importId },
    caller: province.caller,
    signal,
    progress: async ({ phase }) => {
      phases.push(phase);
      if (phase === until) breaking.abort(new Error('broken off'));
      signal.throwIfAborted();
    },
  });
  const work = store.service.get(ImportExtract);
  await expect(work.run(run(breaking.signal, 'usage'))).rejects.toThrow('broken off');
  expect([...new Set(phases)]).toEqual(['billing', 'usage']);
  expect((await store.imports.listExtracts(province, {})).extracts).toEqual([]);
  phases.length = 0;
  await work.run(run(new AbortController().signal));
  expect([...new Set(phases)]).toEqual(['usage', 'contacts', 'comparing', 'publishing']);
  expect(await read('usage')).toEqual(wanted);
  expect(await store.query('select count(*) from reject')).toEqual(rejected);
  const report = await store.imports.getImport(province, { importId: undisturbed.importId });
  expect(report.tables).toEqual(undisturbed.tables);
});
