import path from 'node:path';
import { ColumnRole, type Table } from '@holdfast/contracts/feature_store/v1/lake';
import { RandomStream } from '@holdfast/learning/random';
import { callOf } from '@holdfast/testing/callers';
import { temporaryFolder } from '../engine/engine.fixture.js';
import { startFeatureStore, type FeatureStore } from '../feature-store.fixture.js';
import { SYNTHETIC_EXTRACT, keyOf, writeSyntheticExtract } from './synthetic-extract.fixture.js';

const VIEW = 'subscriber-months';
const caller = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'] });
const folder = temporaryFolder();
const extract = { sequence: 1, to: SYNTHETIC_EXTRACT.to, extractedAt: SYNTHETIC_EXTRACT.extractedAt };

interface Made {
  table: Table;
  /** Of all columns of all rows, in the table's order. */
  bytes: Buffer;
}

/** Imports an extract into a store of its own, and gives the view that comes of it. */
async function viewOf(
  name: string,
  threads: number,
  options: Partial<Parameters<typeof writeSyntheticExtract>[1]>,
): Promise<Made> {
  writeSyntheticExtract(path.join(folder, name, 'extract'), { ...extract, ...options });
  const store = await startFeatureStore(path.join(folder, name, 'lake'), '2026-09-03T10:00:00+08:00', {
    HOLDFAST_INBOX: path.join(folder, name),
    HOLDFAST_DUCKDB_THREADS: String(threads),
  });
  try {
    await store.done(await store.imports.importFolder(caller, { folder: 'extract' }));
    const { result } = await store.done(await store.views.materialiseView(caller, { view: '' }));
    const table = await store.tables.getTable(caller, { table: VIEW, version: result['version']! });
    return { table, bytes: await read(store, table) };
  } finally {
    await store.service.stop();
  }
}

async function read({ tables }: FeatureStore, { version, columns }: Table): Promise<Buffer> {
  const outcomes = { withLabel: true, withSplit: false, withValue: true };
  const wanted = { table: VIEW, version, shards: undefined, month: '', ...outcomes };
  const features = columns.filter(({ role }) => role === ColumnRole.COLUMN_ROLE_FEATURE).map(({ name }) => name);
  const parts: Uint8Array[] = [];
  for await (const batch of tables.readTable(caller, { ...wanted, columns: features })) {
    for (const { name, data, dictionary } of batch.columns)
      parts.push(Buffer.from(name), data, Buffer.from(dictionary.join()));
  }
  return Buffer.concat(parts);
}

const shuffled =
  (seed: number) =>
  (rows: readonly string[]): string[] =>
    Array.from(new RandomStream(seed).shuffle([...rows.keys()]), (row) => rows[row]!);

let straight: Made;
beforeAll(async () => {
  straight = await viewOf('straight', 1, {});
}, 300_000);

test('rows in any order and any number of threads give the same view, byte for byte, under the same name', async () => {
  expect(straight.bytes.length).toBeGreaterThan(10_000);
  const other = await viewOf('shuffled', 3, { ordered: shuffled(5) });
  expect(other.table.version).toBe(straight.table.version);
  expect(Buffer.compare(other.bytes, straight.bytes)).toBe(0);
}, 300_000);

test('an extract of the same number with one other figure gives another name', async () => {
  const instead = new Map([[`${keyOf(4)},2026-05,19.00,1.00,10.00,`, `${keyOf(4)},2026-05,19.01,1.00,10.00,`]]);
  const other = await viewOf('other', 1, { instead });
  expect(Buffer.compare(other.bytes, straight.bytes)).not.toBe(0);
  expect(other.table.version).not.toBe(straight.table.version);
}, 300_000);
