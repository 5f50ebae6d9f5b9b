import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Import } from '@holdfast/contracts/feature_store/v1/extract';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { startFeatureStore, withManifest, type FeatureStore, type Files } from '../feature-store.fixture.js';

const lake = new TemporaryFolder();
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'jobs:read'] });

// Each test imports several extracts.
jest.setTimeout(240_000);

let store: FeatureStore;
let home: string;

beforeEach(async () => {
  home = lake.at(newId());
  store = await startFeatureStore(home, '2026-10-03T10:00:00+08:00');
});
afterEach(async () => store?.service.stop());

const USUAL = {
  key: (at: number) => `S00${100 + at}`,
  subscriptions: 60,
  bill: (at: number) => `${40 + at}.50`,
  status: 'active',
  occupation: 'teacher',
  months: ['2026-08', '2026-09'],
  complete: true,
  describe: {} as Record<string, object>,
};

function extractOf(sequence: number, variation: Partial<typeof USUAL> = {}): Files {
  const { key, subscriptions, bill, status, occupation, months, complete, describe } = { ...USUAL, ...variation };
  const all = Array.from({ length: subscriptions }, (_, at) => at);
  const lines = (head: string, row: (at: number) => string): string => [head, ...all.map(row)].join('\n');
  const bills = months.flatMap((month) => all.map((at) => `${key(at)},${month},${bill(at)}`));
  const subscription = (at: number): string => `${key(at)},C${at},A${at},mobile,active,2024-01-01`;
  const spell = (at: number): string => `${key(at)},${status},2024-01-01,`;
  const header = 'subscription_id,customer_id,account_id,service,status,activated_on';
  const files = {
    'customers.csv': lines('customer_id,kind,occupation', (at) => `C${at},person,${occupation}`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(header, subscription),
    'status_history.csv': lines('subscription_id,status,valid_from,valid_to', spell),
    'billing.csv': ['subscription_id,month,arpu', ...bills].join('\n'),
  };
  const [from, to] = [months[0]!, months.at(-1)!];
  const extractedAt = `2026-10-0${sequence}T03:00:00+08:00`;
  return withManifest(files, { sequence, complete, from, to, extractedAt, tables: describe });
}

const bring = async (files: Files): Promise<Import> => store.imported(await store.uploadExtract(files));

const holding = ({ findings }: Import): string[] =>
  findings.filter(({ holds }) => holds).map(({ key, table, column }) => `${key} ${column || table}`);
const visible = async (): Promise<number[]> => {
  const { extracts } = await store.imports.listExtracts(province, {});
  return extracts.map(({ sequence }) => sequence);
};

test('the next extract goes in; what differs in keys, scales, codes, rows and filled columns is held back', async () => {
  expect(await bring(extractOf(1))).toMatchObject({ state: 'loaded', findings: [] });
  const same = await bring(extractOf(2, { months: ['2026-09'] }));
  expect([same.state, holding(same)]).toEqual(['loaded', []]);
  const inCents = (at: number): string => `${4050 + 100 * at}.00`;
  const changed = { key: (at: number) => `S${100 + at}`, bill: inCents, status: 'suspended', occupation: '' };
  const other = await bring(extractOf(3, changed));
  expect(other.state).toBe('held');
  expect(holding(other).sort()).toEqual([
    ...['column.missing customers.occupation', 'column.recoded status_history.status'],
    ...['column.rescaled billing.arpu', 'keys.fewKept subscriptions'],
  ]);
  const fewer = await bring(extractOf(4, { subscriptions: 25 }));
  expect(holding(fewer)).toEqual(expect.arrayContaining(['rows.changed customers', 'rows.changed billing']));
  expect(await visible()).toEqual([2, 1]);

  const job = await store.ended(await store.imports.confirmImport(province, { importId: other.importId }));
  expect(job.result).toMatchObject({ state: 'loaded', sequence: '3' });
  expect(await visible()).toEqual([3, 2, 1]);
  const discarded = await store.imports.discardImport(province, { importId: fewer.importId });
  expect(discarded.state).toBe('discarded');
  expect(readdirSync(path.join(home, 'facts'))).not.toContain(fewer.importId);
  expect(readdirSync(path.join(home, 'raw')).filter((name) => name.startsWith(fewer.importId))).toEqual([]);
});

test('corrections, which are declared incomplete, are not held', async () => {
  await bring(extractOf(1));
  const correction = await bring(extractOf(2, { subscriptions: 5, complete: false, bill: () => '4000.00' }));
  expect([correction.state, holding(correction)]).toEqual(['loaded', []]);
  // Compared with the complete extract, not with the correction.
  const next = await bring(extractOf(3));
  expect([next.state, holding(next)]).toEqual(['loaded', []]);
});

test('a share of rejects beyond the limit of a table holds the extract back as a whole', async () => {
  const spoilt = (at: number): string => (at < 11 ? 'much' : '50.00');
  const held = await bring(extractOf(1, { bill: spoilt }));
  expect(held.state).toBe('held'); // 22 of 120
  expect(holding(held)).toEqual(['rejects.tooMany billing']);
  expect(held.tables.find(({ table }) => table === 'billing')).toMatchObject({ read: 120, rejected: 22 });
  expect(await visible()).toEqual([]);
  const allowed = await bring(extractOf(2, { bill: spoilt, describe: { billing: { rejectShareMax: 0.2 } } }));
  expect(allowed.state).toBe('loaded');
});
