import { newId } from '@holdfast/platform/identity';
import { factsRequest } from '@holdfast/platform/facts';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, rowsOf } from '../engine/engine.fixture.js';
import { startFeatureStore, withManifest, type FeatureStore, type Files } from '../feature-store.fixture.js';

const lake = new TemporaryFolder();
const province = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'jobs:read', 'parameters:write'] });

jest.setTimeout(240_000);

let store: FeatureStore;

beforeEach(async () => {
  store = await startFeatureStore(lake.at(newId()), '2026-10-20T10:00:00+08:00');
});
afterEach(async () => store?.service.stop());

const SUBSCRIBERS = 12;

interface Variation {
  /** Of every bill. */
  arpu?: string;
  /** Cells of `recorded_at` of the touches. */
  recordedAt?: string;
  kind?: string;
}

/** Fewer rows than the limit of rejects that every table has. */
function tables({ arpu = '40.00', recordedAt = '', kind = 'person' }: Variation = {}): Files {
  const all = Array.from({ length: SUBSCRIBERS }, (_, at) => at);
  const lines = (head: string, row: (at: number) => string): string => [head, ...all.map(row)].join('\n');
  const header = 'subscription_id,customer_id,account_id,service,status,activated_on';
  return {
    'customers.csv': lines('customer_id,kind', (at) => `C${at},${kind}`),
    'accounts.csv': lines('account_id,customer_id', (at) => `A${at},C${at}`),
    'subscriptions.csv': lines(header, (at) => `S${at},C${at},A${at},mobile,active,2024-01-01`),
    'billing.csv': lines('subscription_id,month,arpu', (at) => `S${at},2026-09,${arpu}`),
    'contacts.csv': lines(
      'contact_id,subscription_id,at,kind,recorded_at',
      (at) => `K${at},S${at},2026-09-01T10:00:00,complaint,${recordedAt}`,
    ),
  };
}

const later = (sequence: number, files: Files, more: object = {}): Files =>
  withManifest(files, { sequence, extractedAt: '2026-10-10T03:00:00+08:00', ...more });
const visible = async (): Promise<number[]> =>
  (await store.imports.listExtracts(province, {})).extracts.map(({ sequence }) => sequence);
const failureOf = async (files: Files) => (await store.ended(await store.uploadExtract(files))).failure;
const bills = async (): Promise<unknown[]> => {
  const rows = rowsOf(await collected(store.facts.readFacts(province, factsRequest('billing'))));
  return rows.map(({ arpu }) => arpu);
};

test('a sequence far from the one before is refused with the expected one, and blocks no later extract', async () => {
  const max = Number.MAX_SAFE_INTEGER;
  expect(await failureOf(later(max, tables()))).toMatchObject({
    key: 'extract.sequenceImplausible',
    textEn: expect.stringContaining('1 is expected, at most 99999999'),
  });
  await store.imported(await store.uploadExtract(later(20_260_901, tables())));
  expect(await failureOf(later(max, tables()))).toMatchObject({
    key: 'extract.sequenceImplausible',
    textEn: expect.stringContaining('20260902 is expected, at most 20270901'),
  });
  expect(await failureOf(later(20_260_901, tables({ arpu: '41.00' })))).toMatchObject({ key: 'extract.sequenceTaken' });
  await store.imported(await store.uploadExtract(later(20_261_001, tables())));
  expect(await visible()).toEqual([20_261_001, 20_260_901]);
});

test.each([
  [{ to: '2027-01' }, 'to of the manifest is 2027-01; plausible is 1980-01 or later – 2026-11'],
  [{ from: '1926-09' }, 'from of the manifest is 1926-09;'],
  [
    { extractedAt: '1926-10-10T03:00:00Z' },
    'extractedAt of the manifest is 1926-10-10T03:00:00Z; plausible is 1980-01',
  ],
])('times of the manifest that are not plausible are refused: %j', async (more, text) => {
  const failure = await failureOf(later(1, tables(), more));
  expect(failure).toMatchObject({ key: 'extract.timeImplausible', textEn: expect.stringContaining(text) });
  expect(await visible()).toEqual([]);
});

