import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { systemCall } from '@holdfast/testing/callers';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import fc from 'fast-check';
import { z } from 'zod';
import { Clock } from '../clock/clock.js';
import { ROWS_PER_BATCH_MAX } from '../columns/columns.js';
import { platformConfig, type Environment } from '../config/config.js';
import { Database, rowsOf } from '../database/database.js';
import { failure } from '../errors/errors.js';
import { SHARDS, newId } from '../identity/identity.js';
import { Jobs, jobKind } from '../jobs/jobs.js';
import { ServiceModule } from '../service/service.js';
import { PublishedRuns, pieceCount, type PublishedRun } from './published-runs.js';

const KEPT = 2;
const unknown = failure('notFound', 'run.unknown', { en: 'There is no such run.', 'zh-CN': '没有该结果。' });
const gone = failure('gone', 'run.gone', { en: 'The run is no longer kept.', 'zh-CN': '该结果已不再保留。' });
/** Has no work: its jobs stay queued. */
const COMPUTE = jobKind('compute', { month: z.string() });

interface Run extends PublishedRun {
  topic: string;
  month: string;
  rows: string | null;
  is_current: boolean;
}

@Module({})
class ProbeRuns implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const shared = ServiceModule.register({ service: 'probe-runs', environment, config: platformConfig });
    return { module: ProbeRuns, imports: [shared] };
  }

  readonly runs: PublishedRuns<Run>;

  constructor(database: Database, jobs: Jobs, clock: Clock) {
    const tables = {
      runs: 'run',
      scope: ['topic'],
      replaces: 'old.month <= new.month',
      order: 'r.month desc, r.published_at desc, r.id desc',
      results: ['tally'],
      partitioned: 'result',
      indexes: { primaryKey: 'run_id, place', others: ['run_id, place desc'] },
      purgeJob: 'purge-results',
    };
    this.runs = new PublishedRuns(database, jobs, clock, tables, { unknown, gone });
  }

  onModuleInit(): void {
    this.runs.definePurge(async () => KEPT);
  }
}

let service: RunningService;
let runs: PublishedRuns<Run>;
let database: Database;

beforeAll(async () => {
  service = await startService(ProbeRuns, { service: 'probe-runs' });
  database = service.database;
  runs = service.get(ProbeRuns).runs;
  await database.query(
    `create table run (id uuid primary key, topic text not null, month text not null, rows bigint,
       is_current boolean not null default false, published_at timestamptz, purged_at timestamptz,
       withdrawn_at timestamptz, check (not is_current or published_at is not null and purged_at is null))`,
  );
  await database.query('create unique index run_current on run (topic) where is_current');
  await database.query('create table tally (run_id uuid not null, rows int not null)');
  await database.query(
    'create table result (run_id uuid not null, place int not null, primary key (run_id, place)) partition by list (run_id)',
  );
  await database.query('create index result_place on result (run_id, place desc)');
});
afterAll(() => service.stop());
beforeEach(() => database.query('truncate run, tally'));

/** Starts a run with some results; its id is that of a job. */
async function start(topic: string, month: string, results = 1): Promise<string> {
  return database.transaction(async (tx) => {
    const request = { kind: COMPUTE, key: newId(), params: { month }, caller: systemCall.caller };
    const { jobId } = await service.get(Jobs).submit(tx, request);
    const runId = jobId.split('.')[1]!;
    await rowsOf(tx, 'insert into run (id, topic, month) values ($1, $2, $3)', [runId, topic, month]);
    await runs.createPartition(tx, runId);
    await rowsOf(tx, 'insert into result select $1, generate_series(1, $2)', [runId, results]);
    await rowsOf(tx, 'insert into tally values ($1, $2)', [runId, results]);
    return runId;
  });
}

async function publish(runId: string, rows = 1): Promise<Run> {
  return database.transaction((tx) => runs.publish(tx, { jobId: runId, caller: systemCall.caller }, { rows }));
}

async function published(topic: string, month: string, results = 1): Promise<string> {
  const runId = await start(topic, month, results);
  await publish(runId, results);
  return runId;
}

function purgeJobs(...runIds: string[]): Promise<boolean> {
  return eventually('the purges of the runs are done', async () => {
    const [row] = await database.query<{ done: number }>(
      "select count(*)::int as done from job where kind = 'purge-results' and state = 'done' and natural_key = any($1)",
      [runIds],
    );
    return row!.done === runIds.length;
  });
}

