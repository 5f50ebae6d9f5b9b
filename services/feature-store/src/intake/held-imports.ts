import { Injectable, Inject } from '@nestjs/common';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { requireAllOrgUnits, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs, jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { LakeFiles } from '../lake/lake-files.js';
import {
  importOf,
  importParams,
  importSeenBy,
  updateImport,
  type ImportParams,
  type ImportRow,
} from './import-state.js';
import { ImportExtract } from './import-extract.js';
import { ImportTable } from './import-table.js';

export const CONFIRM_IMPORT = jobKind('confirm-import', importParams);

const notHeld = failure('conflict', 'import.notHeld', {
  en: 'The import is not held; it is {state}.',
  'zh-CN': '该导入未被搁置，状态为 {state}。',
});
const beingPublished = failure('conflict', 'import.beingPublished', {
  en: 'The import was confirmed and is being published.',
  'zh-CN': '该导入已确认，正在发布。',
});

/** Held imports: published when confirmed, dropped when discarded. */
@Injectable()
export class HeldImports {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly files: LakeFiles,
    private readonly tables: ImportTable,
    private readonly extracts: ImportExtract,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /** Submits the publication of a held import. A repeated call gives the same job. @throws notFound, conflict */
  async confirm(caller: Caller, importId: string): Promise<Job> {
    requireAllOrgUnits(caller, this.config.operator);
    return this.database.transaction(async (tx) => {
      const row = await this.locked(tx, caller, importId);
      const isConfirmed = row.confirmed_at !== null && (row.state === 'held' || row.state === 'loaded');
      if (row.state !== 'held' && !isConfirmed) throw notHeld({ state: row.state });
      if (!isConfirmed) await updateImport(tx, row.id, { confirmed_at: this.clock.now(), confirmed_by: caller.client });
      const params = { importId: row.id };
      const of = { key: `${row.id} ${row.held_times}`, params, caller, orgUnitPath: row.org_unit_path };
      return this.jobs.submit(tx, { kind: CONFIRM_IMPORT, ...of });
    });
  }

  /** Runs the import again, which finds the confirmation. */
  async run(run: JobRun<ImportParams>): Promise<JobResult> {
    const { kind } = await importOf(this.database, run.params);
    return kind === 'table' ? this.tables.run(run) : this.extracts.run(run);
  }

  /** Drops the data of a held import, and their key. The same file may be imported again. @throws notFound, conflict */
  async discard(caller: Caller, importId: string): Promise<void> {
    requireAllOrgUnits(caller, this.config.operator);
    await this.database.transaction(async (tx) => {
      const row = await this.locked(tx, caller, importId);
      if (row.state === 'discarded') return;
      if (row.state !== 'held') throw notHeld({ state: row.state });
      const sql = `select 1 from job where kind = $1 and params ->> 'importId' = $2 and state in ('queued', 'running')`;
      const [running] = await rowsOf(tx, sql, [CONFIRM_IMPORT.name, row.id]);
      if (running !== undefined) throw beingPublished();
      await rowsOf(
        tx,
        `update import set state = 'discarded', examples_sealed = null, confirmed_at = null, touched_at = now() where id = $1`,
        [row.id],
      );
      for (const table of ['data_key', 'reject', 'fact_part', 'raw_file'])
        await rowsOf(tx, `delete from ${table} where import_id = $1`, [row.id]);
      await this.jobs.releaseKey(tx, row.job_id);
    });
    await this.files.removeImport(importId);
  }

  /** Removes files of discarded imports and dry runs after a crash. */
  async sweep(): Promise<void> {
    const sql = `select id from import where state in ('discarded', 'checked') and touched_at > now() - interval '1 day'`;
    const lately = await this.database.query<{ id: string }>(sql);
    for (const { id } of lately) await this.files.removeImport(id);
  }

  private locked(tx: Transaction, caller: Caller, importId: string): Promise<ImportRow> {
    return importSeenBy(caller, importId, (sql, params) => rowsOf(tx, `${sql} for update`, params));
  }
}
