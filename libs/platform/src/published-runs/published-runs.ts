import { z } from 'zod';
import type { Clock } from '../clock/clock.js';
import { rowsOf, type Database, type Transaction } from '../database/database.js';
import type { Failure } from '../errors/errors.js';
import { SHARDS, isUuid } from '../identity/identity.js';
import { jobKind, type JobRun, type Jobs } from '../jobs/jobs.js';
import { log } from '../log/log.js';
import { rowBatches } from '../paging/paging.js';

/**
 * The tables of runs whose results become visible at once. The table `runs` has the columns
 *
 *     id uuid primary key       id of the job that computes the run
 *     published_at timestamptz  set by `publish`; readers see the run from then on
 *     is_current boolean        the run that is read by default, one in each scope
 *     withdrawn_at timestamptz  set by `withdraw`; the run can be read by its id only
 *     purged_at timestamptz     set by `purge`, which deletes the results; the row remains, so that its id is `gone`
 *
 * and the tables of results have a column `run_id`.
 */
export interface RunTables {
  runs: string;
  /** Text columns of `runs`: one run is current for each combination of their values. Empty: one run is current. */
  scope: readonly string[];
  /** SQL: whether a run `new`, which is being published, replaces the current run `old` of its scope. */
  replaces: string;
  /** SQL: order of runs `r` of a scope, of which the first is current after a withdrawal. */
  order: string;
  /** Tables whose rows are deleted with a run. */
  results: readonly string[];
  /** Table of results that is partitioned by list of `run_id`; a run's partition is dropped with it. */
  partitioned?: string;
  /**
   * As lists of columns, where partitions are indexed after they were loaded. The primary key is that of the partitioned
   * table; the other indexes may be those of partitions alone, which need no `run_id`.
   */
  indexes?: { primaryKey: string; others: readonly string[] };
  /** Columns that `find` returns in addition to those of `runs r`, and their joins. */
  select?: { columns: string; join: string };
  /** Name of the job that purges. */
  purgeJob: string;
}

interface RunFailures {
  unknown: () => Failure;
  gone: () => Failure;
}

/** What every row of a table of runs has. */
export interface PublishedRun {
  id: string;
  published_at: Date | null;
  purged_at: Date | null;
}

type Scope = Readonly<Record<string, string>>;

/** Runs of one table: published in the transaction that completes them, read by id or as the current one, purged. */
export class PublishedRuns<Row extends PublishedRun> {
  private readonly log = log('runs');
  private readonly purgeKind;

  constructor(
    protected readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    private readonly tables: RunTables,
    private readonly failures: RunFailures,
  ) {
    this.purgeKind = jobKind(tables.purgeJob, Object.fromEntries(tables.scope.map((column) => [column, z.string()])));
  }

  /** Registers the job that purges. @param kept number of published runs to keep in each scope */
  definePurge(kept: () => Promise<number>): void {
    this.jobs.define(this.purgeKind, async ({ params }) => ({
      purged: String(await this.purge(params, await kept())),
    }));
  }

  /**
   * A published run by id; where that is empty, the current run.
   * @param scope values of scope columns; the newest current run where several are left @throws notFound, gone
   */
  async find(runId: string, scope: Scope = {}): Promise<Row> {
    if (runId !== '' && !isUuid(runId)) throw this.failures.unknown();
    const { runs, select = { columns: '', join: '' } } = this.tables;
    const isWanted = runId === '' ? ['r.is_current', ...conditions('r', Object.keys(scope))] : ['r.id = $1'];
    const sql = `select r.*${select.columns === '' ? '' : `, ${select.columns}`} from ${runs} r ${select.join}
      where r.published_at is not null and ${isWanted.join(' and ')} order by r.published_at desc, r.id desc limit 1`;
    const [run] = await this.database.query<Row>(sql, runId === '' ? Object.values(scope) : [runId]);
    if (run === undefined) throw this.failures.unknown();
    if (run.purged_at !== null) throw this.failures.gone();
    return run;
  }

