import { JobServiceDefinition, JobState, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase } from '@holdfast/testing/infra';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import { rowsOf } from '../database/database.js';
import { ECHO, ProbeLake, REFUSE, SUM, UNMET, WAIT } from '../service/probe-lake.fixture.js';
import { Jobs } from './jobs.js';

describe('jobs', () => {
  let lake: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
  });

  afterAll(() => lake?.stop());

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
      expect([done.rowsDone, done.rowsTotal]).toEqual([12, 12]); // planned as 600 of something else
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

  it('does what follows from a job in the transaction in which it ends, well or not', async () => {
    const submit = (kind: typeof UNMET, key: string) =>
      lake.database.transaction((tx) =>
        lake.get(Jobs).submit(tx, { kind, key, params: {}, caller: systemCall.caller }),
      );
    const echo = await lake.database.transaction((tx) =>
      lake.get(Jobs).submit(tx, { kind: ECHO, key: 'followed', params: { text: 'a' }, caller: systemCall.caller }),
    );
    const unmet = await submit(UNMET, 'followed');
    const endOf = ({ jobId }: { jobId: string }) =>
      eventually('what follows', async () => ProbeLake.ended.find((end) => jobId.endsWith(end.jobId)));
    expect(await endOf(echo)).toMatchObject({ text: 'a', isDone: true });
    expect(await endOf(unmet)).toMatchObject({ text: 'failed', isDone: false });
    expect(ProbeLake.ended.filter(({ jobId }) => unmet.jobId.endsWith(jobId))).toHaveLength(1);
  });

  it('shows the failure of a job, and hides the job from another region', async () => {
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
});
