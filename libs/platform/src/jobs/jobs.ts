import { Injectable } from '@nestjs/common';
import type { JsMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { workStream, type Bus } from '../bus/bus.js';
import { systemCaller, type Caller } from '../caller/caller.js';
import type { Clock } from '../clock/clock.js';
import { withTraceOf } from '../consumer/consumer.js';
import type { Database, Transaction } from '../database/database.js';
import { asFailure, failure } from '../errors/errors.js';
import { newId } from '../identity/identity.js';
import { log } from '../log/log.js';
import { counter } from '../measurements/measurements.js';
import type { Outbox } from '../outbox/outbox.js';
import { Retries } from '../retry/retry.js';
import { LockedElsewhere, withJobLock } from './job-lock.js';
import {
  hasEnded,
  jobMessage,
  restoreCaller,
  type JobParams,
  type JobProgress,
  type JobResult,
  type JobRow,
} from './job-row.js';
import { JobStore } from './job-store.js';
import { OPENED, shardKind, workSubject } from './work.js';

export type { JobProgress, JobResult, JobRow } from './job-row.js';

/** Work that a service does in the background, with the schema of its parameters. */
interface JobKind<P extends JobParams = JobParams> {
  readonly name: string;
  readonly params: z.ZodType<P>;
}

export function jobKind<Shape extends z.core.$ZodLooseShape>(name: string, shape: Shape) {
  return { name, params: z.strictObject(shape) };
}

export type ParamsOf<Kind extends JobKind> = z.output<Kind['params']>;

/** One run of a job. A job may run again after a crash, so its work is idempotent. */
export interface JobRun<P = JobParams> {
  /** UUID. */
  readonly jobId: string;
  readonly params: P;
  /** Of the request. */
  readonly caller: Caller;
  /** Aborts when the job is cancelled or the process stops. */
  readonly signal: AbortSignal;
  progress(now: JobProgress): Promise<void>;
}

type JobWork<P = JobParams> = (run: JobRun<P>) => Promise<JobResult>;

/** A job that has ended. */
interface JobEnd<P = JobParams> {
  /** UUID. */
  readonly jobId: string;
  readonly params: P;
  /** Undefined where it failed or was cancelled. */
  readonly result: JobResult | undefined;
}

/** Runs in the transaction in which a job ends, well or not: what follows from it is queued exactly once. */
type AfterJob<P = JobParams> = (tx: Transaction, end: JobEnd<P>) => Promise<void>;

/** Work in independent pieces, which all replicas share. */
export interface ShardedWork<P = JobParams> {
  /** Number of pieces, and about how many rows they have. Runs once, in the transaction that queues them. */
  plan(run: JobRun<P>, tx: Transaction): Promise<{ shards: number; rowsTotal?: number }>;
  /**
   * Computes a piece outside any transaction. The function that it returns stores the piece in the transaction that
   * marks it as done, and returns the number of rows.
   */
  shard(run: JobRun<P>, index: number): Promise<(tx: Transaction) => Promise<number>>;
  /** Runs in the transaction of the last piece. */
  finish(run: JobRun<P>, tx: Transaction): Promise<JobResult>;
}

interface JobRequest<P extends JobParams = JobParams> {
  kind: JobKind<P>;
  /** A second request with the same key returns the first job, unless that failed or was cancelled. */
  key: string;
  params: P;
  caller: Caller;
  /** Org unit in which the job is visible; the province by default. */
  orgUnitPath?: string;
}

const paramsInvalid = failure('invalid', 'job.paramsInvalid', {
  en: 'The parameters of the job {kind} are invalid: {error}',
  'zh-CN': '任务 {kind} 的参数无效：{error}',
});

const ACK_WAIT_MS = 10_000;
const HEARTBEAT_MS = 3_000;
const SHARDS_AT_ONCE = 2;

const LOCK_RETRY_MS = 5_000;
/** Delay of interrupted work: without it, it would return to the process that is stopping. */
const STOPPED_MS = 500;

class Cancelled extends Error {}

/** Background work of one service. The table `job` has its state; JetStream's work queue distributes it to replicas. */
@Injectable()
export class Jobs {
  private readonly works = new Map<string, JobWork>();
  private readonly afters = new Map<string, AfterJob>();
  private readonly shardedWorks = new Map<string, ShardedWork>();
  private readonly retries = new Retries();
  private readonly stopping = new AbortController();
  private readonly store: JobStore;
  private readonly failed = counter('holdfast.jobs.failed');
  private readonly log = log('jobs');

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    readonly service: string,
    operator: string,
  ) {
    this.store = new JobStore(database, clock, operator);
  }

  /** Registers work that runs in one process at a time, and what follows from its end. */
  define<P extends JobParams>(kind: JobKind<P>, work: JobWork<P>, after?: AfterJob<P>): void {
    this.works.set(kind.name, async (run) => work(checkedRun(kind, run)));
    if (after === undefined) return;
    this.afters.set(kind.name, async (tx, end) => {
      const params = kind.params.safeParse(end.params);
      // Parameters of a former release failed the job itself.
      if (params.success) await after(tx, { ...end, params: params.data });
    });
  }

  /** Registers work in pieces. */
  defineSharded<P extends JobParams>(kind: JobKind<P>, work: ShardedWork<P>): void {
    this.shardedWorks.set(kind.name, {
      plan: async (run, tx) => work.plan(checkedRun(kind, run), tx),
      shard: async (run, index) => work.shard(checkedRun(kind, run), index),
      finish: async (run, tx) => work.finish(checkedRun(kind, run), tx),
    });
  }

  /** Queues a job with the transaction; returns the existing one with the same key. @throws invalid */
  async submit<P extends JobParams>(tx: Transaction, request: JobRequest<P>): Promise<Job> {
    const { kind, key } = request;
    const params = checkedParams(kind, request.params);
    await this.store.lockKey(tx, kind.name, key);
    const existing = await this.store.findByKey(tx, kind.name, key);
    if (existing !== undefined) return jobMessage(this.service, existing);
    const id = await this.store.nextId(tx, this.service, kind.name, key);
    const inserted = (await this.store.insert(tx, { ...request, params }, key, { id }))!;
    await this.outbox.submitWork(tx, this.subject(kind.name), { jobId: inserted.id });
    return jobMessage(this.service, inserted);
  }

  /**
   * Creates a job whose key follows from input that is still arriving. It waits for `begin` or `abandon`; the caller
   * ensures one of them, also after a crash.
   */
  async open<P extends JobParams>(tx: Transaction, request: Omit<JobRequest<P>, 'key'>): Promise<Job> {
    const params = checkedParams(request.kind, request.params);
    const inserted = await this.store.insert(tx, { ...request, params }, `${OPENED}${newId()}`, { phase: 'receiving' });
    return jobMessage(this.service, inserted!);
  }

  /** Starts an opened job under its key. Where a job with that key exists, removes the opened one and returns that. */
  async begin(tx: Transaction, opened: Job, key: string): Promise<Job> {
    const id = uuidOf(opened.jobId);
    // Two uploads of the same file may end at the same time.
    await this.store.lockKey(tx, opened.kind, key);
    const existing = await this.store.findByKey(tx, opened.kind, key);
    if (existing !== undefined) {
      await this.store.remove(tx, id);
      return jobMessage(this.service, existing);
    }
    const begun = await this.store.giveKey(tx, id, key);
    await this.outbox.submitWork(tx, this.subject(opened.kind), { jobId: id });
    return jobMessage(this.service, begun);
  }

  /** Frees the key of a job whose result was discarded: the next request with it creates a new job. */
  async releaseKey(tx: Transaction, jobId: string): Promise<void> {
    await this.store.releaseKey(tx, uuidOf(jobId));
  }

  /** Requests the end of the unfinished jobs of a kind that have these parameters. */
  async cancel<P extends JobParams>(tx: Transaction, kind: JobKind<P>, params: Partial<P>): Promise<void> {
    await this.store.requestCancel(tx, kind.name, params);
  }

  /** Ends an opened job whose input did not arrive. */
  async abandon(tx: Transaction, jobId: string, cause: unknown): Promise<void> {
    await this.store.markFailed(uuidOf(jobId), cause, tx);
  }

  async start(): Promise<void> {
    for (const [kind, work] of this.works) await this.pull(kind, kind, 1, (message) => this.runWhole(work, message));
    for (const [kind, work] of this.shardedWorks) {
      await this.pull(kind, kind, 1, (message) => this.runPlan(kind, work, message));
      const shards = shardKind(kind);
      await this.pull(shards, shards, SHARDS_AT_ONCE, (message) => this.runShard(work, message));
    }
  }

  /** Aborts running work, which goes back to the queue. */
  stop(): void {
    this.stopping.abort();
  }

  private subject(kind: string): string {
    return workSubject(this.service, kind);
  }

  private pull(
    kind: string,
    durable: string,
    concurrency: number,
    handle: (message: JsMsg) => Promise<void>,
  ): Promise<void> {
    return this.bus.pull(
      {
        stream: workStream(this.service),
        durable: `${this.service}_${durable}`,
        subject: this.subject(kind),
        concurrency,
        ackWaitMs: ACK_WAIT_MS,
      },
      (message) => withTraceOf(message, `${kind} work`, () => handle(message)),
    );
  }

  private async runWhole(work: JobWork, message: JsMsg): Promise<void> {
    const { jobId } = message.json<{ jobId: string }>();
    await this.settle(jobId, message, (run) =>
      withJobLock(this.database.pool, jobId, async () => {
        const result = await work(run);
        await this.end(jobId, result, (tx) => this.store.markDone(tx, jobId, result));
        this.log.info({ job: jobId }, 'job done');
      }),
    );
  }

  /** Marks a job as ended and does what follows from it, unless it has ended before. */
  private async end(
    jobId: string,
    result: JobResult | undefined,
    mark: (tx: Transaction) => Promise<JobRow | undefined>,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      const ended = await mark(tx);
      if (ended !== undefined) await this.afters.get(ended.kind)?.(tx, { jobId, params: ended.params, result });
    });
  }

  private async runPlan(kind: string, work: ShardedWork, message: JsMsg): Promise<void> {
    const { jobId } = message.json<{ jobId: string }>();
    await this.settle(jobId, message, (run) =>
      this.database.transaction(async (tx) => {
        const job = await this.store.findLocked(tx, jobId);
        if (job === undefined || job.shards_total !== null || hasEnded(job.state)) return;
        const { shards, rowsTotal } = await work.plan(run, tx);
        await this.store.setShards(tx, jobId, shards, rowsTotal);
        for (let shard = 0; shard < shards; shard++)
          await this.outbox.submitWork(tx, this.subject(shardKind(kind)), { jobId, shard });
        if (shards === 0) await this.store.markDone(tx, jobId, await work.finish(run, tx));
      }),
    );
  }

  private async runShard(work: ShardedWork, message: JsMsg): Promise<void> {
    const { jobId, shard } = message.json<{ jobId: string; shard: number }>();
    await this.settle(jobId, message, async (run) => {
      if (await this.store.isShardDone(jobId, shard)) return;
      const write = await work.shard(run, shard);
      await this.database.transaction(async (tx) => {
        if (!(await this.store.claimShard(tx, jobId, shard))) return;
        const rows = await write(tx);
        const counted = await this.store.countShard(tx, jobId, shard, rows);
        if (counted === undefined) throw new Cancelled(); // the job has ended: the piece is rolled back
        this.log.info({ job: jobId, shard, ...counted, rows }, 'shard stored');
        if (counted.done === counted.of) await this.store.markDone(tx, jobId, await work.finish(run, tx));
      });
    });
  }

  /** Runs one delivery of a job's message, and acknowledges it or returns it to the queue. */
  private async settle(jobId: string, message: JsMsg, work: (run: JobRun) => Promise<void>): Promise<void> {
    const job = await this.store.find(jobId);
    if (job === undefined || hasEnded(job.state)) {
      message.ack();
      return;
    }
    if (job.cancel_requested) {
      await this.end(jobId, undefined, (tx) => this.store.markCancelled(jobId, tx));
      message.ack();
      return;
    }
    const waitMs = this.retries.waitMs(message);
    if (waitMs > 0) {
      message.nak(waitMs); // one of several redeliveries
      return;
    }
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.stopping.signal]);
    const heartbeat = setInterval(() => {
      message.working();
      void this.store.isCancelRequested(jobId).then((isRequested) => isRequested && abort.abort(new Cancelled()));
    }, HEARTBEAT_MS);
    try {
      await this.store.markRunning(jobId);
      await work(this.runOf(job, signal));
      message.ack();
    } catch (thrown) {
      await this.settleFailure(job, message, thrown, abort.signal);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async settleFailure(job: JobRow, message: JsMsg, thrown: unknown, cancelled: AbortSignal): Promise<void> {
    if (this.stopping.signal.aborted) {
      message.nak(STOPPED_MS);
      return;
    }
    if (cancelled.aborted || thrown instanceof Cancelled) {
      await this.end(job.id, undefined, (tx) => this.store.markCancelled(job.id, tx));
      this.log.info({ job: job.id }, 'job cancelled');
      message.ack();
      return;
    }
    if (thrown instanceof LockedElsewhere) {
      message.nak(LOCK_RETRY_MS);
      return;
    }
    const failure = asFailure(thrown);
    const next = this.retries.next(message, failure, this.clock.now().getTime() - job.created_at.getTime());
    if (next !== undefined) {
      this.log.warn({ err: failure, job: job.id, ...next }, 'job is retried');
      message.nak(next.delayMs);
      return;
    }
    this.log[failure.kind === 'internal' ? 'error' : 'info']({ err: failure, job: job.id }, 'job failed');
    this.failed.add(1, { 'holdfast.job.kind': job.kind, 'error.type': failure.kind });
    await this.end(job.id, undefined, (tx) => this.store.markFailed(job.id, failure, tx));
    message.ack();
  }

  private runOf(job: JobRow, signal: AbortSignal): JobRun {
    return {
      jobId: job.id,
      params: job.params,
      caller: restoreCaller(job.caller),
      signal,
      progress: async (now) => {
        await this.store.progress(job.id, now);
        signal.throwIfAborted();
      },
    };
  }
}

function checkedParams<P extends JobParams>({ name, params }: JobKind<P>, given: unknown): P {
  const { data, error } = params.safeParse(given);
  if (error !== undefined) throw paramsInvalid({ kind: name, error: z.prettifyError(error) });
  return data;
}

function checkedRun<P extends JobParams>(kind: JobKind<P>, run: JobRun): JobRun<P> {
  return { ...run, params: checkedParams(kind, run.params) };
}

/** Of `<service>.<uuid>`. */
function uuidOf(jobId: string): string {
  return jobId.slice(jobId.indexOf('.') + 1);
}

/** A call of the service itself, with the job's signal. */
export function callOfJob(service: string, run: Pick<JobRun, 'signal'>): { caller: Caller; signal: AbortSignal } {
  return { caller: systemCaller(service), signal: run.signal };
}