  /** Number of purged runs with some values. It is part of a job's key, so that a purged run can be requested again. */
  async purgedCount(of: Readonly<Record<string, string | number>>, tx?: Transaction): Promise<number> {
    const where = ['purged_at is not null', ...conditions('r', Object.keys(of))];
    const sql = `select count(*)::int as runs from ${this.tables.runs} r where ${where.join(' and ')}`;
    const params = Object.values(of);
    const [row] = await (tx === undefined
      ? this.database.query<{ runs: number }>(sql, params)
      : rowsOf<{ runs: number }>(tx, sql, params));
    return row!.runs;
  }

  /** A partition is attached rather than created in place, which would lock readers of other runs. */
  async createPartition(tx: Transaction, runId: string): Promise<void> {
    const [table, partition] = [this.tables.partitioned!, this.partitionOf(runId)];
    await rowsOf(tx, `create table ${partition} (like ${table} including all)`);
    await rowsOf(tx, `alter table ${table} attach partition ${partition} for values in ('${runId}')`);
  }

  /**
   * A partition that is loaded before it is indexed, which costs a third of keeping indexes while rows arrive. It is no part of
   * the table until `attachPartition`: rows are copied into it by its name.
   */
  async createLoadingPartition(tx: Transaction, runId: string): Promise<void> {
    const partition = this.partitionOf(runId);
    await rowsOf(
      tx,
      `create table ${partition} (like ${this.tables.partitioned!} including defaults including constraints,
         constraint of_run check (run_id = '${runId}'))`,
    );
  }

  /** Indexes a loaded partition. A repeated key fails. */
  async indexPartition(tx: Transaction, runId: string): Promise<void> {
    if (await this.isAttached(tx, runId)) return; // it was made by a former release
    const { primaryKey, others } = this.tables.indexes!;
    const partition = this.partitionOf(runId);
    // The default of 64 MB sorts a million rows in files, and with one process.
    await rowsOf(tx, `set local maintenance_work_mem = '256MB'`);
    await rowsOf(tx, `alter table ${partition} add primary key (${primaryKey})`);
    for (const columns of others) await rowsOf(tx, `create index on ${partition} (${columns})`);
  }

  /** Makes an indexed partition part of its table. Until the end of the transaction no partition can be dropped. */
  async attachPartition(tx: Transaction, runId: string): Promise<void> {
    if (await this.isAttached(tx, runId)) return;
    const { partitioned } = this.tables;
    await rowsOf(
      tx,
      `alter table ${partitioned} attach partition ${this.partitionOf(runId)} for values in ('${runId}')`,
    );
  }

  private async isAttached(tx: Transaction, runId: string): Promise<boolean> {
    const sql = 'select 1 from pg_inherits where inhrelid = $1::regclass';
    return (await rowsOf(tx, sql, [this.partitionOf(runId)])).length > 0;
  }

  /** Makes a run visible, and current where it replaces the current one; submits the purge. @param figures by column */
  async publish(
    tx: Transaction,
    { jobId: runId, caller }: Pick<JobRun, 'jobId' | 'caller'>,
    figures: Readonly<Record<string, unknown>>,
  ): Promise<Row> {
    const { runs, scope, replaces } = this.tables;
    const sameScope = (other: string, run: string): string =>
      scope.map((column) => ` and ${other}.${column} = ${run}.${column}`).join('');
    await rowsOf(
      tx,
      `update ${runs} old set is_current = false from ${runs} new
       where new.id = $1 and new.withdrawn_at is null and old.is_current${sameScope('old', 'new')} and ${replaces}`,
      [runId],
    );
    const columns = Object.keys(figures).map((column, at) => `, ${column} = $${at + 3}`);
    const [run] = await rowsOf<Row>(
      tx,
      `update ${runs} run set published_at = $2, is_current = run.withdrawn_at is null and not exists (
         select from ${runs} other where other.is_current${sameScope('other', 'run')})${columns.join('')}
       where id = $1 returning *`,
      [runId, this.clock.now(), ...Object.values(figures)],
    );
    const params = Object.fromEntries(scope.map((column) => [column, String(run![column as keyof Row])]));
    await this.jobs.submit(tx, { kind: this.purgeKind, key: runId, params, caller });
    return run!;
  }

