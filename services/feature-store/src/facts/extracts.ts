import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import type { FreeColumn } from '../extract/free-columns.js';

/** A table of an extract, as it went in. */
export interface ExtractTable {
  table: string;
  rows: number;
  freeColumns: FreeColumn[];
  /** Months of its files and their rows; the empty month where it is not kept by month. */
  parts: { month: string; rows: number }[];
  /** Months with rows, ascending. */
  months: string[];
}

/** An extract that is visible. */
export interface LoadedExtract {
  sequence: number;
  extractId: string;
  importId: string;
  orgUnitPath: string;
  extractedAt: Date;
  from: string;
  to: string;
  currency: string;
  timeZone: string;
  closedMonths: string[];
  tables: ExtractTable[];
}

interface ExtractRow {
  sequence: string;
  extract_id: string;
  import_id: string;
  org_unit_path: string;
  extracted_at: Date;
  from_month: string;
  to_month: string;
  currency: string;
  time_zone: string;
  closed_months: string[];
}

interface TableRow {
  import_id: string;
  table_name: string;
  rows_accepted: string;
  months: string[];
  free_columns: FreeColumn[];
  parts: { month: string; rows: number }[];
}

/** Which extracts are visible, and what files they have. */
@Injectable()
export class Extracts {
  private cached: { key: string; extracts: LoadedExtract[] } | undefined;

  constructor(private readonly database: Database) {}

  /** By sequence, oldest first. */
  async loaded(): Promise<LoadedExtract[]> {
    const rows = await this.database.query<ExtractRow>('select * from extract order by sequence');
    const key = rows.map(({ import_id: id }) => id).join(' ');
    // What a visible extract has never changes.
    if (this.cached?.key === key) return this.cached.extracts;
    const tables = await this.database.query<TableRow>(
      `select import_id, table_name, rows_accepted, months, free_columns,
         coalesce((select jsonb_agg(jsonb_build_object('month', month, 'rows', rows) order by month) from fact_part
           where fact_part.import_id = import_table.import_id and fact_part.table_name = import_table.table_name),
           '[]') as parts
       from import_table where import_id = any($1::uuid[]) and version <> '' order by place`,
      [rows.map(({ import_id: id }) => id)],
    );
    const extracts = rows.map((row): LoadedExtract => ({
      sequence: Number(row.sequence),
      extractId: row.extract_id,
      importId: row.import_id,
      orgUnitPath: row.org_unit_path,
      extractedAt: row.extracted_at,
      from: row.from_month,
      to: row.to_month,
      currency: row.currency,
      timeZone: row.time_zone,
      closedMonths: row.closed_months,
      tables: tables.filter((table) => table.import_id === row.import_id).map(tableOf),
    }));
    this.cached = { key, extracts };
    return extracts;
  }

  /** Months that some extract closed, ascending. */
  async closedMonths(): Promise<string[]> {
    return closedMonthsOf(await this.loaded());
  }
}

export function closedMonthsOf(extracts: readonly LoadedExtract[]): string[] {
  return [...new Set(extracts.flatMap(({ closedMonths }) => closedMonths))].sort();
}

function tableOf(row: TableRow): ExtractTable {
  return {
    table: row.table_name,
    rows: Number(row.rows_accepted),
    freeColumns: row.free_columns,
    parts: row.parts,
    months: row.months,
  };
}
