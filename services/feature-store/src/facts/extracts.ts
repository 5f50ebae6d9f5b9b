import { Injectable } from '@nestjs/common';
import { monthRange } from '@holdfast/platform/calendar';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { FreeColumn } from '../extract/free-columns.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';

export interface ExtractTable {
  table: string;
  rows: number;
  freeColumns: FreeColumn[];
  /** Months of its files and their rows; the empty month if it has one file. */
  parts: { month: string; rows: number }[];
  /** Months with rows, ascending. */
  months: string[];
}

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

const EXTRACT_COLUMNS = `sequence::float8 as sequence, extract_id as "extractId", import_id as "importId",
  org_unit_path as "orgUnitPath", extracted_at as "extractedAt", from_month as "from", to_month as "to", currency,
  time_zone as "timeZone", closed_months as "closedMonths"`;

/** An extract that is visible, or was until it was withdrawn. */
interface PublishedExtract extends LoadedExtract {
  /** Ascending in the order of publication. */
  rank: number;
  /** Undefined unless it was withdrawn. */
  withdrawal: Withdrawal | undefined;
}

interface Withdrawal {
  /** Ascending. */
  number: number;
  at: Date;
  /** Extracts of a higher rank became visible later. */
  after: number;
}

type ExtractRow = Omit<PublishedExtract, 'tables' | 'withdrawal'> & {
  [Column in keyof Withdrawal as `withdrawal_${Column}`]: Withdrawal[Column] | null;
};

const WITHDRAWAL_COLUMNS = `rank::float8 as rank, withdrawal::float8 as withdrawal_number, withdrawn_at as withdrawal_at,
  withdrawn_after::float8 as withdrawal_after`;

const extractWithdrawn = failure('unavailable', 'extract.withdrawnMeanwhile', {
  en: 'Extract {sequence} was withdrawn while it was read; this begins again without it.',
  'zh-CN': '读取期间，第 {sequence} 个数据包已撤回，将在去除该包后重新开始。',
});

/** Extracts that are visible, or were, with their files. */
@Injectable()
export class Extracts {
  private cached: { key: string; tables: ReadonlyMap<string, ExtractTable[]> } | undefined;

  constructor(private readonly database: Database) {}

  /** The visible ones, by sequence, oldest first. */
  async loaded(): Promise<LoadedExtract[]> {
    return (await this.published()).filter(({ withdrawal }) => withdrawal === undefined);
  }

  /**
   * Those that were visible at a moment, by sequence: before a withdrawal, those that were visible just before it, so that
   * an answer as of a moment before it never changes. After the last withdrawal, the visible ones.
   */
  async visibleAt(moment: Date): Promise<LoadedExtract[]> {
    const all = await this.published();
    const later = all.flatMap(({ withdrawal }) =>
      withdrawal === undefined || withdrawal.at <= moment ? [] : [withdrawal],
    );
    const next = later.sort((left, right) => left.number - right.number)[0];
    if (next === undefined) return all.filter(({ withdrawal }) => withdrawal === undefined);
    return all.filter(
      ({ rank, withdrawal }) => rank <= next.after && (withdrawal === undefined || withdrawal.number >= next.number),
    );
  }

  /** All of them, by sequence. */
  async published(): Promise<PublishedExtract[]> {
    const sql = `select ${EXTRACT_COLUMNS}, ${WITHDRAWAL_COLUMNS} from extract order by sequence`;
    const rows = await this.database.query<ExtractRow>(sql);
    const tables = await this.cachedTables(rows.map(({ importId }) => importId));
    return rows.map(({ withdrawal_number: number, withdrawal_at: at, withdrawal_after: after, ...row }) => ({
      ...row,
      tables: tables.get(row.importId) ?? [],
      withdrawal: number === null ? undefined : { number, at: at!, after: after! },
    }));
  }

