import { createHash } from 'node:crypto';
import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { Failure, failure, isRetryable } from '@holdfast/platform/errors';
import type { JobResult, JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { Engine, literal } from '../engine/engine.js';
import { mappingHash, type Mapping } from '../extract/mapping.js';
import { readTable, type CheckedTable } from '../extract/read-table.js';
import { storeVersion, type TableVersion } from '../lake/catalogue.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { storeSubjects } from '../lake/subjects.js';
import { loadOnlineValues, writeOnlineFile } from '../online/online-values.js';
import type { Notice } from '../extract/notices.js';
import { answerBy } from '../refusal/consent-cell.js';
import { readConsents } from '../refusal/read-consents.js';
import { RefusalMoments } from '../refusal/refusal-moment.js';
import { Refusals, refusalNotices, refusalsInRejected, type RefusalCounts } from '../refusal/refusals.js';
import { storeReport } from './report.js';

/** Kind of the job. */
export const IMPORT_TABLE = 'import-table';

export const tableLoaded = eventOf('feature-store', TableLoaded);

/** How much of the work lies before the end of each phase, by experience. */
const SHARE_READ = 0.5;
const SHARE_CHECKED = 0.7;
const SHARE_STORED = 0.8;

const nothingAccepted = failure('unprocessable', 'import.nothingAccepted', {
  en: 'Not one of {read} rows could be accepted. The rejects say why.',
  'zh-CN': '共 {read} 行，没有一行可以接收，原因见拒绝记录。',
});

const NONE: RefusalCounts = { refusals: 0, unreadable: 0, unlocated: 0 };

export interface ImportRow {
  id: string;
  state: 'receiving' | 'received' | 'loaded' | 'failed';
  unit_path: string;
  table_name: string;
  mapping: Mapping;
  content_hash: string;
  size_bytes: string;
  as_of: string;
  version: string;
}

/**
 * The import of one plain table, from the encrypted file to what others can read. It may begin any number of times: all
 * becomes visible in one transaction, the event with it, and a run that finds it done does nothing.
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
    private readonly refusals: Refusals,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun): Promise<JobResult> {
    const importId = String(run.params['importId']);
    const [row] = await this.database.query<ImportRow>('select * from import where id = $1', [importId]);
    if (row === undefined) throw new Error('The import of the job is gone');
    if (row.state === 'loaded') return resultOf(row, row.version);
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
        const outcome = { version: '', loadedAt: undefined, dataKey };
        await this.database.transaction((tx) => storeReport(tx, engine, row, table, outcome));
        throw nothingAccepted({ read: table.counts.read });
      }
      return await this.publish(run, row, engine, table, { dataKey, folder });
    } catch (thrown) {
      run.signal.throwIfAborted();
      await this.markFailed(importId, thrown, refusalNotices(row.table_name, refusals?.refusals ?? 0, refusals ?? NONE));
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
    const { unlocated } = await readConsents(engine, [{ source: bytes }], {
      form: { id: key, consent: consent.column, changedAt: '', answerOf: answerBy(consent.granted, missing) },
      moments: new RefusalMoments('UTC'),
      signal: run.signal,
      onRows: () => run.progress({ phase: 'refusals' }),
    });
    const before = await this.refusals.readBefore(row.id);
    if (before !== undefined) return before;
    return this.refusals.store(engine, {
      ...{ importId: row.id, unitPath: row.unit_path, origin: `table ${row.table_name}` },
      ...{ drawnAt: this.clock.now(), unlocated },
    });
  }

  private async read(run: JobRun, row: ImportRow, engine: Engine, dataKey: Buffer): Promise<CheckedTable> {
    let bytesRead = 0;
    const sizeBytes = Math.max(1, Number(row.size_bytes));
    async function* counted(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of bytes) {
        bytesRead += chunk.length;
        yield chunk;
      }
    }
    await run.progress({ phase: 'reading', fraction: 0 });
    return readTable(engine, counted(this.files.readRaw(row.id, keyFor('raw', dataKey))), row.mapping, {
      operator: this.config.operator,
      asOf: row.as_of,
      signal: run.signal,
      onProgress: (phase, rowsDone) => {
        const shareRead = phase === 'reading' ? bytesRead / sizeBytes : 1;
        return run.progress({ phase, rowsDone, fraction: SHARE_READ * shareRead });
      },
    });
  }

  private async publish(
    run: JobRun,
    row: ImportRow,
    engine: Engine,
    table: CheckedTable,
    { dataKey, folder }: { dataKey: Buffer; folder: string },
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
      const isNew = await storeVersion(tx, version);
      await storeReport(tx, engine, row, table, { version: version.version, loadedAt: version.loadedAt, dataKey });
      if (!isNew) return;
      await storeSubjects(tx, engine, table, version, { operator: this.config.operator, dataKey });
      await loadOnlineValues(tx, onlineFile, version);
      await this.outbox.publish(
        tx,
        tableLoaded,
        { subjectId: row.id, unitPath: row.unit_path },
        {
          importId: row.id,
          table: version.table,
          version: version.version,
          rows: version.rows,
          rowsHash: version.rowsHash,
        },
      );
    });
    this.log.info({ import: row.id, table: version.table, version: version.version, ...table.counts }, 'table loaded');
    return resultOf(row, version.version);
  }

  private versionOf(row: ImportRow, table: CheckedTable): TableVersion {
    const hash = createHash('sha256').update(`${row.content_hash} ${mappingHash(row.mapping)}`).digest('hex');
    return {
      table: row.table_name,
      version: hash.slice(0, 16),
      importId: row.id,
      origin: 'upload',
      labelLeadMonths: 0,
      unitPath: row.unit_path,
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
    await this.database.query(`update import set state = 'failed', notices = $2 where id = $1 and state = 'received'`, [
      importId,
      JSON.stringify(notices),
    ]);
  }
}

function resultOf(row: ImportRow, version: string): JobResult {
  return { importId: row.id, table: row.table_name, version };
}
