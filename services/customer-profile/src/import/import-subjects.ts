import { Inject, Injectable } from '@nestjs/common';
import { CustomersImported } from '@holdfast/contracts/customer_profile/v1/customer';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { Envelope } from '@holdfast/platform/consumer';
import { rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS, isUuid, type KeySpace } from '@holdfast/platform/identity';
import {
  Jobs,
  callOfJob,
  jobKind,
  type JobResult,
  type JobRun,
  type ParamsOf,
  type ShardedWork,
} from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { CustomerProfileConfig } from '../config.js';
import { Vault } from '../personal/vault.js';
import { ImportRefusals } from './import-refusals.js';
import { endSupersededRows, storeSubjects } from './store-subjects.js';
import { gatherSubjects } from './subjects.js';

export const IMPORT_SUBJECTS = jobKind('import-subjects', {
  importId: z.string(),
  table: z.string(),
  version: z.string(),
  rows: z.number().int(),
  keySpace: z.string(),
  loadedAt: z.iso.datetime(),
});
type ImportSpec = ParamsOf<typeof IMPORT_SUBJECTS>;
export const tableLoaded = eventOf('feature-store', TableLoaded);
const customersImported = eventOf('customer-profile', CustomersImported);

const SERVICE = 'customer-profile';
/** Rows of a table for each piece of the import: each piece is one transaction. */
const ROWS_PER_PIECE = 8192;

/** Pieces of an import: a power of two, so that each has the same number of shards. */
export function piecesFor(rows: number): number {
  return Math.min(SHARDS, 2 ** Math.ceil(Math.log2(Math.max(1, rows / ROWS_PER_PIECE))));
}

/**
 * Makes customers of a table's keys when feature-store publishes the table. The table is pulled in pieces of
 * whole shards; a piece is stored with the note that it was, so a crash costs the piece under way and nothing else.
 */
@Injectable()
export class ImportSubjects implements ShardedWork<ImportSpec> {
  constructor(
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly vault: Vault,
    private readonly monthSteps: MonthSteps,
    private readonly refusals: ImportRefusals,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
  ) {}

  /** A table's version is imported once, however often it is announced. */
  async onTableLoaded(tx: Transaction, event: TableLoaded, envelope: Envelope): Promise<void> {
    const { importId, table, version, rows, keySpace, month } = event;
    // From now on rows of earlier versions that no key identifies may not be approached (contact-facts.ts).
    const { occurredAt } = envelope;
    await insertRow(
      tx,
      'key_space',
      { table_name: table, key_space: spaceOf(keySpace, table, version).of, version, loaded_at: occurredAt },
      `on conflict (table_name, key_space) do update set version = excluded.version, loaded_at = excluded.loaded_at
       where excluded.loaded_at > key_space.loaded_at`,
    );
    const params = { importId, table, version, rows, keySpace, loadedAt: occurredAt.toISOString() };
    const request = { key: `${table}@${version}`, params, caller: systemCaller(SERVICE) };
    const { jobId } = await this.jobs.submit(tx, { kind: IMPORT_SUBJECTS, ...request });
    await this.monthSteps.record(tx, { month, step: 'profiles', table, version, jobId });
  }

  async plan(run: JobRun<ImportSpec>): Promise<{ shards: number; rowsTotal: number }> {
    const { rows, importId, table } = run.params;
    // Before the customers are published. A view has no import.
    if (isUuid(importId)) {
      await this.refusals.take(callOfJob(SERVICE, run), importId, `table ${table}`);
      await this.refusals.takeConsents(callOfJob(SERVICE, run), importId, `table ${table}`);
    }
    return { shards: piecesFor(rows), rowsTotal: rows };
  }

  async shard(run: JobRun<ImportSpec>, piece: number): Promise<(tx: Transaction) => Promise<number>> {
    const { table, version, rows } = run.params;
    const [keySpace, loadedAt] = [spaceOf(run.params.keySpace, table, version), new Date(run.params.loadedAt)];
    await run.progress({ phase: 'customers' });
    const shardsPerPiece = SHARDS / piecesFor(rows);
    const shards = { from: piece * shardsPerPiece, to: (piece + 1) * shardsPerPiece };
    const rootPath = `${this.config.operator}/`;
    const batches = this.tables.readSubjects(callOfJob(SERVICE, run), { table, version, shards });
    const subjects = await gatherSubjects(batches, this.vault, { rootPath, keySpace });
    const ofRows = keySpace.of === 'row' ? { rowsOfVersion: version } : {};
    return (tx) => storeSubjects(tx, subjects, { table, ...ofRows, loadedAt, now: this.clock.now(), rootPath });
  }

  async finish(run: JobRun<ImportSpec>, tx: Transaction): Promise<JobResult> {
    const { importId, table, version } = run.params;
    const sql = 'select coalesce(sum(rows), 0)::float8 as subscriptions from job_shard where job_id = $1';
    const [done] = await rowsOf<{ subscriptions: number }>(tx, sql, [run.jobId]);
    await endSupersededRows(tx, table);
    // ANALYZE now: consumers query immediately, before autovacuum updates the statistics.
    await rowsOf(tx, 'analyze customer, account, subscription, identifier, personal_field, contact_number');
    const { subscriptions } = done!;
    await this.outbox.publish(tx, customersImported, { subjectId: table }, { table, version, subscriptions });
    return { importId, table, version, subscriptions: String(subscriptions) };
  }
}

/** The key space that an event names. */
function spaceOf(name: string, table: string, version: string): KeySpace {
  if (name === 'operator') return { of: 'operator' };
  if (name === 'table') return { of: 'table', table };
  if (name === 'row') return { of: 'row', table, version };
  throw new Error(`Table ${table} was announced with the unknown key space "${name}"`);
}
