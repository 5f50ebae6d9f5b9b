import { Inject, Injectable } from '@nestjs/common';
import { CONTRACT_TABLES } from '@holdfast/extract-contract/tables';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { Database, rowsOf } from '@holdfast/platform/database';
import { Failure } from '@holdfast/platform/errors';
import { log } from '@holdfast/platform/log';
import { CONFIG } from '@holdfast/platform/service';
import type { FeatureStoreConfig } from '../config.js';
import { summariseFacts, type ExtractTableSummary } from '../comparison/extract-summary.js';
import { knownAfterSeconds } from '../extract/manifest.js';
import type { LoadedExtract } from '../facts/extracts.js';
import { personalKeyOf, writeFacts, type WrittenFacts } from '../facts/write-facts.js';
import { LakeFiles } from '../lake/lake-files.js';
import { LakeKeys } from '../lake/lake-keys.js';
import { notice, stoppedNotice, type Notice } from '../notices.js';
import { refusalNotices, refusalsInRejects } from '../refusal/refusals.js';
import { withCheckedTable, type CheckedExtractTable, type ExtractRun } from './check-extract-table.js';
import { CUSTOMERS } from './extract-refusals.js';
import { updateImport } from './import-state.js';
import { importedTables, storeFacts, storeTable, type TableReport } from './imported-tables.js';
import { storeRejects } from './report.js';

/** A table of a run, in the order of import. */
interface TableStep {
  table: ContractTable;
  place: number;
  onRows: (rows: number) => Promise<void>;
}

const NOTHING_WRITTEN: WrittenFacts = { parts: [], months: [] };

/**
 * Imports the tables of an extract, each after those that it refers to. Each is committed when it is done, so that a repeated
 * run continues after it.
 */
@Injectable()
export class ExtractTables {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly files: LakeFiles,
    private readonly lakeKeys: LakeKeys,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  /**
   * Drops the tables that an interrupted run, or one that was held, has written next to other extracts than are visible
   * now: what is known when, references and closed months depend on them.
   */
  async writeNextTo(importId: string, earlier: readonly LoadedExtract[]): Promise<void> {
    const visible = earlier.map(({ sequence }) => sequence).join(' ');
    await this.database.transaction(async (tx) => {
      const sql = 'select visible_before as before from import where id = $1 for update';
      const [row] = await rowsOf<{ before: string | null }>(tx, sql, [importId]);
      if (row!.before === visible) return;
      for (const table of ['fact_part', 'import_table', 'reject'])
        await rowsOf(tx, `delete from ${table} where import_id = $1`, [importId]);
      await updateImport(tx, importId, { visible_before: visible });
    });
  }

  async importAll(extract: ExtractRun): Promise<void> {
    const { run, row, references } = extract;
    const described = row.manifest.tables;
    const tables = CONTRACT_TABLES.filter(({ name }) => described[name] !== undefined);
    const rowsTotal = tables.reduce((sum, { name }) => sum + (described[name]!.rows ?? 0), 0);
    const done = new Map((await importedTables(this.database, row.id)).map((table) => [table.name, table]));
    const stopped = new Set([...done.values()].filter(({ isStopped }) => isStopped).map(({ name }) => name));
    let rowsBefore = 0;
    for (const [place, table] of tables.entries()) {
      const onRows = (rows: number): Promise<void> => {
        const counts = { rowsDone: Math.min(rowsBefore + rows, rowsTotal), rowsTotal };
        return run.progress({ phase: table.name, ...(rowsTotal === 0 ? {} : counts) });
      };
      const before = done.get(table.name);
      if (before !== undefined) {
        for (const month of before.parts) references.add(table.name, this.files.facts(row.id, table.name, month));
      } else {
        await onRows(0);
        const step = { table, place, onRows };
        const parent = table.columns.find(({ refersTo }) => refersTo !== undefined && stopped.has(refersTo))?.refersTo;
        if (parent !== undefined)
          await this.storeStopped(extract, step, notice('table.parentStopped', table.name, { parent }));
        if (parent !== undefined || !(await this.importTable(extract, step))) stopped.add(table.name);
      }
      rowsBefore += described[table.name]!.rows ?? 0;
    }
  }

