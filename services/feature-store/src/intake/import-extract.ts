import { Inject, Injectable } from '@nestjs/common';
import { ExtractLoaded, MonthClosed } from '@holdfast/contracts/feature_store/v1/extract';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { Failure, failure, isRetryable } from '@holdfast/platform/errors';
import { jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { CONTRACT_TABLES, contractTableOf } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { z } from 'zod';
import { CompareExtract } from '../comparison/compare-extract.js';
import { summariseFacts, type ExtractTableSummary } from '../comparison/extract-summary.js';
import type { Finding } from '../comparison/finding.js';
import { Engine } from '../engine/engine.js';
import { LocalClock } from '../extract/local-clock.js';
import {
  filesOf,
  isParquet,
  knownAfterSeconds,
  type Manifest,
  type ManifestFile,
  type ManifestTable,
} from '../extract/manifest.js';
import { notice, stoppedNotice, type Notice } from '../extract/notices.js';
import { Extracts, type LoadedExtract } from '../facts/extracts.js';
import { personalKeyOf } from '../facts/personal-key.js';
import { References } from '../facts/references.js';
import { writeFacts, type WrittenFacts } from '../facts/write-facts.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor, LakeKeys } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { CUSTOMERS_FORM, readConsents } from '../refusal/read-consents.js';
import { RefusalMoments } from '../refusal/refusal-moment.js';
import { Refusals, refusalNotices, refusalsInRejected, type RefusalCounts } from '../refusal/refusals.js';
import { Views } from '../view/views.js';
import { newlyClosed } from './closed-months.js';
import { FolderFiles, UploadedFiles, type ExtractFiles } from './extract-files.js';
import { withCheckedTable, type CheckedExtractTable, type TableInput } from './extract-table.js';
import { MARK_FAILED, isWaiting, requireKept, setHeld, type ImportState } from './held.js';
import { storeRejects } from './report.js';

/** Kind of the job. */
export const IMPORT_EXTRACT = jobKind('import-extract', { importId: z.string() });

const extractLoaded = eventOf('feature-store', ExtractLoaded);
const monthClosed = eventOf('feature-store', MonthClosed);

const sequenceTaken = failure('conflict', 'extract.sequenceTaken', {
  en: 'An extract of sequence {sequence} or later is there already. A corrected extract takes a greater one.',
  'zh-CN': '序号 {sequence} 或更大的提取包已存在；更正后的提取包须使用更大的序号。',
});
const fromFuture = failure('unprocessable', 'extract.fromFuture', {
  en: 'The extract says that it was drawn at {extractedAt}, which is in the future. Correct extractedAt in manifest.json.',
  'zh-CN': '数据包的 extractedAt 为 {extractedAt}，晚于当前时间；请更正 manifest.json。',
});
const nothingWentIn = failure('unprocessable', 'extract.nothingWentIn', {
  en: 'Not one table of the extract could be imported. The report says why.',
  'zh-CN': '提取包中没有一张表可以导入，原因见报告。',
});

/** Clocks of the operator's systems may be ahead by so much. */
const CLOCK_SKEW_MS = 86_400_000;
/** The table whose refusals are read apart. */
const CUSTOMERS = 'customers';

interface ImportRow {
  id: string;
  state: ImportState;
  confirmed_at: Date | null;
  org_unit_path: string;
  folder: string;
  manifest: Manifest;
}

interface DoneTable {
  table_name: string;
  version: string;
  months: string[];
  parts: string[];
}

/** One run over one extract. */
interface Work {
  run: JobRun;
  row: ImportRow;
  engine: Engine;
  dataKey: Buffer;
  earlier: readonly LoadedExtract[];
  references: References;
  refusals: RefusalCounts;
  input: Omit<TableInput, 'table' | 'said'>;
}

/**
 * The import of a full extract: its tables one after the other, each after those that it refers to, each committed when it is
 * done, so that a run that begins again goes on after them. Nothing of it is visible before the last transaction, which also
 * tells of it and asks for the views.
 */
@Injectable()
export class ImportExtract {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly views: Views,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly lakeKeys: LakeKeys,
    private readonly extracts: Extracts,
    private readonly refusals: Refusals,
    private readonly compare: CompareExtract,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun<{ importId: string }>): Promise<JobResult> {
    const { importId } = run.params;
    const [row] = await this.database.query<ImportRow>('select * from import where id = $1', [importId]);
    if (row === undefined) throw new Error('The import of the job is gone');
    if (row.state === 'loaded' || isWaiting(row)) return resultOf(row);
    const scratch = this.files.scratch(importId);
    const engine = await Engine.openScratch(scratch, {
      memoryMax: this.config.duckdbMemory,
      threads: this.config.duckdbThreads,
    });
    const interrupt = (): void => engine.connection.interrupt();
    run.signal.addEventListener('abort', interrupt, { once: true });
    let refusals: RefusalCounts | undefined;
    try {
      await engine.run(`set TimeZone = 'UTC'`);
      await engine.run('set preserve_insertion_order = false');
      refusals = await this.takeRefusals(run, row, engine, scratch);
      const work = await this.begin(run, row, engine, scratch, refusals);
      await this.importTables(work);
      return await this.holdOrPublish(work);
    } catch (thrown) {
      run.signal.throwIfAborted();
      await this.markFailed(importId, thrown, refusals);
      throw thrown;
    } finally {
      run.signal.removeEventListener('abort', interrupt);
      await engine.close();
    }
  }

  /** First of all, so that a refusal counts whatever is wrong with its row, its table or the extract. */
  private async takeRefusals(run: JobRun, row: ImportRow, engine: Engine, scratch: string): Promise<RefusalCounts> {
    const before = await this.refusals.readBefore(row.id);
    const { manifest } = row;
    const said = manifest.tables[CUSTOMERS];
    if (said === undefined) return { refusals: 0, unreadable: 0, unlocated: 0 };
    // A run that begins again needs the cells only for the report of a table that is still to be checked.
    const isDone = (await this.doneTables(row.id)).some(({ table_name: name }) => name === CUSTOMERS);
    if (before !== undefined && isDone) return before;
    await run.progress({ phase: 'refusals' });
    const source = await this.filesOf(row, await this.keys.of(row.id));
    const there = new Set((await source.list()).map(({ path }) => path));
    const found = thereOf(said, there);
    const opened: { path: string; close(): Promise<void> }[] = [];
    try {
      if (isParquet(said, found)) for (const { path } of found) opened.push(await source.onDisk(path, scratch));
      const files = found.map(({ path }, at) => {
        const onDisk = opened[at];
        return { source: onDisk === undefined ? { csv: () => source.read(path) } : { parquet: onDisk.path } };
      });
      const { unlocated } = await readConsents(engine, files, {
        form: CUSTOMERS_FORM,
        moments: new RefusalMoments(manifest.timezone),
        signal: run.signal,
        onRows: () => run.progress({ phase: 'refusals' }),
      });
      if (before !== undefined) return before;
      return await this.refusals.store(engine, {
        ...{ importId: row.id, orgUnitPath: row.org_unit_path, origin: `extract ${manifest.extractId}` },
        ...{ drawnAt: new Date(manifest.extractedAt), unlocated },
        ...{ keySpace: { of: 'operator' }, areSubscriptions: false },
      });
    } finally {
      for (const file of opened) await file.close();
    }
  }

  private async begin(
    run: JobRun,
    row: ImportRow,
    engine: Engine,
    scratch: string,
    refusals: RefusalCounts,
  ): Promise<Work> {
    const { extractedAt } = row.manifest;
    if (Date.parse(extractedAt) > this.clock.now().getTime() + CLOCK_SKEW_MS) throw fromFuture({ extractedAt });
    const earlier = await this.extracts.loaded();
    const newest = earlier.at(-1);
    if (newest !== undefined && newest.sequence >= row.manifest.sequence) {
      throw sequenceTaken({ sequence: row.manifest.sequence });
    }
    const references = new References(engine, this.config.operator);
    for (const { importId, tables } of earlier) {
      for (const { table, parts } of tables) {
        for (const { month } of parts) references.add(table, this.files.facts(importId, table, month));
      }
    }
    const dataKey = await this.keys.of(row.id);
    const files = await this.filesOf(row, dataKey);
    const input = {
      manifest: row.manifest,
      files,
      there: await files.list(),
      references,
      scratch,
      clock: new LocalClock(row.manifest.timezone),
    };
    return { run, row, engine, dataKey, earlier, references, refusals, input };
  }

  private async filesOf(row: ImportRow, dataKey: Buffer): Promise<ExtractFiles> {
    if (row.folder !== '') return FolderFiles.open(this.config.inbox, row.folder);
    const stored = await this.database.query<{ path: string; ordinal: number; sha256: string; size_bytes: string }>(
      'select path, ordinal, sha256, size_bytes from raw_file where import_id = $1 order by ordinal',
      [row.id],
    );
    const listed = stored.map(({ size_bytes: size, ...file }) => ({ ...file, sizeBytes: Number(size) }));
    return new UploadedFiles(row.id, listed, this.files, dataKey);
  }

  private async importTables(work: Work): Promise<void> {
    const { row, references } = work;
    const done = await this.doneTables(row.id);
    const wanted = CONTRACT_TABLES.filter(({ name }) => row.manifest.tables[name] !== undefined);
    const rowsTotal = wanted.reduce((sum, { name }) => sum + (row.manifest.tables[name]!.rows ?? 0), 0);
    const stopped = new Set(done.filter(({ version }) => version === '').map(({ table_name: name }) => name));
    let rowsDone = 0;
    for (const [place, table] of wanted.entries()) {
      const before = done.find(({ table_name: name }) => name === table.name);
      if (before !== undefined) {
        for (const month of before.parts) references.add(table.name, this.files.facts(row.id, table.name, month));
      } else {
        const tell = (rows: number): Promise<void> => this.tell(work, table, rowsDone + rows, rowsTotal);
        await tell(0);
        const parent = table.columns.find(({ refersTo }) => refersTo !== undefined && stopped.has(refersTo))?.refersTo;
        const isIn =
          parent === undefined
            ? await this.importTable(work, table, place, tell)
            : await this.stop(work, table, place, notice('table.parentStopped', table.name, { parent }));
        if (!isIn) stopped.add(table.name);
      }
      rowsDone += row.manifest.tables[table.name]!.rows ?? 0;
    }
  }

  private tell({ run }: Work, table: ContractTable, rowsDone: number, rowsTotal: number): Promise<void> {
    // Where the manifest says how many rows there are, they are the measure.
    const counts = rowsTotal === 0 ? {} : { rowsDone: Math.min(rowsDone, rowsTotal), rowsTotal };
    return run.progress({ phase: table.name, ...counts });
  }

  private doneTables(importId: string): Promise<DoneTable[]> {
    return this.database.query<DoneTable>(
      `select table_name, version, months, array(select month from fact_part
         where fact_part.import_id = t.import_id and fact_part.table_name = t.table_name order by month) as parts
       from import_table t where import_id = $1 order by place`,
      [importId],
    );
  }

  /** Imports one table; gives false if it was stopped, for a reason that is the table's own. */
  private async importTable(
    work: Work,
    table: ContractTable,
    place: number,
    onRows: (rows: number) => Promise<void>,
  ): Promise<boolean> {
    const { run, engine, row } = work;
    const said = row.manifest.tables[table.name]!;
    try {
      await withCheckedTable(
        engine,
        { ...work.input, table, said },
        { signal: run.signal, onRows },
        async (checked) => {
          await work.references.openOwners(table);
          const written = await this.write(work, table, checked);
          const rows = written.parts.reduce((sum, part) => sum + part.rows, 0);
          if (rows !== checked.counts.accepted)
            throw new Error(`${rows} of ${checked.counts.accepted} accepted rows were written`);
          await this.store(work, table, place, checked, written, await this.summarise(work, table, checked, written));
          for (const { month } of written.parts) {
            work.references.add(table.name, this.files.facts(row.id, table.name, month));
          }
          this.log.info({ import: row.id, table: table.name, ...checked.counts }, 'table of an extract checked');
        },
      );
      return true;
    } catch (thrown) {
      run.signal.throwIfAborted();
      const isItsOwn = thrown instanceof Failure && (thrown.kind === 'unprocessable' || thrown.kind === 'invalid');
      if (!isItsOwn) throw thrown;
      return this.stop(work, table, place, stoppedNotice(table.name, thrown.text));
    }
  }

  private write(work: Work, table: ContractTable, checked: CheckedExtractTable): Promise<WrittenFacts> {
    const { row, engine, dataKey, earlier } = work;
    const { manifest } = row;
    return writeFacts(engine, checked.layout, {
      operator: this.config.operator,
      sequence: manifest.sequence,
      clock: work.input.clock,
      extractedAt: new Date(manifest.extractedAt),
      knownAfterSeconds: knownAfterSeconds(manifest.tables[table.name]!),
      covered: earlier.filter(({ tables }) => tables.some((known) => known.table === table.name)),
      pseudonymKey: this.lakeKeys.pseudonymKey(),
      file: (month) => this.files.facts(row.id, table.name, month),
      personalFile: this.files.personal(row.id, table.name),
      personalKey: personalKeyOf(row.id, table.name, dataKey),
      provincePath: row.org_unit_path,
      freeColumns: checked.freeColumns,
    });
  }

  /** Statistics of a table's last month; undefined where it has no rows up to then. */
  private async summarise(
    { engine, row }: Work,
    table: ContractTable,
    { freeColumns }: CheckedExtractTable,
    { parts }: WrittenFacts,
  ): Promise<ExtractTableSummary | undefined> {
    const { to, complete } = row.manifest;
    const last = parts.filter(({ month }) => month <= to).at(-1);
    if (last === undefined) return undefined;
    const { month, rows } = last;
    const file = this.files.facts(row.id, table.name, month);
    return summariseFacts(engine, { table, file, month, rows, free: freeColumns, to, isComplete: complete });
  }

  private async store(
    work: Work,
    table: ContractTable,
    place: number,
    { counts, files, freeColumns, notices: ofRows }: CheckedExtractTable,
    { parts, months }: WrittenFacts,
    summary: ExtractTableSummary | undefined,
  ): Promise<void> {
    const { row, engine, dataKey } = work;
    const notices = [...ofRows, ...(await this.noticesOfRefusals(work, table))];
    return this.database.transaction(async (tx) => {
      const free = freeColumns.map(({ name, type }) => ({ name, type }));
      const version = String(row.manifest.sequence);
      await insertTable(tx, row.id, place, table.name, { version, counts, months, free, notices });
      for (const { month, rows } of parts) {
        await rowsOf(tx, 'insert into fact_part (import_id, table_name, month, rows) values ($1, $2, $3, $4)', [
          row.id,
          table.name,
          month,
          rows,
        ]);
      }
      if (summary !== undefined) {
        await rowsOf(tx, 'insert into extract_summary (import_id, table_name, summary) values ($1, $2, $3)', [
          row.id,
          table.name,
          JSON.stringify(summary),
        ]);
      }
      const [last] = await rowsOf<{ ordinal: number }>(
        tx,
        'select coalesce(max(ordinal), 0) as ordinal from reject where import_id = $1',
        [row.id],
      );
      const key = keyFor('rejects', dataKey);
      await storeRejects(tx, engine, { importId: row.id, key, table: table.name, files, ordinal: last!.ordinal });
    });
  }

  private async noticesOfRefusals({ engine, refusals }: Work, { name }: ContractTable): Promise<Notice[]> {
    return name === CUSTOMERS ? refusalNotices(name, await refusalsInRejected(engine), refusals) : [];
  }

  private async stop({ row, refusals }: Work, table: ContractTable, place: number, why: Notice): Promise<false> {
    const counts = { read: 0, accepted: 0, rejected: 0, duplicates: 0 };
    const ofRefusals = table.name === CUSTOMERS ? refusalNotices(table.name, refusals.refusals, refusals) : [];
    const stopped = { version: '', counts, months: [], free: [], notices: [why, ...ofRefusals] };
    await this.database.transaction((tx) => insertTable(tx, row.id, place, table.name, stopped));
    this.log.warn({ import: row.id, table: table.name, reason: why.key }, 'table of an extract stopped');
    return false;
  }

  /** Nothing of an extract is visible before `publish`: held back, it waits there until it is confirmed. */
  private async holdOrPublish(work: Work): Promise<JobResult> {
    const { run, row, engine } = work;
    await run.progress({ phase: 'comparing' });
    const findings = await this.compare.check(engine, row.id, row.manifest);
    const isHeld = findings.some(({ holds }) => holds) && row.confirmed_at === null;
    if (!isHeld) {
      await this.publish(work, findings);
      return resultOf({ ...row, state: 'loaded' });
    }
    await this.database.transaction(async (tx) => {
      await setHeld(tx, row.id);
      await storeCounts(tx, row, findings);
    });
    this.log.warn({ import: row.id, findings: findings.map(({ key }) => key) }, 'extract held');
    return resultOf({ ...row, state: 'held' });
  }

  private async publish({ run, row, earlier }: Work, findings: readonly Finding[]): Promise<void> {
    const { manifest } = row;
    await run.progress({ phase: 'publishing', fraction: 1 });
    const done = (await this.doneTables(row.id)).filter(({ version }) => version !== '');
    if (done.length === 0) throw nothingWentIn();
    const tables = done.map(({ table_name: name }) => name);
    const months = new Map(done.map(({ table_name: name, months: found }) => [name, found]));
    const closed = newlyClosed(manifest, months, earlier);
    await this.database.transaction(async (tx) => {
      // Two extracts at once must not both be the newest.
      await rowsOf(tx, 'lock table extract in share row exclusive mode', []);
      const [taken] = await rowsOf(tx, 'select 1 from extract where sequence >= $1 limit 1', [manifest.sequence]);
      if (taken !== undefined) throw sequenceTaken({ sequence: manifest.sequence });
      await requireKept(tx, row.id);
      await this.makeVisible(tx, row, tables, closed);
      await storeCounts(tx, row, findings);
      await this.tellOthers(tx, row, tables, closed);
      await this.views.submit(tx, run.caller, [...earlier.map(({ sequence }) => sequence), manifest.sequence]);
    });
    this.log.info({ import: row.id, sequence: manifest.sequence, tables: tables.length }, 'extract loaded');
  }

  private async makeVisible(tx: Transaction, row: ImportRow, tables: string[], closed: string[]): Promise<void> {
    const { manifest } = row;
    const now = this.clock.now();
    await rowsOf(
      tx,
      `insert into extract (sequence, extract_id, import_id, org_unit_path, extracted_at, from_month, to_month, currency,
         time_zone, is_complete, tables, closed_months, loaded_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        manifest.sequence,
        manifest.extractId,
        row.id,
        row.org_unit_path,
        new Date(manifest.extractedAt),
        manifest.from,
        manifest.to,
        manifest.currency,
        manifest.timezone,
        manifest.complete,
        tables,
        closed,
        now,
      ],
    );
    await rowsOf(tx, `update import set state = 'loaded', version = $2, loaded_at = $3 where id = $1`, [
      row.id,
      String(manifest.sequence),
      now,
    ]);
  }

  private async tellOthers(tx: Transaction, row: ImportRow, tables: string[], closed: string[]): Promise<void> {
    const { manifest } = row;
    const about = { subjectId: row.id, orgUnitPath: row.org_unit_path };
    await this.outbox.publish(tx, extractLoaded, about, {
      extractId: manifest.extractId,
      sequence: manifest.sequence,
      importId: row.id,
      extractedAt: new Date(manifest.extractedAt),
      tables,
    });
    const month = closed.at(-1);
    if (month !== undefined) await this.outbox.publish(tx, monthClosed, about, { month, sequence: manifest.sequence });
  }

  /** What is wrong with the extract stays wrong; what is wrong with us may pass, and the job tries again. */
  private async markFailed(importId: string, thrown: unknown, refusals: RefusalCounts | undefined): Promise<void> {
    if (!(thrown instanceof Failure) || isRetryable(thrown.kind) || thrown.kind === 'internal') return;
    const notices = refusals === undefined ? [] : refusalNotices(CUSTOMERS, refusals.refusals, refusals);
    await this.database.query(
      `update import set notices = $2 where id = $1 and state = 'received' and not exists (
         select from import_table where import_id = $1 and table_name = '${CUSTOMERS}')`,
      [importId, JSON.stringify(notices)],
    );
    await this.database.query(MARK_FAILED, [importId]);
  }
}

/** The files of a table that are there; what is wrong with the others is for the import of the table to say. */
function thereOf(said: ManifestTable, there: ReadonlySet<string>): ManifestFile[] {
  const named = said.files?.filter(({ path }) => there.has(path) || there.has(`${path}.gz`));
  try {
    return filesOf(named === undefined ? said : { ...said, files: named }, there);
  } catch (thrown) {
    if (thrown instanceof Failure) return [];
    throw thrown;
  }
}

interface TableReport {
  version: string;
  counts: CheckedExtractTable['counts'];
  months: string[];
  free: { name: string; type: string }[];
  notices: Notice[];
}

async function insertTable(
  tx: Transaction,
  importId: string,
  place: number,
  table: string,
  { version, counts, months, free, notices }: TableReport,
): Promise<void> {
  await rowsOf(
    tx,
    `insert into import_table (import_id, place, table_name, version, rows_read, rows_accepted, rows_rejected,
       rows_duplicate, months, free_columns, notices) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      importId,
      place,
      table,
      version,
      counts.read,
      counts.accepted,
      counts.rejected,
      counts.duplicates,
      months,
      JSON.stringify(free),
      JSON.stringify(notices),
    ],
  );
}

/** What an import tells of its tables as a whole. */
async function storeCounts(tx: Transaction, { id, manifest }: ImportRow, findings: readonly Finding[]): Promise<void> {
  const outside = Object.keys(manifest.tables).filter((name) => contractTableOf(name) === undefined);
  await rowsOf(
    tx,
    `update import set notices = $2, findings = $3,
       (rows_read, rows_accepted, rows_rejected, rows_duplicate) =
         (select sum(rows_read), sum(rows_accepted), sum(rows_rejected), sum(rows_duplicate)
          from import_table where import_id = $1)
     where id = $1`,
    [id, JSON.stringify(outside.map((name) => notice('table.outsideContract', name))), JSON.stringify(findings)],
  );
}

function resultOf({ id, state, manifest }: ImportRow): JobResult {
  const { extractId, sequence, to } = manifest;
  return { importId: id, extractId, sequence: String(sequence), month: to, state };
}
