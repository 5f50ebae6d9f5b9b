import { Injectable } from '@nestjs/common';
import type { JsMsg } from '@nats-io/jetstream';
import { LRUCache } from 'lru-cache';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { workStream, type Bus } from '../bus/bus.js';
import { systemCaller, type Caller } from '../caller/caller.js';
import type { Clock } from '../clock/clock.js';
import { backoffMs, withTraceOf } from '../consumer/consumer.js';
import type { Database, Transaction } from '../database/database.js';
import { asFailure, type FailureKind } from '../errors/errors.js';
import { newId } from '../identity/identity.js';
import { log } from '../log/log.js';
import type { Outbox } from '../outbox/outbox.js';
import { hasEnded, jobMessage, restoreCaller, type JobParams, type JobResult, type JobRow } from './job-row.js';
import { JobStore } from './job-store.js';

export type { JobParams, JobResult } from './job-row.js';

/** Where a job stands. */
export interface JobProgress {
  /** What it is doing now, a key such as `reading`. */
  phase: string;
  /** 0 to 1; left out, rowsDone ÷ rowsTotal. */
  fraction?: number;
  rowsDone?: number;
  rowsTotal?: number;
}

/** One run of a job. It may be the second after a crash: what it does must end the same however often it begins. */
export interface JobRun {
  /** UUID. */
  readonly jobId: string;
  readonly params: JobParams;
  /** Who asked for it. */
  readonly caller: Caller;
  /** Aborts when the job is cancelled or the process stops. */
  readonly signal: AbortSignal;
  progress(now: JobProgress): Promise<void>;
}

export type JobWork = (run: JobRun) => Promise<JobResult>;

/** Long work in independent pieces, done by as many replicas as there are. */
export interface ShardedWork {
  /** Number of pieces. Runs once, in the transaction that queues them. */
  plan(run: JobRun, tx: Transaction): Promise<{ shards: number; rowsTotal?: number }>;
  /**
   * Computes a piece outside any transaction and gives what stores it: that runs in the transaction that marks the
   * piece as done, and gives the number of rows.
   */
  shard(run: JobRun, index: number): Promise<(tx: Transaction) => Promise<number>>;
  /** Runs in the transaction of the last piece. */
  finish(run: JobRun, tx: Transaction): Promise<JobResult>;
}

export interface JobRequest {
  kind: string;
  /** The same key gives the job that is there, unless it failed or was cancelled. */
  key: string;
  params: JobParams;
  caller: Caller;
  /** Who may see it; the province, if left out. */
  orgUnitPath?: string;
}

const ACK_WAIT_MS = 10_000;
const HEARTBEAT_MS = 3_000;
/** Tries of work that fails for a reason of its own. */
const TRIES_MAX = 6;
/** How long work waits for a serviceClient, the database or a full disk: an outage over a night must not lose a month. */
const PATIENCE_MS = 24 * 3_600_000;
const SHARDS_AT_ONCE = 2;

/** When to ask again after a job that another process is working on. */
const ELSEWHERE_MS = 5_000;
const SETBACKS_MAX = 10_000;
/** When interrupted work is delivered again: given back at once, it would go to the process that stops. */
const STOPPED_MS = 500;

class Cancelled extends Error {}
class Elsewhere extends Error {}

/** What became of a message's tries in this process. */
interface Setback {
  tries: number;
  notBeforeMs: number;
}

/** Long work of one service. Rows of `job` say where it stands; JetStream's work queue says who does it. */
@Injectable()
export class Jobs {
  private readonly works = new Map<string, JobWork>();
  private readonly shardedWorks = new Map<string, ShardedWork>();
  /**
   * By sequence of the message. JetStream's own count does not serve: a message that waits behind a long job in this
   * process's buffer is delivered every ACK_WAIT_MS, and would have used up its tries before its first.
   */
  private readonly setbacks = new LRUCache<number, Setback>({ max: SETBACKS_MAX });
  private readonly stopping = new AbortController();
  private readonly store: JobStore;
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

  /** Registers work that one process does alone. */
  define(kind: string, work: JobWork): void {
    this.works.set(kind, work);
  }