  /**
   * Takes runs out of use whose input was withdrawn: they can be read by id, and are not current, even if they are
   * published later. In each scope in which one was current, the newest other run is current again.
   * @param of values of columns of the runs @returns the runs that are current again
   */
  async withdraw(tx: Transaction, of: Readonly<Record<string, string | number>>): Promise<Row[]> {
    const { runs, scope, order } = this.tables;
    const sql = `update ${runs} r set withdrawn_at = $1, is_current = false
      where r.withdrawn_at is null and ${conditions('r', Object.keys(of), 2).join(' and ')}
      returning new.*, old.is_current as was_current`;
    const withdrawn = await rowsOf<Row & { was_current: boolean }>(tx, sql, [this.clock.now(), ...Object.values(of)]);
    const again: Row[] = [];
    for (const run of withdrawn.filter(({ was_current: wasCurrent }) => wasCurrent)) {
      const inScope = conditions('r', scope).map((condition) => ` and ${condition}`);
      const [newest] = await rowsOf<Row>(
        tx,
        `update ${runs} set is_current = true where id = (select r.id from ${runs} r where r.published_at is not null
           and r.purged_at is null and r.withdrawn_at is null${inScope.join('')} order by ${order} limit 1) returning *`,
        scope.map((column) => run[column as keyof Row]),
      );
      if (newest !== undefined) again.push(newest);
    }
    return again;
  }

  /** Deletes the results of surplus published runs and of runs whose job ended otherwise. @returns number of runs */
  async purge(scope: Scope, kept: number): Promise<number> {
    const { runs } = this.tables;
    const inScope = conditions('r', this.tables.scope, 2).map((condition) => ` and ${condition}`);
    const surplus = await this.database.query<{ id: string }>(
      `select id from (
         select id, row_number() over (order by is_current desc, published_at desc, id desc) as rank
         from ${runs} r where published_at is not null and purged_at is null${inScope.join('')})
       where rank > $1
       union all
       select r.id from ${runs} r join job j on j.id = r.id
       where r.published_at is null and r.purged_at is null and j.state in ('failed', 'cancelled')${inScope.join('')}`,
      [kept, ...this.tables.scope.map((column) => scope[column])],
    );
    for (const { id } of surplus) await this.purgeRun(id);
    return surplus.length;
  }

  /**
   * All results of a run in batches, by key.
   * @param read up to ROWS_PER_BATCH_MAX rows after a row, from the first one on if that is undefined
   * @throws gone where the run was purged meanwhile, since its results then seem to end early
   */
  async *batches<Result>(
    runId: string,
    read: (after: Result | undefined) => Promise<readonly Result[]>,
  ): AsyncGenerator<readonly Result[]> {
    yield* rowBatches(read);
    await this.find(runId);
  }

  private async purgeRun(runId: string): Promise<void> {
    const { runs, results, partitioned } = this.tables;
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, `update ${runs} set purged_at = $2, is_current = false where id = $1`, [
        runId,
        this.clock.now(),
      ]);
      for (const table of results) await rowsOf(tx, `delete from ${table} where run_id = $1`, [runId]);
      if (partitioned !== undefined) await rowsOf(tx, `drop table if exists ${this.partitionOf(runId)}`);
    });
    this.log.info({ run: runId, table: runs }, 'run purged');
  }

  /** Name of a run's partition. The id is a UUID of a job, so it needs no quotes. */
  partitionOf(runId: string): string {
    return `${this.tables.partitioned}_${runId.replaceAll('-', '')}`;
  }
}

function conditions(alias: string, columns: readonly string[], firstParameter = 1): string[] {
  return columns.map((column, at) => `${alias}.${column} = $${firstParameter + at}`);
}

/** Smaller runs have pieces, too, so that replicas share them and a process that stops loses little. */
interface PieceLimits {
  rowsMax: number;
  piecesMin: number;
  /** Fewer rows are not divided to reach `piecesMin`. */
  rowsMin: number;
}

/** Number of pieces of a run, at most one for each shard. */
export function pieceCount(rows: number, { rowsMax, piecesMin, rowsMin }: PieceLimits): number {
  const wanted = Math.max(Math.ceil(rows / rowsMax), Math.min(piecesMin, Math.ceil(rows / rowsMin)));
  return Math.min(SHARDS, wanted);
}
