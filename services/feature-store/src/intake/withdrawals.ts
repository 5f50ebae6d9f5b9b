import { Inject, Injectable } from '@nestjs/common';
import {
  ExtractWithdrawn,
  TableWithdrawn,
  type WithdrawImportRequest,
} from '@holdfast/contracts/feature_store/v1/extract';
import { requireAllOrgUnits, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { MonthSteps, monthNotClosed } from '@holdfast/platform/month-steps';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Extracts, closedMonthsOf, type LoadedExtract } from '../facts/extracts.js';
import { lockVersions } from '../lake/catalogue.js';
import { DetectChanges } from '../behaviour/detect-changes.js';
import { Views } from '../view/views.js';
import { importSeenBy, updateImport, type ImportRow } from './import-state.js';
import { RESTORE_ONLINE_VALUES } from './restore-online-values.js';

const extractWithdrawn = eventOf('feature-store', ExtractWithdrawn);
const tableWithdrawn = eventOf('feature-store', TableWithdrawn);

const REASON_CHARS_MAX = 500;

const reasonInvalid = failure('invalid', 'import.withdrawalReason', {
  en: 'A withdrawal needs a reason of 1 to {max} characters.',
  'zh-CN': '撤回导入须说明原因（1 至 {max} 个字符）。',
});
const notVisible = failure('conflict', 'import.notVisible', {
  en: 'Only a visible import can be withdrawn; this one is {state}.',
  'zh-CN': '只能撤回已发布的导入，该导入的状态为 {state}。',
});
const notNewest = failure('conflict', 'import.notNewest', {
  en: 'Import {later} became visible after this one. Withdraw that one first.',
  'zh-CN': '导入 {later} 在此之后发布，请先撤回该导入。',
});

/** A version of a table of the lake. */
interface VersionRow {
  table_name: string;
  version: string;
  import_id: string | null;
  months: string[];
  rows: number;
  key_space: string | null;
  /** Of a view. */
  extract_sequence: number | null;
}

const VERSIONS = `select table_name, version, import_id, months, rows::float8 as rows,
    extract_sequence::float8 as extract_sequence, summary ->> 'keySpace' as key_space
  from table_version left join version_summary using (table_name, version)`;

/**
 * Withdraws imports that are visible: the newest extract, or the newest version of a plain table, and then the one before.
 * Files and rows stay, so that answers as of a moment before the withdrawal do not change; refusals keep counting.
 */
@Injectable()
export class Withdrawals {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly extracts: Extracts,
    private readonly views: Views,
    private readonly changes: DetectChanges,
    private readonly monthSteps: MonthSteps,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /** A repeated call changes nothing. @throws invalid without a reason; notFound; conflict */
  async withdraw(caller: Caller, { importId, reason }: WithdrawImportRequest): Promise<void> {
    requireAllOrgUnits(caller, this.config.operator);
    const why = reason.trim();
    if (why === '' || why.length > REASON_CHARS_MAX) throw reasonInvalid({ max: REASON_CHARS_MAX });
    const published = await this.extracts.published();
    await this.database.transaction(async (tx) => {
      // Before the import, as when an extract is published.
      await rowsOf(tx, 'lock table extract in share row exclusive mode');
      const row = await importSeenBy(caller, importId, (sql, params) => rowsOf(tx, `${sql} for update`, params));
      if (row.state === 'withdrawn') return;
      if (row.state !== 'loaded') throw notVisible({ state: row.state });
      const at = this.clock.now();
      if (row.kind === 'extract') await this.withdrawExtract(tx, caller, row, at, published);
      else await this.withdrawVersion(tx, caller, row, at);
      await updateImport(tx, row.id, {
        ...{ state: 'withdrawn', withdrawn_at: at, withdrawn_by: caller.client, withdrawal_reason: why },
      });
      // The same file may be imported again.
      await this.jobs.releaseKey(tx, row.job_id);
      this.log.info({ import: row.id, version: row.version }, 'import withdrawn');
    });
  }

