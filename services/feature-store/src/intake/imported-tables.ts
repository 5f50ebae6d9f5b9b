import { contractTableOf } from '@holdfast/extract-contract/tables';
import { rowsOf, type Database, type Transaction } from '@holdfast/platform/database';
import type { ExtractTableSummary } from '../comparison/extract-summary.js';
import type { Finding } from '../comparison/finding.js';
import type { RowCounts } from '../csv/rejects.js';
import type { FreeColumn } from '../extract/free-columns.js';
import type { Manifest } from '../extract/manifest.js';
import type { WrittenFacts } from '../facts/write-facts.js';
import { notice, type Notice } from '../notices.js';

/** A table of an extract that a run has imported or stopped. */
export interface ImportedTable {
  name: string;
  /** Whether nothing of it was imported. */
  isStopped: boolean;
  months: string[];
  /** Months of its files. */
  parts: string[];
}

/** The tables of an import that are done, in the order of import. */
export async function importedTables(database: Database, importId: string): Promise<ImportedTable[]> {
  const rows = await database.query<{ table_name: string; version: string; months: string[]; parts: string[] }>(
    `select table_name, version, months, array(select month from fact_part
       where fact_part.import_id = t.import_id and fact_part.table_name = t.table_name order by month) as parts
     from import_table t where import_id = $1 order by place`,
    [importId],
  );
  return rows.map(({ table_name: name, version, months, parts }) => ({
    name,
    isStopped: version === '',
    months,
    parts,
  }));
}

/** The report of a table; without a version nothing of it was imported. */
export interface TableReport {
  importId: string;
  /** In the order of import. */
  place: number;
  name: string;
  version: string;
  counts: RowCounts;
  months: string[];
  freeColumns: readonly FreeColumn[];
  notices: Notice[];
}

export async function storeTable(tx: Transaction, report: TableReport): Promise<void> {
  const { counts } = report;
  await rowsOf(
    tx,
    `insert into import_table (import_id, place, table_name, version, rows_read, rows_accepted, rows_rejected,
       rows_duplicate, months, free_columns, notices) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      report.importId,
      report.place,
      report.name,
      report.version,
      counts.read,
      counts.accepted,
      counts.rejected,
      counts.duplicates,
      report.months,
      JSON.stringify(report.freeColumns.map(({ name, type }) => ({ name, type }))),
      JSON.stringify(report.notices),
    ],
  );
}

/** Stores the files of a table and the statistics of its last month. */
export async function storeFacts(
  tx: Transaction,
  { importId, name }: Pick<TableReport, 'importId' | 'name'>,
  { parts }: WrittenFacts,
  summary: ExtractTableSummary | undefined,
): Promise<void> {
  for (const { month, rows } of parts) {
    await rowsOf(tx, 'insert into fact_part (import_id, table_name, month, rows) values ($1, $2, $3, $4)', [
      importId,
      name,
      month,
      rows,
    ]);
  }
  if (summary === undefined) return;
  await rowsOf(tx, 'insert into extract_summary (import_id, table_name, summary) values ($1, $2, $3)', [
    importId,
    name,
    JSON.stringify(summary),
  ]);
}

/** Stores the report of an import over all its tables. */
export async function storeTotals(
  tx: Transaction,
  importId: string,
  { tables }: Manifest,
  findings: readonly Finding[],
): Promise<void> {
  const outside = Object.keys(tables).filter((name) => contractTableOf(name) === undefined);
  await rowsOf(
    tx,
    `update import set notices = $2, findings = $3,
       (rows_read, rows_accepted, rows_rejected, rows_duplicate) =
         (select sum(rows_read), sum(rows_accepted), sum(rows_rejected), sum(rows_duplicate)
          from import_table where import_id = $1)
     where id = $1`,
    [importId, JSON.stringify(outside.map((name) => notice('table.outsideContract', name))), JSON.stringify(findings)],
  );
}
