import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import {
  TableServiceDefinition,
  type ReadTableRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { JobServiceDefinition, JobState, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import { CallerTokens, orgUnitFilter } from '@holdfast/platform/caller';
import { numberColumn, readNumbers, readUuids, uuidColumn } from '@holdfast/platform/columns';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { GrpcServer, connectTo, type Call, type Rpc } from '@holdfast/platform/grpc';
import { subscriptionId } from '@holdfast/platform/identity';
import { Jobs, jobKind } from '@holdfast/platform/jobs';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { ServiceModule } from '@holdfast/platform/service';
import { z } from 'zod';
import { callOf, systemCall } from './callers.js';
import { cloneDatabase } from './infra.js';
import { eventually, startService, type RunningService } from './service.js';

const tableLoaded = eventOf('probe-lake', TableLoaded);
const tableUnknown = failure('notFound', 'table.unknown', {
  en: 'There is no table {table}.',
  'zh-CN': '没有表 {table}。',
});
const readTelco: ReadTableRequest = {
  table: 'telco',
  version: '',
  columns: [],
  shards: undefined,
  withLabel: false,
  withSplit: false,
  withValue: false,
  month: '',
};
const SUM = jobKind('sum', {});
const WAIT = jobKind('wait', {});
const REFUSE = jobKind('refuse', {});
const ECHO = jobKind('echo', { text: z.string() });
const BATCHES = 40;
const ROWS = 1_000;

class ProbeTables implements Rpc<TableService> {
  sent = 0;

  getTable(): Promise<never> {
    return Promise.reject(new Error('not served'));
  }

  listTables(): Promise<never> {
    return this.getTable();
  }

  async *readTable(call: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.table !== 'telco') throw tableUnknown({ table: request.table });
    for (let batch = 0; batch < BATCHES; batch++) {
      this.sent += 1;
      yield {
        rows: ROWS,
        columns: [
          uuidColumn(
            'subscription_id',
            Array.from({ length: ROWS }, (_, row) => subscriptionId('demo', `${batch}-${row}`)),
          ),
          numberColumn('regions', new Float64Array(ROWS).fill(orgUnitFilter(call.caller).length)),
          numberColumn(
            'charges',
            Float64Array.from({ length: ROWS }, (_, row) => (row % 7 === 0 ? NaN : row)),
          ),
        ],
      };
    }
  }

  async *readSubjects(): AsyncIterable<ColumnBatch> {
    if (this.sent >= 0) throw new Error('the value 7590-VHVEG must not reach a caller');
    yield { rows: 0, columns: [] };
  }
}

@Module({})
class ProbeLake implements OnModuleInit {
  static mayEnd = false;
  static shardDelayMs = 0;

  static register(environment: Environment): DynamicModule {
    return {
      module: ProbeLake,
      imports: [
        ServiceModule.register({
          service: 'probe-lake',
          environment,
          config: platformConfig,
          parameters: { 'probe.days': { schema: z.number().int().min(1), default: 7, description: 'Days.' } },
        }),
      ],
      providers: [ProbeTables],
    };
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly tables: ProbeTables,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<TableService>(TableServiceDefinition, this.tables);
    this.jobs.defineSharded(SUM, {
      plan: async () => ({ shards: 12 }),
      shard: async (run, index) => {
        await new Promise((resolve) => setTimeout(resolve, ProbeLake.shardDelayMs));
        run.signal.throwIfAborted();
        return async (tx) => {
          await rowsOf(tx, 'insert into total (shard, amount) values ($1, $2)', [index, index * index]);
          return 1;
        };
      },
      finish: async (_run, tx) => {
        const [row] = await rowsOf<{ sum: string }>(tx, 'select sum(amount) from total');
        return { sum: row!.sum };
      },
    });
    this.jobs.define(WAIT, async (run) => {
      await run.progress({ phase: 'waiting' });
      while (!ProbeLake.mayEnd) await new Promise((resolve) => setTimeout(resolve, 20));
      return {};
    });
    this.jobs.define(ECHO, async ({ params }) => params);
    this.jobs.define(REFUSE, async () => {
      throw tableUnknown({ table: 'other' });
    });
  }
}

@Module({})
class ProbeReader implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    return {
      module: ProbeReader,
      imports: [ServiceModule.register({ service: 'probe-reader', environment, config: platformConfig })],
    };
  }

  constructor(private readonly consumers: Consumers) {}

  onModuleInit(): void {
    let failures = 1;
    this.consumers.on(tableLoaded, async (tx, event, envelope) => {
      await rowsOf(tx, 'insert into seen (table_name, subject) values ($1, $2)', [event.table, envelope.subjectId]);
      if (failures-- > 0) throw new Error('the first try fails after its effect, which must then be undone');
    });
  }
}

