import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { changesOfVersion } from '../comparison/changes.js';
import { CompareVersion, type VersionCheck } from '../comparison/compare-version.js';
import { storeSummary } from '../comparison/summary.js';
import type { Engine } from '../engine/engine.js';
import { consentColumns } from '../table/mapping.js';
import { accumulates, joinMonths } from '../table/join-months.js';
import { keySpaceOf, readTable, versionOf, type CheckedTable, type ReadOptions } from '../table/read-table.js';
import { Catalogue, storeVersion, type TableVersion } from '../lake/catalogue.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { ScratchEngines } from '../lake/scratch-engines.js';
import { storeSubjects } from '../lake/subjects.js';
import { loadOnlineValues, writeOnlineFile } from '../online/online-values.js';
import type { Notice } from '../notices.js';
import { answerBy } from '../refusal/consent-cell.js';
import { RefusalMoments } from '../refusal/refusal-moment.js';
import {
  Refusals,
  refusalNotices,
  refusalsInRejects,
  type PassCells,
  type RefusalCounts,
  type RefusalsOf,
} from '../refusal/refusals.js';
import { TableFiles, type EarlierFiles } from './earlier-files.js';
import {
  importOf,
  importParams,
  isSettled,
  markFailed,
  requireKept,
  setHeld,
  updateImport,
  type ImportParams,
  type ImportOfJob,
  type ImportState,
} from './import-state.js';
import { storeReport } from './report.js';

export const IMPORT_TABLE = jobKind('import-table', importParams);

const tableLoaded = eventOf('feature-store', TableLoaded);

/** Typical share of the work up to the end of each phase. */
const SHARE_READ = 0.5;
const SHARE_CHECKED = 0.7;
const SHARE_STORED = 0.8;

const nothingAccepted = failure('unprocessable', 'import.nothingAccepted', {
  en: 'None of {read} rows could be accepted. The rejects contain the reasons.',
  'zh-CN': '共 {read} 行，没有一行可以接收，原因见拒绝记录。',
});

/** Refusals of a plain table, with the cells that they are from. */
interface TableRefusals extends RefusalCounts {
  read: PassCells[];
}

/**
 * The import of a plain table: its refusals, its rows, the comparison with the version before. All becomes visible in one
 * transaction with the event; a repeated run of a loaded import does nothing. A version that differs too much is held for a
 * confirmation, which runs the import again.
 */