  /** Imports one table; false if a fault of the table, or of all its rows, stops it: the report has the reason. */
  private async importTable(extract: ExtractRun, step: TableStep): Promise<boolean> {
    const { run, row, engine, references } = extract;
    const { table, onRows } = step;
    try {
      let isImported = true;
      await withCheckedTable(engine, extract, table, { signal: run.signal, onRows }, async (checked) => {
        const { read, accepted } = checked.counts;
        isImported = accepted > 0 || read === 0;
        if (!isImported) {
          checked.notices.unshift(notice('table.allRejected', table.name, { read }));
          await this.store(extract, step, checked, NOTHING_WRITTEN, undefined);
          this.log.warn({ import: row.id, table: table.name, ...checked.counts }, 'table of an extract rejected');
          return;
        }
        const written = await this.write(extract, table, checked);
        const summary = await this.summarise(extract, table, checked, written);
        await this.store(extract, step, checked, written, summary);
        for (const { month } of written.parts) references.add(table.name, this.files.facts(row.id, table.name, month));
        this.log.info({ import: row.id, table: table.name, ...checked.counts }, 'table of an extract checked');
      });
      return isImported;
    } catch (thrown) {
      run.signal.throwIfAborted();
      const isFaultOfTable =
        thrown instanceof Failure && (thrown.kind === 'unprocessable' || thrown.kind === 'invalid');
      if (!isFaultOfTable) throw thrown;
      await this.storeStopped(extract, step, stoppedNotice(table.name, thrown.text));
      return false;
    }
  }

  private async write(
    { row, dataKey, earlier, clock, references }: ExtractRun,
    table: ContractTable,
    checked: CheckedExtractTable,
  ): Promise<WrittenFacts> {
    const { manifest } = row;
    const owners = await references.ownersOf(table, checked);
    const written = await writeFacts(
      { ...checked, owners },
      {
        operator: this.config.operator,
        sequence: manifest.sequence,
        clock,
        extractedAt: new Date(manifest.extractedAt),
        knownAfterSeconds: knownAfterSeconds(manifest.tables[table.name]!),
        covered: earlier.filter(({ tables }) => tables.some((known) => known.table === table.name)),
        pseudonymKey: this.lakeKeys.pseudonymKey(),
        file: (month) => this.files.facts(row.id, table.name, month),
        personalFile: this.files.personal(row.id, table.name),
        personalKey: personalKeyOf(row.id, table.name, dataKey),
        provincePath: row.org_unit_path,
        freeColumns: checked.freeColumns,
      },
    );
    const rows = written.parts.reduce((sum, part) => sum + part.rows, 0);
    const { accepted } = checked.counts;
    if (rows !== accepted) throw new Error(`${rows} of ${accepted} accepted rows were written`);
    return written;
  }

  /** Statistics of a table's last month; undefined if it has no rows up to then. */
  private async summarise(
    { row, engine }: ExtractRun,
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
    { row, dataKey, refusals }: ExtractRun,
    { table: { name }, place }: TableStep,
    { counts, freeColumns, notices: tableNotices, rejects, paths }: CheckedExtractTable,
    written: WrittenFacts,
    summary: ExtractTableSummary | undefined,
  ): Promise<void> {
    const refused =
      name === CUSTOMERS ? refusalNotices(name, await refusalsInRejects(refusals.read!, rejects), refusals) : [];
    const report: TableReport = {
      importId: row.id,
      place,
      name,
      version: written === NOTHING_WRITTEN ? '' : String(row.manifest.sequence),
      counts,
      months: written.months,
      freeColumns,
      notices: [...tableNotices, ...refused],
    };
    await this.database.transaction(async (tx) => {
      await storeTable(tx, report);
      await storeFacts(tx, report, written, summary);
      await storeRejects(tx, rejects, { importId: row.id, dataKey, table: name, paths });
    });
  }

  private async storeStopped(
    { row, refusals }: ExtractRun,
    { table: { name }, place }: TableStep,
    why: Notice,
  ): Promise<void> {
    const counts = { read: 0, accepted: 0, rejected: 0, duplicates: 0 };
    const refused = name === CUSTOMERS ? refusalNotices(name, refusals.refusals, refusals) : [];
    const report = { importId: row.id, place, name, version: '', counts, months: [], freeColumns: [] };
    await this.database.transaction((tx) => storeTable(tx, { ...report, notices: [why, ...refused] }));
    this.log.warn({ import: row.id, table: name, reason: why.key }, 'table of an extract stopped');
  }
}