  /** Registers work in pieces. */
  defineSharded(kind: string, work: ShardedWork): void {
    this.shardedWorks.set(kind, work);
  }

  /** Asks for a job with the transaction; gives the one that is there under the same key. */
  async submit(tx: Transaction, request: JobRequest): Promise<Job> {
    const { kind, key } = request;
    await this.store.lockKey(tx, kind, key);
    const there = await this.store.findByKey(tx, kind, key);
    if (there !== undefined) return jobMessage(this.service, there);
    const id = await this.store.nextId(tx, this.service, kind, key);
    const made = (await this.store.insert(tx, request, key, { id }))!;
    await this.outbox.submitWork(tx, this.subject(request.kind), { jobId: made.id });
    return jobMessage(this.service, made);
  }

  /**
   * Makes a job whose key is not known yet, because its input is still coming. It waits until `begin` or `abandon`.
   * Whoever opened it must do one of the two, also after a crash.
   */
  async open(tx: Transaction, request: Omit<JobRequest, 'key'>): Promise<Job> {
    const made = await this.store.insert(tx, request, `opened ${newId()}`, { phase: 'receiving' });
    return jobMessage(this.service, made!);
  }

  /** Lets an opened job begin under its key. Where a job is there under that key, the opened one goes and that one is given. */
  async begin(tx: Transaction, opened: Job, key: string): Promise<Job> {
    const id = uuidOf(opened.jobId);
    // Two uploads of the same file may come to their end at the same time.
    await this.store.lockKey(tx, opened.kind, key);
    const there = await this.store.findByKey(tx, opened.kind, key);
    if (there !== undefined) {
      await this.store.remove(tx, id);
      return jobMessage(this.service, there);
    }
    const begun = await this.store.giveKey(tx, id, key);
    await this.outbox.submitWork(tx, this.subject(opened.kind), { jobId: id });
    return jobMessage(this.service, begun);
  }

  /** Frees the key of a job whose result was given up: the same asked for again is a new job. */
  async releaseKey(tx: Transaction, jobId: string): Promise<void> {
    await this.store.releaseKey(tx, uuidOf(jobId));
  }

  /** Ends an opened job whose input never came. */
  async abandon(tx: Transaction, jobId: string, why: unknown): Promise<void> {
    await this.store.markFailed(uuidOf(jobId), why, tx);
  }

  async start(): Promise<void> {
    for (const [kind, work] of this.works) {
      await this.pull(kind, kind, 1, (message) => this.runWhole(work, message));
    }
    for (const [kind, work] of this.shardedWorks) {
      await this.pull(kind, kind, 1, (message) => this.runPlan(kind, work, message));
      await this.pull(`${kind}-shard`, `${kind}-shard`, SHARDS_AT_ONCE, (message) => this.runShard(work, message));
    }
  }

  /** Tells running work to stop; it is given back and done again elsewhere or later. */
  stop(): void {
    this.stopping.abort();
  }

  private subject(kind: string): string {
    return `holdfast.${this.service}.work.${kind}`;
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
    await this.settling(jobId, message, (run) =>
      this.alone(jobId, async () => {
        const result = await work(run);
        await this.database.transaction((tx) => this.store.markDone(tx, jobId, result));
        this.log.info({ job: jobId }, 'job done');
      }),
    );
  }

  private async runPlan(kind: string, work: ShardedWork, message: JsMsg): Promise<void> {
    const { jobId } = message.json<{ jobId: string }>();
    await this.settling(jobId, message, (run) =>
      this.database.transaction(async (tx) => {
        const job = await this.store.findLocked(tx, jobId);
        if (job === undefined || job.shards_total !== null || hasEnded(job.state)) return;
        const { shards, rowsTotal } = await work.plan(run, tx);
        await this.store.setShards(tx, jobId, shards, rowsTotal);
        for (let shard = 0; shard < shards; shard++) {
          await this.outbox.submitWork(tx, this.subject(`${kind}-shard`), { jobId, shard });
        }
        if (shards === 0) await this.store.markDone(tx, jobId, await work.finish(run, tx));
      }),
    );
  }

