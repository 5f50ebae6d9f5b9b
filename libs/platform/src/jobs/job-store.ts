import type { Clock } from '../clock/clock.js';
import { rowsOf, type Database, type Transaction, insertRow } from '../database/database.js';
import { derivedId, newId } from '../identity/identity.js';
import type { Caller } from '../caller/caller.js';
import { storeCaller, storeFailure, type JobParams, type JobProgress, type JobResult, type JobRow } from './job-row.js';

interface NewJob {
  kind: { readonly name: string };
  params: JobParams;
  caller: Caller;
  orgUnitPath?: string;
}

/** Statements that change the tables `job` and `job_shard`. */
export class JobStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly operator: string,
  ) {}

  async find(id: string): Promise<JobRow | undefined> {
    const [row] = await this.database.query<JobRow>('select * from job where id = $1', [id]);
    return row;
  }

  async findLocked(tx: Transaction, id: string): Promise<JobRow | undefined> {
    const [row] = await rowsOf<JobRow>(tx, 'select * from job where id = $1 for update', [id]);
    return row;
  }

  async findByKey(tx: Transaction, kind: string, key: string): Promise<JobRow | undefined> {
    const sql = "select * from job where kind = $1 and natural_key = $2 and state in ('queued', 'running', 'done')";
    const [row] = await rowsOf<JobRow>(tx, sql, [kind, key]);
    return row;
  }

  /**
   * The id of the next job with a key. It is the id of the job's run, too, and appears in exports, so equal work gets
   * equal ids in every installation. A failed job keeps its id; the next one has the next number.
   */
  async nextId(tx: Transaction, service: string, kind: string, key: string): Promise<string> {
    const sql = 'select count(*) as before from job where kind = $1 and natural_key = $2';
    const [row] = await rowsOf<{ before: string }>(tx, sql, [kind, key]);
    return derivedId('job', this.operator, JSON.stringify([service, kind, key, Number(row!.before)]));
  }

  /** Undefined where a job with the key exists. */
  async insert(
    tx: Transaction,
    request: NewJob,
    key: string,
    { id = newId(), phase = '' }: { id?: string; phase?: string } = {},
  ): Promise<JobRow | undefined> {
    const { kind, params, caller, orgUnitPath = `${this.operator}/` } = request;
    const now = this.clock.now();
    const [row] = await insertRow<JobRow>(
      tx,
      'job',
      {
        ...{ id, kind: kind.name, natural_key: key, state: 'queued', phase, params, caller: storeCaller(caller) },
        ...{ org_unit_path: orgUnitPath, created_at: now, updated_at: now },
      },
      "on conflict (kind, natural_key) where state in ('queued', 'running', 'done') do nothing returning *",
    );
    return row;
  }

  /** Serialises the transactions that create a job with the key. */
  async lockKey(tx: Transaction, kind: string, key: string): Promise<void> {
    await rowsOf(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${kind} ${key}`]);
  }

  async giveKey(tx: Transaction, id: string, key: string): Promise<JobRow> {
    const sql = "update job set natural_key = $2, phase = '', updated_at = $3 where id = $1 returning *";
    const [row] = await rowsOf<JobRow>(tx, sql, [id, key, this.clock.now()]);
    return row!;
  }

  /** Frees the key of a job that has ended. */
  async releaseKey(tx: Transaction, id: string): Promise<void> {
    await rowsOf(tx, `update job set natural_key = natural_key || ' released ' || id where id = $1`, [id]);
  }

  async requestCancel(tx: Transaction, kind: string, params: object): Promise<void> {
    const sql = `update job set cancel_requested = true, updated_at = $3
      where kind = $1 and params @> $2::jsonb and state in ('queued', 'running')`;
    await rowsOf(tx, sql, [kind, JSON.stringify(params), this.clock.now()]);
  }

  async remove(tx: Transaction, id: string): Promise<void> {
    await rowsOf(tx, 'delete from job where id = $1', [id]);
  }

  async markRunning(id: string): Promise<void> {
    const sql = "update job set state = 'running', updated_at = $2 where id = $1 and state = 'queued'";
    await this.database.query(sql, [id, this.clock.now()]);
  }

  async setShards(tx: Transaction, id: string, shards: number, rowsTotal: number | undefined): Promise<void> {
    const params = [id, shards, rowsTotal ?? null, this.clock.now()];
    await rowsOf(tx, 'update job set shards_total = $2, rows_total = $3, updated_at = $4 where id = $1', params);
  }

  async isShardDone(id: string, shard: number): Promise<boolean> {
    const rows = await this.database.query('select 1 from job_shard where job_id = $1 and shard = $2', [id, shard]);
    return rows.length > 0;
  }

  /** False where another worker has claimed the piece. */
  async claimShard(tx: Transaction, id: string, shard: number): Promise<boolean> {
    const row = { job_id: id, shard, rows: 0, done_at: this.clock.now() };
    const claimed = await insertRow(tx, 'job_shard', row, 'on conflict do nothing returning 1');
    return claimed.length > 0;
  }

  /**
   * Counts a piece; undefined where the job has ended. The planned total may count something else, such as the rows of a
   * table of which a piece reads one month: pieces are of equal size, so those that are done give the total.
   */
  async countShard(
    tx: Transaction,
    id: string,
    shard: number,
    rows: number,
  ): Promise<{ done: number; of: number } | undefined> {
    await rowsOf(tx, 'update job_shard set rows = $3 where job_id = $1 and shard = $2', [id, shard, rows]);
    const sql = `update job set shards_done = shards_done + 1, rows_done = rows_done + $2,
        rows_total = case when rows_total is not null
          then round((rows_done + $2) * shards_total::numeric / (shards_done + 1)) end,
        fraction = (shards_done + 1)::float8 / shards_total, updated_at = $3
      where id = $1 and state = 'running' returning shards_done as done, shards_total as of`;
    const [counted] = await rowsOf<{ done: number; of: number }>(tx, sql, [id, rows, this.clock.now()]);
    return counted;
  }

  async progress(id: string, { phase, fraction, rowsDone, rowsTotal }: JobProgress): Promise<void> {
    const share = fraction ?? (rowsDone !== undefined && rowsTotal ? rowsDone / rowsTotal : undefined);
    const bounded = share === undefined ? null : Math.min(1, Math.max(0, share));
    const sql = `update job set phase = $2, fraction = coalesce($3, fraction), rows_done = coalesce($4, rows_done),
      rows_total = coalesce($5, rows_total), updated_at = $6 where id = $1`;
    await this.database.query(sql, [id, phase, bounded, rowsDone ?? null, rowsTotal ?? null, this.clock.now()]);
  }

  async isCancelRequested(id: string): Promise<boolean> {
    const rows = await this.database
      .query<{ cancel_requested: boolean }>('select cancel_requested from job where id = $1', [id])
      .catch(() => []);
    return rows[0]?.cancel_requested ?? false;
  }

  /** Here and below: the job; undefined where it had ended before. */
  async markDone(tx: Transaction, id: string, result: JobResult): Promise<JobRow | undefined> {
    const sql = `update job set state = 'done', phase = '', fraction = 1, result = $2, updated_at = $3, ended_at = $3
      where id = $1 and state = 'running' returning *`;
    const [row] = await rowsOf<JobRow>(tx, sql, [id, JSON.stringify(result), this.clock.now()]);
    return row;
  }

  markFailed(id: string, cause: unknown, tx: Transaction): Promise<JobRow | undefined> {
    return this.markEnded(id, 'failed', JSON.stringify(storeFailure(cause)), tx);
  }

  markCancelled(id: string, tx: Transaction): Promise<JobRow | undefined> {
    return this.markEnded(id, 'cancelled', null, tx);
  }

  private async markEnded(
    id: string,
    state: string,
    failure: string | null,
    tx: Transaction,
  ): Promise<JobRow | undefined> {
    const sql = `update job set state = $2, failure = $3, updated_at = $4, ended_at = $4
       where id = $1 and state in ('queued', 'running') returning *`;
    const [row] = await rowsOf<JobRow>(tx, sql, [id, state, failure, this.clock.now()]);
    return row;
  }
}