test('an extract of rejected rows only fails with the reason, and the earlier answers stay', async () => {
  await store.imported(await store.uploadExtract(later(1, tables())));
  const job = await store.ended(await store.uploadExtract(later(2, tables({ kind: 'robot' }))));
  expect(job.failure).toMatchObject({ key: 'extract.noTableImported', kind: 'unprocessable' });
  const { imports } = await store.imports.listImports(province, { pageSize: 1, pageToken: '' });
  expect(imports[0]).toMatchObject({ state: 'failed' });
  expect(imports[0]!.tables[0]).toMatchObject({ table: 'customers', version: '', read: 12, accepted: 0, rejected: 12 });
  expect(imports[0]!.notices.map(({ key, column }) => `${key} ${column}`)).toEqual([
    'table.allRejected customers',
    ...['accounts', 'subscriptions', 'billing', 'contacts'].map((table) => `table.parentStopped ${table}`),
  ]);
  const page = { importId: imports[0]!.importId, table: 'customers', pageSize: 3, pageToken: '' };
  const { rejects } = await store.imports.listRejects(province, page);
  expect(rejects[0]).toMatchObject({ line: 2, column: 'kind', rule: 'value.unknown', value: 'robot' });
  expect([await visible(), await bills()]).toEqual([[1], Array.from({ length: 12 }, () => 4000)]);
  expect((await store.published(/extract-loaded/)).length).toBe(1);
});

test('a table of rejected rows only holds the extract, and is not published when it is confirmed', async () => {
  await store.imported(await store.uploadExtract(later(1, tables())));
  const held = await store.imported(await store.uploadExtract(later(2, tables({ arpu: '-1' }))));
  expect(held).toMatchObject({ state: 'held' });
  expect(held.findings).toMatchObject([{ key: 'rejects.all', table: 'billing', holds: true }]);
  expect(await visible()).toEqual([1]);
  await store.done(await store.imports.confirmImport(province, { importId: held.importId }));
  const { extracts } = await store.imports.listExtracts(province, {});
  expect(extracts[0]!.tables).not.toContain('billing');
  expect(await bills()).toEqual(Array.from({ length: 12 }, () => 4000));
});

test('records of another age are rejected', async () => {
  for (const [at, recordedAt] of ['2199-01-01T00:00:00', '1950-01-01T00:00:00'].entries()) {
    const held = await store.imported(await store.uploadExtract(later(1 + at, tables({ recordedAt }))));
    expect(held.findings).toMatchObject([{ key: 'rejects.all', table: 'contacts' }]);
    const page = { importId: held.importId, table: 'contacts', pageSize: 1, pageToken: '' };
    const { rejects } = await store.imports.listRejects(province, page);
    expect(rejects).toMatchObject([{ column: 'recorded_at', rule: 'time.implausible' }]);
  }
});

test('no failure of a job repeats a first line that is a person', async () => {
  let sequence = 0;
  const people = ['张三,13812345678,沈阳\n李四,13912345678,大连\n', 'Ann Miller,Main Street\nBob Smith,High Street\n'];
  for (const firstLines of people) {
    for (const mapping of ['table: t', 'table: t\nkey: id', 'table: t\nkey: 姓名\nvalue: fee\nexclude: [churned]']) {
      const job = await store.ended(await store.uploadTable(firstLines, mapping));
      if (job.failure === undefined) continue;
      const text = JSON.stringify([job.failure, job.result]);
      expect(text).not.toMatch(/张三|138|沈阳|Miller|Main/);
    }
    const files = { ...tables(), 'contacts.csv': firstLines };
    sequence += 1;
    const report = await store.imported(await store.uploadExtract(later(sequence, files)));
    expect(report.notices).toMatchObject([{ key: 'table.stopped', column: 'contacts' }]);
    expect(JSON.stringify(report.notices)).not.toMatch(/张三|138|沈阳|Miller|Main/);
  }
});