  /** The tables of a published extract never change. */
  private async cachedTables(importIds: readonly string[]): Promise<ReadonlyMap<string, ExtractTable[]>> {
    const key = importIds.join(' ');
    if (this.cached?.key === key) return this.cached.tables;
    const tables = new Map<string, ExtractTable[]>();
    for (const table of await this.tablesOf(importIds))
      tables.set(table.importId, [...(tables.get(table.importId) ?? []), table]);
    this.cached = { key, tables };
    return tables;
  }

  /** An extract whose tables are written and not visible. */
  async unpublished(importId: string, manifest: Manifest, orgUnitPath: string): Promise<LoadedExtract> {
    const { sequence, extractId, from, to, currency, timezone: timeZone } = manifest;
    const extractedAt = new Date(manifest.extractedAt);
    const of = { sequence, extractId, importId, orgUnitPath, extractedAt, from, to, currency, timeZone };
    return { ...of, closedMonths: [], tables: await this.tablesOf([importId]) };
  }

  private tablesOf(importIds: readonly string[]): Promise<(ExtractTable & { importId: string })[]> {
    const tableSql = `select import_id as "importId", table_name as "table", rows_accepted::float8 as rows, months,
        free_columns as "freeColumns",
        coalesce((select jsonb_agg(jsonb_build_object('month', month, 'rows', rows) order by month) from fact_part
          where fact_part.import_id = import_table.import_id and fact_part.table_name = import_table.table_name),
          '[]') as parts
      from import_table where import_id = any($1::uuid[]) and version <> '' order by place`;
    return this.database.query(tableSql, [importIds]);
  }

  /** Months that some extract closed, ascending. */
  async closedMonths(): Promise<string[]> {
    return closedMonthsOf(await this.loaded());
  }
}

export function closedMonthsOf(extracts: readonly LoadedExtract[]): string[] {
  return [...new Set(extracts.flatMap(({ closedMonths }) => closedMonths))].sort();
}

/** Names of the tables that some extract has. */
export function tablesOf(extracts: readonly LoadedExtract[]): Set<string> {
  return new Set(extracts.flatMap(({ tables }) => tables.map(({ table }) => table)));
}

/** Until the end of the transaction none of the extracts is withdrawn. @throws unavailable if one was */
export async function requireVisible(tx: Transaction, extracts: readonly LoadedExtract[]): Promise<void> {
  const sql =
    'select sequence, withdrawn_at from extract where sequence = any($1::bigint[]) order by sequence for share';
  const sequences = extracts.map(({ sequence }) => sequence);
  const found = await rowsOf<{ sequence: string; withdrawn_at: Date | null }>(tx, sql, [sequences]);
  const gone = found.find(({ withdrawn_at: at }) => at !== null);
  if (gone !== undefined) throw extractWithdrawn({ sequence: gone.sequence });
}

const NEEDED_AT_ALL = ['subscriptions', 'status_history'];
const NEEDED_BY_MONTH = ['billing', 'usage'];

/**
 * Months that an extract completes and no earlier one did, ascending: all of its months if it is complete; else those with
 * subscriptions, status_history, billing and usage in it or in earlier extracts.
 * @param months of the extract's imported tables
 */
export function newlyClosed(
  { from, to, complete, tables }: Pick<Manifest, 'from' | 'to' | 'complete' | 'tables'>,
  months: ReadonlyMap<string, readonly string[]>,
  earlier: readonly LoadedExtract[],
): string[] {
  const has = (table: string, month?: string): boolean =>
    (months.has(table) && (month === undefined || months.get(table)!.includes(month))) ||
    earlier.some(({ tables: known }) =>
      known.some((one) => one.table === table && (month === undefined || one.months.includes(month))),
    );
  // An extract that is declared complete is not, if one of these tables was not imported.
  const isComplete =
    complete &&
    Object.keys(tables).every((table) => months.has(table) || ![...NEEDED_AT_ALL, ...NEEDED_BY_MONTH].includes(table));
  const isClosed = (month: string): boolean =>
    isComplete || (NEEDED_AT_ALL.every((table) => has(table)) && NEEDED_BY_MONTH.every((table) => has(table, month)));
  const before = new Set(closedMonthsOf(earlier));
  return monthRange(from, to).filter((month) => !before.has(month) && isClosed(month));
}