describe('platform between two services', () => {
  let lake: RunningService;
  let reader: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
    reader = await startService(ProbeReader, { service: 'probe-reader' });
    await lake.database.query('create table total (shard int primary key, amount bigint not null)');
    await reader.database.query('create table seen (table_name text not null, subject text not null)');
  });

  afterAll(async () => {
    await reader?.stop();
    await lake?.stop();
  });

  it('delivers an event once, although its handler failed and the relay sent it twice', async () => {
    const outbox = lake.get(Outbox);
    const event: TableLoaded = {
      importId: 'i',
      table: 'telco',
      version: 'v',
      rows: 3,
      rowsHash: 'h',
      keySpace: 'table',
    };
    await expect(
      lake.database.transaction(async (tx) => {
        await outbox.publish(tx, tableLoaded, { subjectId: 'rolled-back' }, event);
        throw new Error('roll back');
      }),
    ).rejects.toThrow('roll back');
    await lake.database.transaction((tx) => outbox.publish(tx, tableLoaded, { subjectId: 'telco' }, event));
    const seen = await eventually('the event is handled', async () => {
      const rows = await reader.database.query<{ subject: string }>('select subject from seen');
      return rows.length > 0 && rows;
    });
    expect(seen).toEqual([{ subject: 'telco' }]);
    expect(await lake.database.query('select 1 from outbox')).toEqual([]);
  });

  it('streams columns whole, bound to the caller, and stops when the reader stops', async () => {
    const tables = lake.client<TableService>(TableServiceDefinition);
    let rows = 0;
    let missing = 0;
    for await (const batch of tables.readTable(callOf({ orgScope: ['demo/a/', 'demo/b/'] }), readTelco)) {
      rows += batch.rows;
      const charges = readNumbers(batch, 'charges');
      missing += charges.filter((value) => Number.isNaN(value)).length;
      expect(readNumbers(batch, 'regions')[0]).toBe(2);
      expect(readUuids(batch, 'subscription_id')).toHaveLength(ROWS);
    }
    expect([rows, missing]).toEqual([BATCHES * ROWS, BATCHES * 143]);

    const probe = lake.get(ProbeTables);
    probe.sent = 0;
    for await (const batch of tables.readTable(systemCall, readTelco)) {
      expect(batch.rows).toBe(ROWS);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(probe.sent).toBeLessThan(BATCHES);
  });

  it('carries a failure across the wire whole, and nothing of a foreign error', async () => {
    const tables = lake.client<TableService>(TableServiceDefinition);
    const read = async (table: string): Promise<unknown> => {
      for await (const batch of tables.readTable(systemCall, { ...readTelco, table })) expect(batch).toBeUndefined();
      return undefined;
    };
    await expect(read('nope')).rejects.toMatchObject({
      kind: 'notFound',
      key: 'table.unknown',
      text: { en: 'There is no table nope.', 'zh-CN': '没有表 nope。' },
    });
    const subjects = async (): Promise<void> => {
      for await (const batch of tables.readSubjects(systemCall, { table: '', version: '', shards: undefined }))
        expect(batch).toBeUndefined();
    };
    await expect(subjects()).rejects.toMatchObject({ kind: 'internal', message: expect.not.stringContaining('VHVEG') });
  });

  it('refuses a call without a caller, or with a token of another key', async () => {
    const stranger = connectTo<TableService>(TableServiceDefinition, lake.address, new CallerTokens('x'.repeat(32)));
    const ask = async (): Promise<void> => {
      for await (const batch of stranger.readTable(systemCall, readTelco)) expect(batch).toBeUndefined();
    };
    await expect(ask()).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(await lake.client<Health>(HealthDefinition).check({} as Call, { service: '' })).toEqual({
      status: 'SERVING',
    });
  });

  it('does sharded work exactly once, although its process stops in the middle', async () => {
    await lake.stop(); // it would take work from the same queue
    ProbeLake.shardDelayMs = 150;
    const submit = (service: RunningService) =>
      service.database.transaction((tx) =>
        service.get(Jobs).submit(tx, { kind: SUM, key: 'telco', params: {}, caller: systemCall.caller }),
      );
    const { url: databaseUrl, drop } = await cloneDatabase('probe-lake');
    const first = await startService(ProbeLake, { service: 'probe-lake', databaseUrl });
    await first.database.query('create table total (shard int primary key, amount bigint not null)');
    const job = await submit(first);
    await eventually('some shards are in', async () => {
      const rows = await first.database.query('select 1 from job_shard');
      return rows.length >= 2 && rows.length < 12;
    });
    await first.stop();
    ProbeLake.shardDelayMs = 0;
    const second = await startService(ProbeLake, { service: 'probe-lake', databaseUrl });
    try {
      const jobs = second.client<JobService>(JobServiceDefinition);
      const done = await eventually('the job is done', async () => {
        const now = await jobs.getJob(systemCall, { jobId: job.jobId });
        return now.state === JobState.JOB_STATE_DONE && now;
      });
      expect(done.result).toEqual({ sum: '506' });
      expect(await second.database.query('select count(*)::int as n from total')).toEqual([{ n: 12 }]);
      expect((await submit(second)).jobId).toBe(job.jobId);
    } finally {
      await second.stop();
      await drop();
      lake = await startService(ProbeLake, { service: 'probe-lake' });
    }
  });

  it('keeps nothing of a piece that is finished after its job has ended', async () => {
    await lake.database.query('create table if not exists total (shard int primary key, amount bigint not null)');
    ProbeLake.shardDelayMs = 150;
    const job = await lake.database.transaction((tx) =>
      lake.get(Jobs).submit(tx, { kind: SUM, key: 'ended', params: {}, caller: systemCall.caller }),
    );
    const shards = () => lake.database.query<{ n: number }>('select count(*)::int as n from job_shard');
    await eventually('some shards are in', async () => (await shards())[0]!.n >= 2);
    const [ended] = await lake.database.query<{ shards_done: number }>(
      "update job set state = 'cancelled', ended_at = now() where natural_key = 'ended' returning shards_done",
    );
    // More than the pieces under way take.
    await new Promise((resolve) => setTimeout(resolve, 600));
    ProbeLake.shardDelayMs = 0;
    expect(await shards()).toEqual([{ n: ended!.shards_done }]);
    const now = await lake.client<JobService>(JobServiceDefinition).getJob(systemCall, { jobId: job.jobId });
    expect(now.state).toBe(JobState.JOB_STATE_CANCELLED);
  });

  it('lives on when the database ends its connections in the middle of a job', async () => {
    const job = await lake.database.transaction((tx) =>
      lake.get(Jobs).submit(tx, { kind: WAIT, key: 'k', params: {}, caller: systemCall.caller }),
    );
    const jobs = lake.client<JobService>(JobServiceDefinition);
    const now = () => jobs.getJob(systemCall, { jobId: job.jobId });
    await eventually('the job waits', async () => (await now()).phase === 'waiting');
    await lake.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await new Promise((resolve) => setTimeout(resolve, 100)); // until the connections have noticed
    ProbeLake.mayEnd = true;
    const ended = await eventually('the job has ended', async () => {
      const job = await now().catch(() => undefined);
      return job?.endedAt !== undefined && job;
    });
    expect(ended).toMatchObject({ state: JobState.JOB_STATE_DONE, failure: undefined });
  });

  it('checks the parameters of a job when it is submitted and when it runs', async () => {
    const jobs = lake.get(Jobs);
    const request = { kind: ECHO, key: 'text', params: { text: 'a' }, caller: systemCall.caller };
    const wrong = lake.database.transaction((tx) => jobs.submit(tx, { ...request, params: { text: 1 as never } }));
    await expect(wrong).rejects.toMatchObject({ kind: 'invalid', key: 'job.paramsInvalid' });
    const ended = async (jobId: string) => {
      let last;
      for await (last of lake.client<JobService>(JobServiceDefinition).watchJob(systemCall, { jobId }));
      return last;
    };
    const right = await lake.database.transaction((tx) => jobs.submit(tx, request));
    expect(await ended(right.jobId)).toMatchObject({ state: JobState.JOB_STATE_DONE, result: { text: 'a' } });
    const stored = await lake.database.transaction(async (tx) => {
      const opened = await jobs.open(tx, request);
      await rowsOf(tx, `update job set params = '{"text": 1}' where id = $1`, [opened.jobId.split('.')[1]]);
      return jobs.begin(tx, opened, 'number');
    });
    const failed = { state: JobState.JOB_STATE_FAILED, failure: { key: 'job.paramsInvalid' } };
    expect(await ended(stored.jobId)).toMatchObject(failed);
  });

  it('gives the cause of a failed job, and hides it from another region', async () => {
    const job = await lake.database.transaction((tx) =>
      lake
        .get(Jobs)
        .submit(tx, { kind: REFUSE, key: 'k', params: {}, caller: systemCall.caller, orgUnitPath: 'demo/a/' }),
    );
    const jobs = lake.client<JobService>(JobServiceDefinition);
    let last;
    const scopes = ['jobs:read'];
    for await (const now of jobs.watchJob(callOf({ scopes, orgScope: ['demo/'] }), { jobId: job.jobId })) last = now;
    expect(last).toMatchObject({
      state: JobState.JOB_STATE_FAILED,
      failure: { kind: 'notFound', key: 'table.unknown' },
    });
    const inRegion = (unit: string) => jobs.getJob(callOf({ scopes, orgScope: [unit] }), { jobId: job.jobId });
    await expect(inRegion('demo/b/')).rejects.toMatchObject({ kind: 'notFound' });
    await expect(jobs.getJob(callOf(), { jobId: job.jobId })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(jobs.cancelJob(callOf({ scopes }), { jobId: job.jobId })).rejects.toMatchObject({ kind: 'forbidden' });
    const forged = jobs.listJobs(systemCall, { pageSize: 1, pageToken: 'x' });
    await expect(forged).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('sets parameters from now on, with their history, and never for the past', async () => {
    const parameters = lake.client<ParameterService>(ParameterServiceDefinition);
    const writer = callOf({ scopes: ['parameters:read', 'parameters:write'] });
    const before = new Date();
    expect(await parameters.getParameter(writer, { key: 'probe.days', at: undefined })).toMatchObject({
      valueJson: '7',
    });
    await parameters.setParameter(writer, { key: 'probe.days', valueJson: '9', validFrom: undefined });
    const after = await parameters.getParameter(writer, { key: 'probe.days', at: undefined });
    expect(after).toMatchObject({ valueJson: '9', history: [{ valueJson: '9', setBy: 'test-client' }] });
    expect((await parameters.getParameter(writer, { key: 'probe.days', at: before })).valueJson).toBe('7');
    const set = (valueJson: string, validFrom?: Date) =>
      parameters.setParameter(writer, { key: 'probe.days', valueJson, validFrom });
    await expect(set('0')).rejects.toMatchObject({ kind: 'unprocessable' });
    await expect(set('8', before)).rejects.toMatchObject({ key: 'parameter.past' });
    const city = callOf({ scopes: ['parameters:write'], orgScope: ['demo/a/'] });
    const byCity = parameters.setParameter(city, { key: 'probe.days', valueJson: '8', validFrom: undefined });
    await expect(byCity).rejects.toMatchObject({ key: 'caller.provinceOnly' });
    await expect(
      parameters.setParameter(callOf(), { key: 'probe.days', valueJson: '8', validFrom: undefined }),
    ).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
