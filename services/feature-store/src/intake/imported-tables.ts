import { contractTableOf } from '@holdfast/extract-contract/tables';
import { insertRow, rowsOf, type Database, type Transaction } from '@holdfast/platform/database';
import type { ExtractTableSummary } from '../comparison/extract-summary.js';
import type { Finding } from '../comparison/finding.js';
import type { RowCounts } from '../csv/rejects.js';
import type { FreeColumn } from '../extract/free-columns.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import type { WrittenFacts } from '../facts/write-facts.js';
import { notice, type Notice } from '../notices.js';

/** A table of an extract that a run has imported or stopped. */
export interface ImportedTable {
  name: string;
  /** Whether nothing of it was imported. */
  isStopped: boolean;
  /** Accepted rows. */
  rows: number;
  months: string[];
  /** Months of its files. */
  parts: string[];
  notices: Notice[];
}

/** The tables of an import that are done, in the order of import. */
export async function importedTables(database: Database, importId: string): Promise<ImportedTable[]> {
  const sql = `select table_name as name, version = '' as "isStopped", rows_accepted::float8 as rows, months, notices, array(select month from fact_part
      where fact_part.import_id = t.import_id and fact_part.table_name = t.table_name order by month) as parts
    from import_table t where import_id = $1 order by place`;
  return database.query<ImportedTable>(sql, [importId]);
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
  const { importId, place, name, version, counts, months, freeColumns, notices } = report;
  await insertRow(tx, 'import_table', {
    ...{ import_id: importId, place, table_name: name, version, months },
    ...countColumns(counts),
    free_columns: JSON.stringify(freeColumns.map(({ name: column, type }) => ({ name: column, type }))),
    notices: JSON.stringify(notices),
  });
}

export function countColumns({ read, accepted, rejected, duplicates }: RowCounts): Record<string, number> {
  return { rows_read: read, rows_accepted: accepted, rows_rejected: rejected, rows_duplicate: duplicates };
}

/** Stores the files of a table and the statistics of its last month. */
export async function storeFacts(
  tx: Transaction,
  { importId, name }: Pick<TableReport, 'importId' | 'name'>,
  { parts }: WrittenFacts,
  summary: ExtractTableSummary | undefined,
): Promise<void> {
  const key = { import_id: importId, table_name: name };
  for (const { month, rows } of parts) await insertRow(tx, 'fact_part', { ...key, month, rows });
  if (summary !== undefined) await insertRow(tx, 'extract_summary', { ...key, summary });
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