@Injectable()
export class ImportTable {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly scratch: ScratchEngines,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly compare: CompareVersion,
    private readonly refusals: Refusals,
    private readonly catalogue: Catalogue,
    private readonly tableFiles: TableFiles,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun<ImportParams>): Promise<JobResult> {
    const row = await importOf(this.database, run.params);
    if (isSettled(row)) return resultOf(row, row.state);
    return this.scratch.run(row.id, run.signal, async (engine) => {
      let refusals: TableRefusals | undefined;
      try {
        const dataKey = await this.keys.of(row.id);
        // A dry run records nothing, refusals included.
        refusals = row.is_dry_run ? undefined : await this.readRefusals(run, row, engine, dataKey);
        const earlier = await this.tableFiles.before(row.mapping, versionOfImport(row));
        const table = await this.read(run, row, engine, dataKey, earlier);
        const notices = [...(await noticesOf(refusals, row, table)), ...earlier.notices];
        table.notices.push(...notices);
        table.fileNotices.push(...notices);
        if (table.counts.accepted === 0) return await this.fail(row, table, dataKey);
        await run.progress({ phase: 'comparing', fraction: SHARE_CHECKED });
        const check = await this.compare.check(row.mapping, versionOfImport(row), table);
        if (row.is_dry_run) {
          await this.finishDryRun(row, table, dataKey, check);
          return resultOf(row, 'checked');
        }
        const isHeld = check.findings.some(({ holds }) => holds) && !isConfirmed(row, table, check);
        if (isHeld) {
          await this.hold(row, table, dataKey, check);
          return resultOf(row, 'held');
        }
        await this.refusals.storeConsents(refusals?.read ?? [], table.rejects, this.refusalsOf(row));
        await this.publish(run, row, table, dataKey, { check, earlier });
        return resultOf(row, 'loaded');
      } catch (thrown) {
        run.signal.throwIfAborted();
        const notices = refusals === undefined ? [] : refusalNotices(row.table_name, refusals.refusals, refusals);
        await markFailed(this.database, row.id, thrown, notices);
        throw thrown;
      }
    });
  }

  /** Before all checks, so that a refusal counts whatever is wrong with its row or the table. */
  private async readRefusals(
    run: JobRun,
    row: ImportOfJob,
    engine: Engine,
    dataKey: Buffer,
  ): Promise<TableRefusals | undefined> {
    const { key = '', missing, delimiter } = row.mapping;
    const columns = consentColumns(row.mapping);
    if (columns.length === 0) return undefined;
    const file = { csv: () => this.files.readRaw(row.id, keyFor('raw', dataKey)) };
    const moments = new RefusalMoments(this.config.timeZone);
    const onRows = (): Promise<void> => run.progress({ phase: 'refusals' });
    const passes = columns.map(({ column, granted, refused, since, ...about }) => ({
      ...about,
      context: {
        form: { id: key, consent: column, changedAt: since, answerOf: answerBy(granted, refused, missing), delimiter },
        ...{ moments, signal: run.signal, onRows },
      },
    }));
    return this.refusals.read(engine, [file], passes, this.refusalsOf(row));
  }

  private refusalsOf(row: ImportOfJob): RefusalsOf {
    return {
      importId: row.id,
      orgUnitPath: row.org_unit_path,
      origin: `table ${row.table_name}`,
      writtenAt: this.clock.now(),
      keySpace: keySpaceOf(row.mapping, versionOfImport(row)),
      areSubscriptions: true,
    };
  }

  private async read(
    run: JobRun,
    row: ImportOfJob,
    engine: Engine,
    dataKey: Buffer,
    earlier: EarlierFiles,
  ): Promise<CheckedTable> {
    // Read for the encoding, and for the rows: bytes of the current reading.
    let bytesRead = 0;
    const sizeBytes = Math.max(1, Number(row.size_bytes));
    const readRaw = (): AsyncGenerator<Buffer> => this.files.readRaw(row.id, keyFor('raw', dataKey));
    async function* counted(): AsyncGenerator<Buffer> {
      bytesRead = 0;
      for await (const chunk of readRaw()) {
        bytesRead += chunk.length;
        yield chunk;
      }
    }
    await run.progress({ phase: 'reading', fraction: 0 });
    return readTable(engine, counted, row.mapping, {
      ...this.readOptions(run, row),
      labelsBefore: await this.compare.labelsBefore(row.mapping, versionOfImport(row)),
      keepsCells: earlier.files.length > 0 && !row.is_dry_run,
      onProgress: (phase, rowsDone) => {
        const shareRead = phase === 'reading' ? bytesRead / sizeBytes : 1;
        return run.progress({ phase, rowsDone, fraction: SHARE_READ * shareRead });
      },
    });
  }

  private readOptions(run: JobRun, row: ImportOfJob): ReadOptions {
    const { operator, timeZone } = this.config;
    return { operator, timeZone, version: versionOfImport(row), asOf: row.as_of, signal: run.signal };
  }

  private async fail(row: ImportOfJob, table: CheckedTable, dataKey: Buffer): Promise<never> {
    const outcome = { state: 'failed' } as const;
    await this.database.transaction((tx) => storeReport(tx, row.id, table, { outcome, dataKey }));
    throw nothingAccepted({ read: table.counts.read });
  }

  /** Stores the report, with what the version would change, and removes its file. */
  private async finishDryRun(
    row: ImportOfJob,
    table: CheckedTable,
    dataKey: Buffer,
    check: VersionCheck,
  ): Promise<void> {
    const { table_name: name } = row;
    const [visible] = (await this.catalogue.newest()).filter((version) => version.table === name);
    const file = visible === undefined ? '' : this.files.table(name, visible.version);
    const changes = [await changesOfVersion(table, name, visible, file)];
    await this.database.transaction(async (tx) => {
      await storeReport(tx, row.id, table, { outcome: { state: 'checked' }, check, dataKey });
      await updateImport(tx, row.id, { changes: JSON.stringify(changes) });
    });
    await this.files.removeImport(row.id);
  }

  private async hold(row: ImportOfJob, table: CheckedTable, dataKey: Buffer, check: VersionCheck): Promise<void> {
    await this.database.transaction(async (tx) => {
      await setHeld(tx, row.id);
      await storeReport(tx, row.id, table, { outcome: { state: 'held' }, check, dataKey });
    });
    const findings = check.findings.map(({ key }) => key);
    this.log.warn({ import: row.id, table: row.table_name, findings }, 'table held');
  }

  private async publish(
    run: JobRun,
    row: ImportOfJob,
    file: CheckedTable,
    dataKey: Buffer,
    { check, earlier }: { check: VersionCheck; earlier: EarlierFiles },
  ): Promise<void> {
    await run.progress({ phase: 'storing', fraction: SHARE_CHECKED });
    const onProgress = (phase: string, rowsDone: number): Promise<void> =>
      run.progress({ phase, rowsDone, fraction: SHARE_CHECKED });
    const table = await joinMonths(file, row.mapping, earlier.files, { ...this.readOptions(run, row), onProgress });
    this.clock.follow(table.months.at(-1)!);
    const version = this.versionOf(row, table);
    const { accepted } = table;
    const finished = path.join(accepted.engine.folder, 'rows.parquet');
    const sorted = `select * exclude (row_no) from ${accepted.name}`;
    await accepted.engine.writeSorted(sorted, finished, await accepted.count());
    await this.files.placeTable(version.table, version.version, finished);
    const onlineFile = await writeOnlineFile(accepted, version);
    const { read } = file.counts;
    await run.progress({ phase: 'publishing', fraction: SHARE_STORED, rowsDone: read, rowsTotal: read });
    await this.database.transaction(async (tx) => {
      await requireKept(tx, row.id);
      await this.tableFiles.requireNewest(tx, version, earlier.newest);
      const isNew = await storeVersion(tx, version, accumulates(row.mapping) ? file.months : []);
      const outcome = { state: 'loaded', version: version.version, loadedAt: version.loadedAt } as const;
      // The hash is that of the file, which a confirmation is about.
      await storeReport(tx, row.id, { ...file, notices: table.notices }, { outcome, check, dataKey });
      if (!isNew) return;
      await storeSummary(tx, version, check.summary);
      await storeSubjects(tx, table, version, { operator: this.config.operator, dataKey });
      await loadOnlineValues(tx, onlineFile, version);
      const about = { subjectId: row.id, orgUnitPath: row.org_unit_path };
      const { table: name, version: made, rows, rowsHash } = version;
      const event = { importId: row.id, table: name, version: made, rows, rowsHash, keySpace: table.keySpace.of };
      const month = version.months.at(-1) ?? '';
      await this.outbox.publish(tx, tableLoaded, about, { ...event, month });
    });
    this.log.info({ import: row.id, table: version.table, version: version.version, ...file.counts }, 'table loaded');
  }

  private versionOf(row: ImportOfJob, table: CheckedTable): TableVersion {
    const {
      labelLeadMonths,
      months,
      units,
      acceptedRows: rows,
      labelledRows,
      positiveRows,
      rowsHash,
      columns,
      layout,
    } = table;
    return {
      ...{ labelLeadMonths, months, units, rows, labelledRows, positiveRows, rowsHash, columns },
      table: row.table_name,
      version: versionOfImport(row),
      importId: row.id,
      extractSequence: null,
      origin: 'upload',
      orgUnitPath: row.org_unit_path,
      currency: layout.value === undefined ? '' : row.mapping.currency,
      hasSplit: layout.split !== undefined,
      loadedAt: this.clock.now(),
    };
  }
}

function versionOfImport({ content_hash: hash, mapping, as_of: asOf, same_withdrawn: withdrawn }: ImportOfJob): string {
  return versionOf(hash, mapping, asOf, withdrawn);
}

async function noticesOf(
  refusals: TableRefusals | undefined,
  { table_name: name }: ImportOfJob,
  { rejects }: CheckedTable,
): Promise<Notice[]> {
  return refusals === undefined ? [] : refusalNotices(name, await refusalsInRejects(refusals.read, rejects), refusals);
}

/** Whether these rows are confirmed, in comparison with the version that is still the newest. */
function isConfirmed(row: ImportOfJob, table: CheckedTable, { comparison }: VersionCheck): boolean {
  const isSame = row.rows_hash === table.rowsHash && row.comparison?.comparedWith === comparison?.comparedWith;
  return row.confirmed_at !== null && isSame;
}

function resultOf(row: ImportOfJob, state: ImportState): JobResult {
  const version = state === 'loaded' ? versionOfImport(row) : '';
  return { importId: row.id, table: row.table_name, version, state };
}