  private async withdrawExtract(
    tx: Transaction,
    caller: Caller,
    row: ImportRow,
    at: Date,
    published: readonly LoadedExtract[],
  ): Promise<void> {
    const sql = `select sequence::float8 as sequence, import_id from extract where withdrawn_at is null
      order by sequence desc`;
    const [newest, ...rest] = await rowsOf<{ sequence: number; import_id: string }>(tx, sql);
    if (newest!.import_id !== row.id) throw notNewest({ later: newest!.import_id });
    await rowsOf(
      tx,
      `update extract set withdrawn_at = $2, withdrawn_after = (select max(rank) from extract),
         withdrawal = (select coalesce(max(withdrawal), 0) + 1 from extract) where import_id = $1`,
      [row.id, at],
    );
    const left = published.filter(({ sequence }) => rest.some((extract) => extract.sequence === sequence));
    await this.withdrawViews(tx, caller, newest!.sequence, at);
    await this.announce(tx, row, at, left);
    await this.monthSteps.withdraw(tx, { table: '', version: String(newest!.sequence) });
    await this.changes.extractWithdrawn(tx, newest!.sequence, left);
    const last = left.at(-1);
    if (last === undefined) return;
    const { jobId } = await this.views.resubmit(tx, caller, left);
    const { to: month, sequence } = last;
    const closedMonth = closedMonthsOf(left).at(-1) ?? '';
    await this.monthSteps.record(tx, {
      ...{ month, step: 'view', table: '', version: String(sequence), jobId },
      ...(closedMonth < month ? { reason: monthNotClosed({ month }) } : {}),
    });
  }

  private async announce(
    tx: Transaction,
    { id, org_unit_path: orgUnitPath, manifest }: ImportRow,
    at: Date,
    left: readonly LoadedExtract[],
  ): Promise<void> {
    const { extractId, sequence, to: month } = manifest;
    const last = left.at(-1);
    const event = {
      ...{ extractId, sequence, importId: id, month, withdrawnAt: at },
      extractedAt: new Date(manifest.extractedAt),
      newest: last?.sequence ?? 0,
      newestMonth: last?.to ?? '',
      closedMonth: closedMonthsOf(left).at(-1) ?? '',
    };
    await this.outbox.publish(tx, extractWithdrawn, { subjectId: id, orgUnitPath }, event);
  }

  /** Views that were made of the extract. One that does not name its extract was made before extracts were withdrawn. */
  private async withdrawViews(tx: Transaction, caller: Caller, sequence: number, at: Date): Promise<void> {
    const sql = `select distinct table_name from table_version where origin = 'view'`;
    for (const { table_name: view } of await rowsOf<{ table_name: string }>(tx, sql)) {
      await lockVersions(tx, view);
      const made = await rowsOf<VersionRow>(
        tx,
        `${VERSIONS} where table_name = $1 and withdrawn_at is null and (extract_sequence = $2 or extract_sequence is null
           and loaded_at >= (select loaded_at from extract where sequence = $2)) order by rank`,
        [view, sequence],
      );
      await this.endVersions(tx, caller, made, { at, sequence });
    }
  }

  private async withdrawVersion(tx: Transaction, caller: Caller, row: ImportRow, at: Date): Promise<void> {
    const { id, table_name: table } = row;
    await lockVersions(tx, table);
    const newest = await newestVersion(tx, table);
    if (newest!.import_id !== id) throw notNewest({ later: newest!.import_id ?? '' });
    await this.endVersions(tx, caller, [newest!], { at, sequence: 0 });
    await this.monthSteps.withdraw(tx, { table, version: newest!.version });
  }

  /** Versions of one table do not count from now on. @param sequence of the withdrawn extract; 0 for a plain table */
  private async endVersions(
    tx: Transaction,
    caller: Caller,
    versions: readonly VersionRow[],
    { at, sequence }: { at: Date; sequence: number },
  ): Promise<void> {
    if (versions.length === 0) return;
    const { table_name: table } = versions[0]!;
    const sql = 'update table_version set withdrawn_at = $3 where table_name = $1 and version = any($2::text[])';
    await rowsOf(tx, sql, [table, versions.map(({ version }) => version), at]);
    const newest = await newestVersion(tx, table);
    for (const { version, import_id: importId, months } of versions) {
      const about = { subjectId: importId ?? table, orgUnitPath: `${this.config.operator}/` };
      await this.outbox.publish(tx, tableWithdrawn, about, {
        ...{ importId: importId ?? '', table, version, month: months.at(-1) ?? '', withdrawnAt: at },
        newestVersion: newest?.version ?? '',
        newestMonth: newest?.months.at(-1) ?? '',
        newestRows: newest?.rows ?? 0,
        newestKeySpace: newest?.key_space ?? '',
        newestImportId: newest?.import_id ?? '',
        ...{ sequence, newestSequence: newest?.extract_sequence ?? 0 },
      });
      const params = { table, version };
      const { name } = RESTORE_ONLINE_VALUES;
      await this.jobs.submit(tx, { kind: RESTORE_ONLINE_VALUES, key: `${name} ${table}@${version}`, params, caller });
    }
  }
}

async function newestVersion(tx: Transaction, table: string): Promise<VersionRow | undefined> {
  const sql = `${VERSIONS} where table_name = $1 and withdrawn_at is null order by rank desc limit 1`;
  const [newest] = await rowsOf<VersionRow>(tx, sql, [table]);
  return newest;
}
