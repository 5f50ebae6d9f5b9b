import { ColumnRole, type Table } from '@holdfast/contracts/feature_store/v1/lake';
import { RandomStream } from '@holdfast/learning/random';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected } from '../engine/engine.fixture.js';
import { startFeatureStore, tableRequest, type FeatureStore, type Files } from '../feature-store.fixture.js';
import { keyOf, syntheticExtract } from './synthetic-extract.fixture.js';

const VIEW = 'subscriber-months';
const caller = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'] });
const folder = new TemporaryFolder();

/** Imports an extract into a new store; gives its view, with the bytes of all columns of all rows in their order. */
async function viewOf(name: string, threads: number, extract: Files) {
  const environment = { HOLDFAST_DUCKDB_THREADS: String(threads) };
  const store = await startFeatureStore(folder.at(name), '2026-09-03T10:00:00+08:00', environment);
  try {
    await store.done(await store.uploadExtract(extract));
    const { result } = await store.done(await store.views.materialiseView(caller, { view: '' }));
    const table = await store.tables.getTable(caller, { table: VIEW, version: result['version']! });
    return { table, bytes: await read(store, table) };
  } finally {
    await store.service.stop();
  }
}

async function read({ tables }: FeatureStore, { version, columns }: Table): Promise<Buffer> {
  const features = columns.filter(({ role }) => role === ColumnRole.COLUMN_ROLE_FEATURE).map(({ name }) => name);
  const request = tableRequest(VIEW, { version, columns: features, withLabel: true, withValue: true });
  const read = (await collected(tables.readTable(caller, request))).flatMap((batch) => batch.columns);
  const parts = read.flatMap(({ name, data, dictionary }) => [Buffer.from(name), data, Buffer.from(dictionary.join())]);
  return Buffer.concat(parts);
}

const shuffled =
  (seed: number) =>
  (rows: readonly string[]): string[] =>
    Array.from(new RandomStream(seed).shuffle([...rows.keys()]), (row) => rows[row]!);

let straight: Awaited<ReturnType<typeof viewOf>>;
beforeAll(async () => {
  straight = await viewOf('straight', 1, syntheticExtract());
}, 300_000);

test('rows in any order and any number of threads give the same view, byte for byte, under the same name', async () => {
  expect(straight.bytes.length).toBeGreaterThan(10_000);
  const other = await viewOf('shuffled', 3, syntheticExtract({ ordered: shuffled(5) }));
  expect(other.table.version).toBe(straight.table.version);
  expect(Buffer.compare(other.bytes, straight.bytes)).toBe(0);
}, 300_000);

test('an extract of the same number with one other figure gives another name', async () => {
  const instead = new Map([[`${keyOf(4)},2026-05,19.00,1.00,10.00,`, `${keyOf(4)},2026-05,19.01,1.00,10.00,`]]);
  const other = await viewOf('other', 1, syntheticExtract({ instead }));
  expect(Buffer.compare(other.bytes, straight.bytes)).not.toBe(0);
  expect(other.table.version).not.toBe(straight.table.version);
}, 300_000);
