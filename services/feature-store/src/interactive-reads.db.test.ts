import { rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import { factsRequest } from '@holdfast/platform/facts';
import { subscriptionId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { collected, withEngine } from './engine/engine.fixture.js';
import { literal, type Engine } from './engine/engine.js';
import { sharedFeatureStore, tableRequest } from './feature-store.fixture.js';
import { LakeFiles } from './lake/lake-files.js';
import { SUBSCRIPTIONS, keyOf, syntheticExtract } from './view/synthetic-extract.fixture.js';

const VIEW = 'subscriber-months';
const HEAVY_READS = 24;
/** Makes a statistic of a month take seconds. */
const COPIES = 800;
const MEASURED_MS = 8_000;
const MEDIAN_MS_MAX = 250;

const folder = new TemporaryFolder();
const store = sharedFeatureStore(folder.path, '2026-09-03T10:00:00+08:00');
const scopes = ['ingest:write', 'ingest:read', 'features:read', 'model:train', 'jobs:read'];
const province = callOf({ scopes });
const regions = [province, callOf({ scopes, orgScope: ['demo/A/'] }), callOf({ scopes, orgScope: ['demo/B/'] })];

let table: Table;

beforeAll(async () => {
  await store.done(await store.uploadExtract(syntheticExtract()));
  const job = await store.done(await store.views.materialiseView(province, { view: '' }));
  table = await store.tables.getTable(province, { table: VIEW, version: job.result['version']! });
  await enlarge(store.service.get(LakeFiles).table(VIEW, table.version));
}, 120_000);

/** Repeats the rows of a file, so that reads of the view have something to do. */
async function enlarge(file: string): Promise<void> {
  const enlarged = async (engine: Engine): Promise<void> => {
    const many = path.join(engine.folder, 'many.parquet');
    const query = `select rows.* from read_parquet(${literal(file)}) as rows, range(${COPIES})`;
    await engine.writeParquet(query, many, ', row_group_size 10240');
    await rename(many, file);
  };
  await withEngine(enlarged, { memoryMax: '1GB' });
}

/** Statistics of different months and regions, none of which shares a computation, and scans. */
function startHeavyReads(signal: AbortSignal): Promise<unknown>[] {
  const statistics = regions.flatMap((call) =>
    table.months.map((month) => store.views.getViewStatistics({ ...call, signal }, { view: '', month })),
  );
  const scans = Array.from({ length: HEAVY_READS - statistics.length }, async () => {
    const request = tableRequest(VIEW, { columns: ['arpu_cny_m0', 'voice_min_m0'] });
    for await (const batch of store.tables.readTable({ ...province, signal }, request))
      expect(batch.rows).toBeGreaterThan(0);
  });
  return [...statistics, ...scans];
}

const INTERACTIVE_READS = [
  (id: string) => {
    const request = { subscriptionIds: [id], table: VIEW, features: [] };
    return store.online.getFeatures(province, request);
  },
  (id: string) => {
    const request = { subscriptionId: id, view: '', month: '2026-05', knowledgeTime: undefined };
    return store.views.getFeaturesAsOf(province, request);
  },
  (id: string) => collected(store.facts.readFacts(province, factsRequest('billing', { subscriptionIds: [id] }))),
];

/** Reads one subscription after the other for a while; gives the durations in milliseconds, by kind of read. */
async function measureInteractive(durationMs: number): Promise<number[][]> {
  const durations: number[][] = INTERACTIVE_READS.map(() => []);
  const endMs = performance.now() + durationMs;
  for (let at = 0; performance.now() < endMs; at += 1) {
    const startedMs = performance.now();
    // Subscriptions that were never cancelled.
    const id = subscriptionId('demo', keyOf(8 * (at % (SUBSCRIPTIONS / 8)) + 4));
    const kind = at % INTERACTIVE_READS.length;
    await INTERACTIVE_READS[kind]!(id);
    durations[kind]!.push(performance.now() - startedMs);
  }
  return durations;
}

test('interactive reads are answered during 24 heavy reads, which stop when they are cancelled', async () => {
  await measureInteractive(1_000); // connections and caches
  const gone = new AbortController();
  const heavy = startHeavyReads(gone.signal);
  const settled = Promise.allSettled(heavy);
  expect(heavy).toHaveLength(HEAVY_READS);
  await sleep(200);
  const [online, , facts] = await measureInteractive(MEASURED_MS);
  for (const durations of [online!, facts!]) {
    const median = durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)];
    expect(median).toBeLessThan(MEDIAN_MS_MAX);
  }

  gone.abort();
  await settled;
  const startedMs = performance.now();
  const request = tableRequest(VIEW, { columns: ['arpu_cny_m0'], shards: { from: 0, to: 1 } });
  await collected(store.tables.readTable(province, request));
  expect(performance.now() - startedMs).toBeLessThan(2_000);
}, 120_000);

test('a read stops at its deadline', async () => {
  const call = { ...province, deadlineAtMs: Date.now() + 300 };
  const reads = table.months.map((month) => store.views.getViewStatistics(call, { view: '', month }));
  for (const read of await Promise.allSettled(reads))
    expect(read).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
  const startedMs = performance.now();
  const request = tableRequest(VIEW, { columns: ['arpu_cny_m0'], shards: { from: 0, to: 1 } });
  await collected(store.tables.readTable(province, request));
  expect(performance.now() - startedMs).toBeLessThan(2_000);
}, 60_000);
