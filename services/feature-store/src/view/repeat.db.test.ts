import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ColumnRole,
  TableServiceDefinition,
  type Table,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { ViewServiceDefinition, type ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import { RandomStream } from '@holdfast/learning/random';
import { callOf } from '@holdfast/testing/callers';
import type { RunningService } from '@holdfast/testing/service';
import { startFeatureStore, type FeatureStore } from '../feature-store.fixture.js';
import { SYNTHETIC_EXTRACT, keyOf, writeSyntheticExtract } from './synthetic-extract.fixture.js';

const VIEW = 'subscriber-months';
const caller = callOf({ scopes: ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'] });
const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-repeat-'));
const extract = { sequence: 1, to: SYNTHETIC_EXTRACT.to, extractedAt: SYNTHETIC_EXTRACT.extractedAt };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
  const { service } = store;
  try {
    await done(store, await store.imports.importFolder(caller, { folder: 'extract' }));
    const views = service.client<ViewService>(ViewServiceDefinition);
    const { result } = await done(store, await views.materialiseView(caller, { view: '' }));
    const table = await service
      .client<TableService>(TableServiceDefinition)
      .getTable(caller, { table: VIEW, version: result['version']! });
    return { table, bytes: await read(service, table) };
  } finally {
    await service.stop();
  }
}

async function done(store: FeatureStore, job: Job): Promise<Job> {
  const last = await store.ended(job);
  expect([last.state, last.failure]).toEqual([JobState.JOB_STATE_DONE, undefined]);
  return last;
}

async function read(service: RunningService, { version, columns }: Table): Promise<Buffer> {
  const wanted = {
    table: VIEW,
    version,
    shards: undefined,
    month: '',
    withLabel: true,
    withSplit: false,
    withValue: true,
  };
  const features = columns.filter(({ role }) => role === ColumnRole.COLUMN_ROLE_FEATURE).map(({ name }) => name);
  const parts: Uint8Array[] = [];
  const tables = service.client<TableService>(TableServiceDefinition);
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