describe('a run', () => {
  it('is unknown until it is published, then it is current, with its figures', async () => {
    const runId = await start('churn', '2026-09');
    for (const id of ['', runId, newId(), 'no-uuid'])
      await expect(runs.find(id)).rejects.toMatchObject({ kind: 'notFound', key: 'run.unknown' });
    expect(await publish(runId, 41)).toMatchObject({ id: runId, topic: 'churn', rows: '41', is_current: true });
    expect(await runs.find(runId)).toMatchObject({ id: runId, rows: '41' });
    expect(await runs.find('')).toMatchObject({ id: runId });
  });

  it('stays unknown where the transaction of its publication fails', async () => {
    const [before, runId] = [await published('churn', '2026-08'), await start('churn', '2026-09')];
    const failing = database.transaction(async (tx) => {
      await runs.publish(tx, { jobId: runId, caller: systemCall.caller }, {});
      throw new Error('the last piece fails');
    });
    await expect(failing).rejects.toThrow('the last piece fails');
    await expect(runs.find(runId)).rejects.toMatchObject({ kind: 'notFound' });
    expect(await runs.find('')).toMatchObject({ id: before });
  });

  it('replaces the current one of its scope only, and only by the rule', async () => {
    const [september, plans] = [await published('churn', '2026-09'), await published('plans', '2026-01')];
    const august = await published('churn', '2026-08');
    expect(await runs.find('', { topic: 'churn' })).toMatchObject({ id: september });
    expect(await runs.find('', { topic: 'plans' })).toMatchObject({ id: plans });
    expect(await runs.find(august)).toMatchObject({ id: august, is_current: false });
    const again = await published('churn', '2026-09');
    expect(await runs.find('', { topic: 'churn' })).toMatchObject({ id: again });
    expect(await runs.find('')).toMatchObject({ id: again });
  });

  it('gives way to the newest other one of its scope when its input is withdrawn', async () => {
    const topic = 'withdrawal';
    const [august, september] = [await published(topic, '2026-08'), await published(topic, '2026-09')];
    const withdraw = (month: string) => database.transaction((tx) => runs.withdraw(tx, { topic, month }));
    expect(await withdraw('2026-09')).toMatchObject([{ id: august, is_current: true }]);
    expect(await withdraw('2026-09')).toEqual([]);
    expect(await runs.find('', { topic })).toMatchObject({ id: august });
    expect(await runs.find(september)).toMatchObject({ id: september, is_current: false });
    const corrected = await published(topic, '2026-09');
    expect(await runs.find('', { topic })).toMatchObject({ id: corrected });
    expect(await withdraw('2026-08')).toEqual([]);
    expect(await withdraw('2026-09')).toEqual([]);
    await expect(runs.find('', { topic })).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('is gone after later publications of its scope, with its results', async () => {
    const other = await published('plans', '2026-01');
    const ids = [];
    for (const month of ['2026-07', '2026-08', '2026-09']) ids.push(await published('churn', month));
    await purgeJobs(other, ...ids);
    await expect(runs.find(ids[0]!)).rejects.toMatchObject({ kind: 'gone', key: 'run.gone' });
    for (const kept of [other, ids[1]!, ids[2]!]) expect(await runs.find(kept)).toMatchObject({ id: kept });
    const tallies = await database.query<{ run_id: string }>('select run_id from tally');
    expect(tallies.map(({ run_id: id }) => id).sort()).toEqual([other, ids[1], ids[2]].sort());
    const partition = `result_${ids[0]!.replaceAll('-', '')}`;
    expect(await database.query('select to_regclass($1) as partition', [partition])).toEqual([{ partition: null }]);
    expect(await runs.purgedCount({ topic: 'churn', month: '2026-07' })).toBe(1);
    expect(await runs.purgedCount({ topic: 'churn', month: '2026-08' })).toBe(0);
  });

  it('stays while it is current, however old it is', async () => {
    const september = await published('churn', '2026-09');
    const earlier = [];
    for (let at = 0; at < 3; at += 1) earlier.push(await published('churn', '2026-08'));
    await purgeJobs(september, ...earlier);
    expect(await runs.find('')).toMatchObject({ id: september });
    await expect(runs.find(earlier[0]!)).rejects.toMatchObject({ kind: 'gone' });
    expect(await runs.find(earlier[2]!)).toMatchObject({ id: earlier[2] });
  });

  it('is purged where its job was cancelled, and kept where its job continues', async () => {
    const [cancelled, running] = [await start('churn', '2026-08'), await start('churn', '2026-09')];
    await database.query("update job set state = 'cancelled', ended_at = now() where id = $1", [cancelled]);
    await purgeJobs(await published('churn', '2026-07'));
    const rows = await database.query('select id, purged_at is not null as purged from run where id = any($1)', [
      [cancelled, running],
    ]);
    expect(rows).toEqual(expect.arrayContaining([{ id: cancelled, purged: true }]));
    expect(rows).toEqual(expect.arrayContaining([{ id: running, purged: false }]));
  });
});

describe('a partition that is loaded before it is indexed', () => {
  const resultsOf = (runId: string) =>
    database.query<{ place: number }>('select place from result where run_id = $1 order by place', [runId]);
  const indexesOf = (runId: string) => {
    const sql = `select regexp_replace(indexdef, '^.* USING', '') as index from pg_indexes where tablename = $1 order by 1`;
    return database.query(sql, [runs.partitionOf(runId)]);
  };
  const load = (runId: string, places: string) =>
    database.transaction(async (tx) => {
      await runs.createLoadingPartition(tx, runId);
      await rowsOf(tx, `insert into ${runs.partitionOf(runId)} select '${runId}', ${places}`);
    });
  const attach = (runId: string) =>
    database.transaction(async (tx) => {
      await runs.indexPartition(tx, runId);
      await runs.attachPartition(tx, runId);
    });

  it('has no rows in the table until it is attached; then it is as any other, and attached once', async () => {
    const [runId, other] = [newId(), await start('churn', '2026-09')];
    await load(runId, 'generate_series(1, 3)');
    expect(await resultsOf(runId)).toEqual([]);
    for (const _ of ['first', 'again']) await attach(runId);
    expect(await resultsOf(runId)).toEqual([{ place: 1 }, { place: 2 }, { place: 3 }]);
    expect(await indexesOf(runId)).toEqual(await indexesOf(other));
  });

  it('refuses a row that is there twice', async () => {
    const runId = newId();
    await load(runId, 'unnest(array[1, 2, 1])');
    await expect(attach(runId)).rejects.toMatchObject({ code: '23505' });
  });

  it('refuses a row of another run', async () => {
    const runId = newId();
    await load(runId, '1');
    const foreign = `insert into ${runs.partitionOf(runId)} values ('${newId()}', 2)`;
    await expect(database.query(foreign)).rejects.toMatchObject({ code: '23514' });
  });
});

describe('results', () => {
  const read = (runId: string) => (after: { place: number } | undefined) =>
    database.query<{ place: number }>(
      'select place from result where run_id = $1 and place > $2 order by place limit $3',
      [runId, after?.place ?? 0, ROWS_PER_BATCH_MAX],
    );

  it.each([0, 1, ROWS_PER_BATCH_MAX, ROWS_PER_BATCH_MAX + 1])('come in batches: %i rows', async (rows) => {
    const runId = await published('churn', '2026-09', rows);
    const places: number[] = [];
    for await (const batch of runs.batches(runId, read(runId))) places.push(...batch.map(({ place }) => place));
    expect(places).toEqual(Array.from({ length: rows }, (_, at) => at + 1));
  });

  it('do not seem to end early where the run is purged while they are read', async () => {
    const runId = await published('churn', '2026-08', ROWS_PER_BATCH_MAX + 1);
    const batches = runs.batches(runId, read(runId));
    expect((await batches.next()).value).toHaveLength(ROWS_PER_BATCH_MAX);
    await published('churn', '2026-09');
    await purgeJobs(await published('churn', '2026-10'));
    const rest = async (): Promise<void> => {
      for await (const batch of batches) expect(batch).toHaveLength(1);
    };
    await expect(rest()).rejects.toMatchObject({ kind: 'gone' });
  });
});

test.each([
  [0, 0],
  [50, 1],
  [1_500, 15],
  [7_043, 16],
  [800_000, 16],
  [1_000_000, 20],
  [100_000_000, 256],
])('%d rows make %d pieces', (rows, pieces) => {
  expect(pieceCount(rows, { rowsMax: 50_000, piecesMin: 16, rowsMin: 100 })).toBe(pieces);
});

test('pieces are neither too large, nor too many, nor none', () => {
  const limits = fc.record({
    rowsMax: fc.integer({ min: 1, max: 100_000 }),
    piecesMin: fc.integer({ min: 1, max: SHARDS }),
    rowsMin: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), limits, (rows, limit) => {
      const pieces = pieceCount(rows, limit);
      expect(pieces).toBeGreaterThanOrEqual(1);
      expect(pieces).toBeLessThanOrEqual(SHARDS);
      expect(pieces === SHARDS || rows / pieces <= limit.rowsMax).toBe(true);
    }),
  );
});
