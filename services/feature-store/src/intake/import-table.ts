import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { Failure, failure, isRetryable } from '@holdfast/platform/errors';
import { jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { FeatureStoreConfig } from '../config.js';
import { CompareVersion, type Comparison, type VersionCheck } from '../comparison/compare-version.js';
import { storeSummary } from '../comparison/summary.js';
import { Engine, literal } from '../engine/engine.js';
import type { Mapping } from '../extract/mapping.js';
import { keySpaceOf, readTable, versionOf, type CheckedTable } from '../extract/read-table.js';
import { storeVersion, type TableVersion } from '../lake/catalogue.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { storeSubjects } from '../lake/subjects.js';
import { loadOnlineValues, writeOnlineFile } from '../online/online-values.js';
import { MARK_FAILED, isWaiting, requireKept, setHeld, type ImportState } from './held.js';
import type { Notice } from '../extract/notices.js';
import { answerBy } from '../refusal/consent-cell.js';
import { readConsents } from '../refusal/read-consents.js';
import { RefusalMoments } from '../refusal/refusal-moment.js';
import { Refusals, refusalNotices, refusalsInRejected, type RefusalCounts } from '../refusal/refusals.js';
import { storeReport } from './report.js';

/** Kind of the job. */
export const IMPORT_TABLE = jobKind('import-table', { importId: z.string() });

const tableLoaded = eventOf('feature-store', TableLoaded);

/** How much of the work lies before the end of each phase, by experience. */
const SHARE_READ = 0.5;
const SHARE_CHECKED = 0.7;
const SHARE_STORED = 0.8;

const nothingAccepted = failure('unprocessable', 'import.nothingAccepted', {
  en: 'Not one of {read} rows could be accepted. The rejects say why.',
  'zh-CN': '共 {read} 行，没有一行可以接收，原因见拒绝记录。',
});

const NONE: RefusalCounts = { refusals: 0, unreadable: 0, unlocated: 0 };

interface ImportRow {
  id: string;
  state: ImportState;
  org_unit_path: string;
  table_name: string;
  mapping: Mapping;
  content_hash: string;
  size_bytes: string;
  as_of: string;
  version: string;
  comparison: Comparison | null;
  rows_hash: string;
  confirmed_at: Date | null;
}

/**
 * The import of one plain table, from the encrypted file to what others can read. It may begin any number of times: all
 * becomes visible in one transaction, the event with it, and a run that finds it done does nothing. What differs too much
 * from the version before is held back: it becomes visible by a second run, once it is confirmed.
 */
@Injectable()
export class ImportTable {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly compare: CompareVersion,
    private readonly refusals: Refusals,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun<{ importId: string }>): Promise<JobResult> {
    const { importId } = run.params;
    const [row] = await this.database.query<ImportRow>('select * from import where id = $1', [importId]);
    if (row === undefined) throw new Error('The import of the job is gone');
    if (row.state === 'loaded') return resultOf(row, row.version);
    if (isWaiting(row)) return resultOf(row, '');
    const dataKey = await this.keys.of(importId);
    const folder = this.files.scratch(importId);
    const engine = await Engine.openScratch(folder, {
      memoryMax: this.config.duckdbMemory,
      threads: this.config.duckdbThreads,
    });
    const interrupt = (): void => engine.connection.interrupt();
    run.signal.addEventListener('abort', interrupt, { once: true });
    let refusals: RefusalCounts | undefined;
    try {
      refusals = await this.takeRefusals(run, row, engine, dataKey);
      const table = await this.read(run, row, engine, dataKey);
      if (refusals !== undefined) {
        table.notices.push(...refusalNotices(row.table_name, await refusalsInRejected(engine, true), refusals));
      }
      if (table.counts.accepted === 0) {
        const outcome = { state: 'failed' } as const;
        await this.database.transaction((tx) => storeReport(tx, engine, row, table, { outcome, dataKey }));
        throw nothingAccepted({ read: table.counts.read });
      }
      await run.progress({ phase: 'comparing', fraction: SHARE_CHECKED });
      const check = await this.compare.check(
        engine,
        row.mapping,
        versionOf(row.content_hash, row.mapping, row.as_of),
        table,
      );
      if (check.findings.some(({ holds }) => holds) && !isConfirmed(row, table, check)) {
        return await this.hold(row, engine, table, { dataKey, check });
      }
      return await this.publish(run, row, engine, table, { dataKey, folder, check });
    } catch (thrown) {
      run.signal.throwIfAborted();
      await this.markFailed(
        importId,
        thrown,
        refusalNotices(row.table_name, refusals?.refusals ?? 0, refusals ?? NONE),
      );
      throw thrown;
    } finally {
      run.signal.removeEventListener('abort', interrupt);
      await engine.close();
    }
  }

  /** First of all, so that a refusal counts whatever is wrong with its row or the table. */
  private async takeRefusals(
    run: JobRun,
    row: ImportRow,
    engine: Engine,
    dataKey: Buffer,
  ): Promise<RefusalCounts | undefined> {
    const { consent, key = '', missing } = row.mapping;
    if (consent === undefined) return undefined;
    const bytes = { csv: () => this.files.readRaw(row.id, keyFor('raw', dataKey)) };
    const delimiter = row.mapping.delimiter === undefined ? {} : { delimiter: row.mapping.delimiter };
    const { unlocated } = await readConsents(engine, [{ source: bytes }], {
      form: {
        id: key,
        consent: consent.column,
        changedAt: '',
        answerOf: answerBy(consent.granted, missing),
        ...delimiter,
      },
      moments: new RefusalMoments('UTC'),
      signal: run.signal,
      onRows: () => run.progress({ phase: 'refusals' }),
    });
    const before = await this.refusals.readBefore(row.id);
    if (before !== undefined) return before;
    return this.refusals.store(engine, {
      ...{ importId: row.id, orgUnitPath: row.org_unit_path, origin: `table ${row.table_name}` },
      ...{ drawnAt: this.clock.now(), unlocated },
      keySpace: keySpaceOf(row.mapping, versionOf(row.content_hash, row.mapping, row.as_of)),
      areSubscriptions: true,
    });
  }

  private async read(run: JobRun, row: ImportRow, engine: Engine, dataKey: Buffer): Promise<CheckedTable> {
    // Read twice: for the encoding, and for the rows. Of the last reading this is what has been read.
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
      operator: this.config.operator,
      version: versionOf(row.content_hash, row.mapping, row.as_of),
      asOf: row.as_of,
      timeZone: this.config.timeZone,
      signal: run.signal,
      onProgress: (phase, rowsDone) => {
        const shareRead = phase === 'reading' ? bytesRead / sizeBytes : 1;
        return run.progress({ phase, rowsDone, fraction: SHARE_READ * shareRead });
      },
    });
  }

  private async hold(
    row: ImportRow,
    engine: Engine,
    table: CheckedTable,
    { dataKey, check }: { dataKey: Buffer; check: VersionCheck },
  ): Promise<JobResult> {
    await this.database.transaction(async (tx) => {
      await setHeld(tx, row.id);
      await storeReport(tx, engine, row, table, { outcome: { state: 'held' }, check, dataKey });
    });
    this.log.warn(
      { import: row.id, table: row.table_name, findings: check.findings.map(({ key }) => key) },
      'table held',
    );
    return resultOf({ ...row, state: 'held' }, '');
  }

  private async publish(
    run: JobRun,
    row: ImportRow,
    engine: Engine,
    table: CheckedTable,
    { dataKey, folder, check }: { dataKey: Buffer; folder: string; check: VersionCheck },
  ): Promise<JobResult> {
    await run.progress({ phase: 'storing', fraction: SHARE_CHECKED });
    const version = this.versionOf(row, table);
    const finished = path.join(folder, 'rows.parquet');
    await engine.run(
      `copy (select * exclude (row_no) from accepted) to ${literal(finished)} (format parquet, compression zstd)`,
    );
    await this.files.placeTable(version.table, version.version, finished);
    const onlineFile = await writeOnlineFile(engine, folder, version);
    const { read } = table.counts;
    await run.progress({ phase: 'publishing', fraction: SHARE_STORED, rowsDone: read, rowsTotal: read });
    await this.database.transaction(async (tx) => {
      await requireKept(tx, row.id);
      const isNew = await storeVersion(tx, version);
      const outcome = { state: 'loaded', version: version.version, loadedAt: version.loadedAt } as const;
      await storeReport(tx, engine, row, table, { outcome, check, dataKey });
      if (!isNew) return;
      await storeSummary(tx, version, check.summary);
      await storeSubjects(tx, engine, table, version, { operator: this.config.operator, dataKey });
      await loadOnlineValues(tx, onlineFile, version);
      await this.outbox.publish(
        tx,
        tableLoaded,
        { subjectId: row.id, orgUnitPath: row.org_unit_path },
        {
          importId: row.id,
          table: version.table,
          version: version.version,
          rows: version.rows,
          rowsHash: version.rowsHash,
          keySpace: table.keySpace.of,
        },
      );
    });
    this.log.info({ import: row.id, table: version.table, version: version.version, ...table.counts }, 'table loaded');
    return resultOf({ ...row, state: 'loaded' }, version.version);
  }

  private versionOf(row: ImportRow, table: CheckedTable): TableVersion {
    return {
      table: row.table_name,
      version: versionOf(row.content_hash, row.mapping, row.as_of),
      importId: row.id,
      origin: 'upload',
      labelLeadMonths: table.labelLeadMonths,
      orgUnitPath: row.org_unit_path,
      rows: table.counts.accepted,
      months: table.months,
      units: table.units,
      currency: table.layout.value === undefined ? '' : row.mapping.currency,
      hasSplit: table.layout.split !== undefined,
      labelledRows: table.labelledRows,
      positiveRows: table.positiveRows,
      rowsHash: table.rowsHash,
      loadedAt: this.clock.now(),
      columns: table.columns,
    };
  }

  /** What is wrong with the file stays wrong; what is wrong with us may pass, and the job tries again. */
  private async markFailed(importId: string, thrown: unknown, notices: readonly Notice[]): Promise<void> {
    if (!(thrown instanceof Failure) || isRetryable(thrown.kind) || thrown.kind === 'internal') return;
    await this.database.query(`update import set notices = $2 where id = $1 and state = 'received'`, [
      importId,
      JSON.stringify(notices),
    ]);
    await this.database.query(MARK_FAILED, [importId]);
  }
}

/** Whether somebody confirmed these rows, compared with the version that is still the newest. */
function isConfirmed(row: ImportRow, table: CheckedTable, { comparison }: VersionCheck): boolean {
  const isSame = row.rows_hash === table.rowsHash && row.comparison?.comparedWith === comparison?.comparedWith;
  return row.confirmed_at !== null && isSame;
}

function resultOf(row: ImportRow, version: string): JobResult {
  return { importId: row.id, table: row.table_name, version, state: row.state };
}
