import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Import, ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import type { Rpc } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import type { RunningService } from '@holdfast/testing/service';
import { startFeatureStore, type FeatureStore } from '../feature-store.fixture.js';

const lake = mkdtempSync(path.join(tmpdir(), 'holdfast-held-'));
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'jobs:read'] });
const SUBSCRIPTIONS = 60;

// Each test imports several extracts.
jest.setTimeout(240_000);

let store: FeatureStore;
let service: RunningService;
let imports: Rpc<ImportService>;
let ended: FeatureStore['ended'];
let home: string;

beforeEach(async () => {
  home = path.join(lake, newId());
  store = await startFeatureStore(home, '2026-10-03T10:00:00+08:00');
  ({ service, imports, ended } = store);
});
afterEach(async () => service?.stop());
afterAll(() => rmSync(lake, { recursive: true, force: true }));

interface Variation {
  key?: (at: number) => string;
  subscriptions?: number;
  bill?: (at: number) => string;
  status?: (at: number) => string;
  occupation?: string;
  months?: readonly string[];
  complete?: boolean;
  describe?: Record<string, object>;
}

function extractOf(sequence: number, variation: Variation = {}): Record<string, string> {
  const {
    key = (at: number) => `S00${100 + at}`,
    subscriptions = SUBSCRIPTIONS,
    bill = (at: number) => `${40 + at}.50`,
    status = () => 'active',
    occupation = 'teacher',
    months = ['2026-08', '2026-09'],
    complete = true,
    describe = {},
  } = variation;
  const all = Array.from({ length: subscriptions }, (_, at) => at);
  const lines = (head: string, rows: string[]): string => [head, ...rows].join('\n');
  const tables = {
    customers: lines(
      'customer_id,kind,occupation',
      all.map((at) => `C${at},person,${occupation}`),
    ),
    accounts: lines(
      'account_id,customer_id',
      all.map((at) => `A${at},C${at}`),
    ),
    subscriptions: lines(
      'subscription_id,customer_id,account_id,service,status,activated_on',
      all.map((at) => `${key(at)},C${at},A${at},mobile,active,2024-01-01`),
    ),
    status_history: lines(
      'subscription_id,status,valid_from,valid_to',
      all.map((at) => `${key(at)},${status(at)},2024-01-01,`),
    ),
    billing: lines(
      'subscription_id,month,arpu',
      months.flatMap((month) => all.map((at) => `${key(at)},${month},${bill(at)}`)),
    ),
  };
  const described = Object.keys(tables).map((name) => [name, { path: `${name}.csv`, ...describe[name] }]);
  const manifest = {
    ...{ formatVersion: 1, operator: 'demo', extractId: `e${sequence}`, sequence, complete, currency: 'CNY' },
    ...{
      timezone: 'Asia/Shanghai',
      from: months[0],
      to: months.at(-1),
      extractedAt: `2026-10-0${sequence}T03:00:00+08:00`,
    },
    tables: Object.fromEntries(described),
  };
  return {
    ...Object.fromEntries(Object.entries(tables).map(([name, text]) => [`${name}.csv`, text])),
    'manifest.json': JSON.stringify(manifest),
  };
}

async function bring(files: Record<string, string>): Promise<Import> {
  const job = await ended(await store.uploadExtract(files));
  expect(job.failure).toBeUndefined();
  return imports.getImport(province, { importId: job.result['importId']! });
}

const holding = ({ findings }: Import): string[] =>
  findings.filter(({ holds }) => holds).map(({ key, table, column }) => `${key} ${column || table}`);
const visible = async (): Promise<number[]> => {
  const { extracts } = await imports.listExtracts(province, {});
  return extracts.map(({ sequence }) => sequence);
};

test('the next extract goes in; what differs in keys, scales, codes, rows and filled columns is held back', async () => {
  expect(await bring(extractOf(1))).toMatchObject({ state: 'loaded', findings: [] });
  const same = await bring(extractOf(2, { months: ['2026-09'] }));
  expect([same.state, holding(same)]).toEqual(['loaded', []]);
  const other = await bring(
    extractOf(3, {
      key: (at) => `S${100 + at}`,
      bill: (at) => `${4050 + 100 * at}.00`,
      status: () => 'suspended',
      occupation: '',
    }),
  );
  expect(other.state).toBe('held');
  expect(holding(other).sort()).toEqual(
    [
      ...['keys.fewKept subscriptions', 'column.rescaled billing.arpu', 'column.recoded status_history.status'],
      'column.missing customers.occupation',
    ].sort(),
  );
  const fewer = await bring(extractOf(4, { subscriptions: 25 }));
  expect(holding(fewer)).toEqual(expect.arrayContaining(['rows.changed customers', 'rows.changed billing']));
  expect(await visible()).toEqual([2, 1]);

  const job = await ended(await imports.confirmImport(province, { importId: other.importId }));
  expect(job.result).toMatchObject({ state: 'loaded', sequence: '3' });
  expect(await visible()).toEqual([3, 2, 1]);
  expect(await imports.discardImport(province, { importId: fewer.importId })).toMatchObject({ state: 'discarded' });
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
