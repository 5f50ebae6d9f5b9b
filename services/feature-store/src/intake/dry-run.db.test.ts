import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { startFeatureStore, withManifest, type FeatureStore, type Files } from '../feature-store.fixture.js';

const lake = new TemporaryFolder();
const inbox = new TemporaryFolder();
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'jobs:read'] });

jest.setTimeout(240_000);

let store: FeatureStore;
let home: string;

beforeEach(async () => {
  home = lake.at(newId());
  store = await startFeatureStore(home, '2026-10-20T10:00:00+08:00', { HOLDFAST_INBOX: inbox.path });
});
afterEach(async () => store?.service.stop());

/** Everything that anyone could see of imports. */
async function visible() {
  const { extracts } = await store.imports.listExtracts(province, {});
  const { tables } = await store.tables.listTables(province, {});
  const sql = 'select (select count(*) from refusal) + (select count(*) from online_value) as rows';
  return [extracts, tables, await store.published(/\.v1\./), await store.query(sql)];
}

const filesOf = ({ importId }: Import): string[] =>
  readdirSync(home, { recursive: true })
    .map(String)
    .filter((name) => name.includes(importId));

const MAPPING = 'table: people\nkey: id\nasOf: 2026-09\nvalue: fee\nconsent: { column: ok, granted: "Y" }\n';
const table = (from: number, to: number, row: (at: number) => string, header = 'id,fee,plan,city,ok'): string =>
  [header, ...Array.from({ length: to - from }, (_, at) => `p${from + at},${row(from + at)}`)].join('\n');
const usual = (at: number): string => `${at}.50,${['basic', 'plus', 'max'][at % 3]},c${at % 4},N`;

test('a dry run of a table reports what it would change, and leaves nothing', async () => {
  const first = await store.imported(await store.uploadTable(table(0, 60, usual), MAPPING, province, true));
  expect(first).toMatchObject({ state: 'checked', loadedAt: undefined });
  expect(first.changes).toEqual([{ table: 'people', added: 60, changed: 0, unchanged: 0, gone: 0 }]);
  expect([filesOf(first), (await visible())[1]]).toEqual([[], []]);

  await store.imported(await store.uploadTable(table(0, 60, usual), MAPPING));
  const before = await visible();
  const other = (at: number): string => (at < 20 ? `${at}.50,max,c${at % 4},N` : usual(at));
  const changed = table(10, 75, other);
  const dry = await store.imported(await store.uploadTable(changed, MAPPING, province, true));
  // Of rows 10 to 19, 11, 14 and 17 had the plan already.
  expect(dry.changes).toEqual([{ table: 'people', added: 15, changed: 7, unchanged: 43, gone: 10 }]);
  expect(dry.comparison).toMatchObject({ kept: 50, added: 15, gone: 10 });
  const renamed = table(0, 60, usual, 'id,fee,tariff,city,ok');
  const held = await store.imported(await store.uploadTable(renamed, MAPPING, province, true));
  expect(held.findings.filter(({ holds }) => holds)).toMatchObject([{ key: 'column.renamed', column: 'plan' }]);
  const page = { pageSize: 10, pageToken: '', table: '' };
  const spoilt = await store.imported(
    await store.uploadTable(`${changed}\np80,much,max,c1,N`, MAPPING, province, true),
  );
  const { rejects } = await store.imports.listRejects(province, { ...page, importId: spoilt.importId });
  expect(rejects).toMatchObject([{ column: 'fee', rule: 'number.malformed', value: 'much' }]);
  expect(await visible()).toEqual(before);
  expect([dry, held, spoilt].flatMap(filesOf)).toEqual([]);

  // The file is not known yet.
  const loaded = await store.imported(await store.uploadTable(changed, MAPPING));
  expect(loaded).toMatchObject({ state: 'loaded', changes: [] });
});

function extract(sequence: number, subscriptions: number, bill: (at: number) => string, months: string[]): Files {
  const all = Array.from({ length: subscriptions }, (_, at) => at);
  const lines = (head: string, row: (at: number) => string): string => [head, ...all.map(row)].join('\n');
  const header = 'subscription_id,customer_id,account_id,service,status,activated_on';
  const files = {
    'customers.csv': lines('customer_id,kind,marketing_consent', (at) => `C${at},person,false`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(header, (at) => `S${at},C${at},A${at},mobile,active,2024-01-01`),
    'billing.csv': [
      'subscription_id,month,arpu',
      ...months.flatMap((month) => all.map((at) => `S${at},${month},${bill(at)}`)),
    ].join('\n'),
  };
  const [from, to] = [months[0]!, months.at(-1)!];
  return withManifest(files, {
    sequence,
    complete: false,
    from,
    to,
    extractedAt: `2026-10-1${sequence}T03:00:00+08:00`,
  });
}

test('a dry run of an extract reports what it would change by table, and leaves nothing', async () => {
  await store.imported(await store.uploadExtract(extract(1, 30, (at) => `${at}.50`, ['2026-08', '2026-09'])));
  const before = await visible();
  const next = extract(2, 40, (at) => (at < 5 ? '99.00' : `${at}.50`), ['2026-09']);
  for (const [file, content] of Object.entries(next)) inbox.write(path.join('next', file), content);
  const uploaded = await store.imported(await store.uploadExtract(next, province, true));
  const folder = await store.imported(await store.imports.importFolder(province, { folder: 'next', dryRun: true }));
  for (const dry of [uploaded, folder]) {
    expect(dry).toMatchObject({ state: 'checked', loadedAt: undefined });
    expect(dry.tables.map(({ accepted }) => accepted)).toEqual([40, 40, 40, 40]);
    const master = { added: 10, changed: 0, unchanged: 30, gone: 0 };
    expect(dry.changes).toEqual([
      ...['customers', 'accounts', 'subscriptions'].map((name) => ({ table: name, ...master })),
      { table: 'billing', added: 10, changed: 5, unchanged: 25, gone: 0 },
    ]);
    expect(filesOf(dry)).toEqual([]);
  }
  expect(await visible()).toEqual(before);
  const refused = await store.ended(
    await store.uploadExtract(
      extract(1, 40, () => '1.00', ['2026-09']),
      province,
      true,
    ),
  );
  expect(refused.failure).toMatchObject({ key: 'extract.sequenceTaken' });
  expect(await store.imported(await store.uploadExtract(next))).toMatchObject({ state: 'loaded' });
});