  private async runShard(work: ShardedWork, message: JsMsg): Promise<void> {
    const { jobId, shard } = message.json<{ jobId: string; shard: number }>();
    await this.settling(jobId, message, async (run) => {
      if (await this.store.isShardDone(jobId, shard)) return;
      const write = await work.shard(run, shard);
      await this.database.transaction(async (tx) => {
        if (!(await this.store.claimShard(tx, jobId, shard))) return;
        const rows = await write(tx);
        const counted = await this.store.countShard(tx, jobId, shard, rows);
        if (counted === undefined) throw new Cancelled(); // ended meanwhile: nothing of this piece is kept
        this.log.info({ job: jobId, shard, ...counted, rows }, 'shard stored');
        if (counted.done === counted.of) await this.store.markDone(tx, jobId, await work.finish(run, tx));
      });
    });
  }

  /** Runs one delivery of a job's message and settles it: done, given back for later, or failed for good. */
  private async settling(jobId: string, message: JsMsg, work: (run: JobRun) => Promise<void>): Promise<void> {
    const job = await this.store.find(jobId);
    if (job === undefined || hasEnded(job.state)) {
      message.ack();
      return;
    }
    if (job.cancel_requested) {
      await this.store.markCancelled(jobId);
      message.ack();
      return;
    }
    const waitMs = (this.setbacks.get(message.seq)?.notBeforeMs ?? 0) - Date.now();
    if (waitMs > 0) {
      message.nak(waitMs); // one of several deliveries that piled up
      return;
    }
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.stopping.signal]);
    const heartbeat = setInterval(() => {
      message.working();
      void this.store.isCancelRequested(jobId).then((asked) => asked && abort.abort(new Cancelled()));
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
      await this.store.markCancelled(job.id);
      this.log.info({ job: job.id }, 'job cancelled');
      message.ack();
      return;
    }
    if (thrown instanceof Elsewhere) {
      message.nak(ELSEWHERE_MS);
      return;
    }
    const failure = asFailure(thrown);
    const tries = (this.setbacks.get(message.seq)?.tries ?? 0) + 1;
    const ageMs = this.clock.now().getTime() - job.created_at.getTime();
    if (mayPass(failure.kind, tries, ageMs)) {
      this.log.warn({ err: failure, job: job.id, tries }, 'job is tried again');
      this.setbacks.set(message.seq, { tries, notBeforeMs: Date.now() + backoffMs(tries) });
      message.nak(backoffMs(tries));
      return;
    }
    this.log[failure.kind === 'internal' ? 'error' : 'info']({ err: failure, job: job.id }, 'job failed');
    await this.store.markFailed(job.id, failure);
    message.ack();
  }

  /** Keeps a job that is delivered twice from running twice at once: the lock goes with the connection, so a dead process holds none. */
  private async alone(jobId: string, work: () => Promise<void>): Promise<void> {
    const client = await this.database.pool.connect();
    let lost: Error | undefined;
    const onLost = (error: Error): void => void (lost = error);
    // An error of a connection that is ours, and that nobody hears, ends the process.
    client.on('error', onLost);
    try {
      const { rows } = await client.query<{ locked: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
        [jobId],
      );
      if (!rows[0]!.locked) throw new Elsewhere();
      try {
        await work();
      } finally {
        await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [jobId]).catch(onLost);
      }
    } finally {
      client.off('error', onLost);
      client.release(lost);
    }
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

/** Whether work that failed may do better later. */
function mayPass(kind: FailureKind, tries: number, ageMs: number): boolean {
  if (kind === 'unavailable' || kind === 'limited') return ageMs < PATIENCE_MS;
  return kind === 'internal' && tries < TRIES_MAX;
}

/** The row's id of `<service>.<uuid>`. */
function uuidOf(jobId: string): string {
  return jobId.slice(jobId.indexOf('.') + 1);
}

/** A call of a job's own: as a service, with the job's signal. */
export function callOfJob(service: string, run: JobRun): { caller: Caller; signal: AbortSignal } {
  return { caller: systemCaller(service), signal: run.signal };
}
