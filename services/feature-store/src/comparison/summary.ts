import { insertRow, type Database, type Transaction } from '@holdfast/platform/database';
import { SHARDS, type KeySpace } from '@holdfast/platform/identity';
import { isFeature, type CheckedColumn, type ColumnType, type ExclusionReason, type Role } from '../column/column.js';
import type { Relation } from '../engine/engine.js';
import type { CheckedTable } from '../table/read-table.js';

/** Rows of a sample, in whole shards: the same subscribers in every version. */
export const SAMPLE_ROWS = 200_000;
/** Stored codes of a column, the most frequent first. */
export const CODES_MAX = 200;
/** Columns per query of quantiles: each has its values in memory. */
const COLUMNS_PER_PASS = 24;
export const DECILES = '[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]';

export interface ColumnSummary {
  name: string;
  role: Role;
  type: ColumnType;
  /** Whether models use it. */
  isUsed: boolean;
  isDeclared: boolean;
  excluded?: ExclusionReason;
  /** Rows of the sample, and those without a value. */
  rows: number;
  missing: number;
  /** Of a number: distinct deciles, and the share of values up to each. */
  edges?: number[];
  shares?: number[];
  /** Of a number: deciles of the values other than 0, for the scale of a column of mostly zeros. */
  nonZero?: number[];
  /** Of a category, flag, label or unit: shares of its most frequent codes. */
  codes?: Record<string, number>;
}

/** Statistics of the newest month of a version's file. */
export interface VersionSummary {
  keySpace: KeySpace['of'];
  month: string;
  rows: number;
  labelledRows: number;
  positiveRows: number;
  columns: ColumnSummary[];
}

/** Roles without statistics of values: identifying, or different in every version. */
const WITHOUT_VALUES: ReadonlySet<Role> = new Set(['key', 'personal', 'excluded', 'month', 'split']);

/** SQL condition on typed rows: those of the newest month. */
export function isNewestMonth({ months }: Pick<CheckedTable, 'months'>): string {
  return `month = ${months.length - 1}`;
}

/** A sample of the newest month: the cells `c<place>` and the values `f<place>` of its rows. */
export type Sample = Relation<'row_no' | 'shard'>;

export function sampledShards(rows: number): number {
  return rows <= SAMPLE_ROWS ? SHARDS : Math.max(1, Math.ceil((SHARDS * SAMPLE_ROWS) / rows));
}

export async function sampleOf({ staged, accepted, ...table }: CheckedTable): Promise<Sample> {
  const rows = await accepted.count(isNewestMonth(table));
  const sql = `select staged.* exclude (month), accepted.* exclude (row_no, subscription_id)
    from ${accepted.name} as accepted join ${staged.name} as staged using (row_no)
    where accepted.${isNewestMonth(table)} and shard < ${sampledShards(rows)}`;
  return accepted.engine.tableOf('sample', ['row_no', 'shard'], sql);
}

/** Statistics of the newest month of a table. */
export async function summarise(table: CheckedTable, sample: Sample): Promise<VersionSummary> {
  const { accepted } = table;
  const sql = `select count(*) as rows, count(label) as "labelledRows", sum(label) as "positiveRows"
    from ${accepted.name} where ${isNewestMonth(table)}`;
  const size = await accepted.engine.numbers<'rows' | 'labelledRows' | 'positiveRows'>(sql);
  const columns = await countMissing(sample, table);
  const numbers = columns.filter((column) => column.summary.isUsed && isNumeric(column.summary.type));
  for (let at = 0; at < numbers.length; at += COLUMNS_PER_PASS)
    await addDeciles(sample, numbers.slice(at, at + COLUMNS_PER_PASS));
  for (const { place, summary } of columns) {
    const isCoded = summary.role === 'label' || summary.role === 'unit' || (summary.isUsed && !isNumeric(summary.type));
    if (!isCoded || summary.type === 'date') continue;
    summary.codes = await codesOf(sample, `c${place}`, summary.rows - summary.missing);
  }
  return {
    keySpace: table.keySpace.of,
    month: table.months.at(-1)!,
    ...size,
    columns: columns.map(({ summary }) => summary),
  };
}

interface SummarisedColumn {
  place: number;
  summary: ColumnSummary;
}

/** Dates advance with every month, so their distribution is not compared. */
function isNumeric(type: ColumnType): boolean {
  return type === 'number';
}

async function countMissing(sample: Sample, table: CheckedTable): Promise<SummarisedColumn[]> {
  const found: SummarisedColumn[] = [];
  for (let at = 0; at < table.columns.length; at += 100) {
    const columns = table.columns.slice(at, at + 100);
    const counts = columns.map(({ place }) => `count(*) - count(c${place}) as m${place}`).join(', ');
    const row = await sample.engine.numbers<string>(`select count(*) as rows, ${counts} from ${sample.name}`);
    for (const column of columns) {
      const { place } = column;
      const isDeclared = table.layout.columns[place]!.declared !== undefined;
      found.push({ place, summary: summaryOf(column, isDeclared, row['rows']!, row[`m${place}`]!) });
    }
  }
  return found;
}

function summaryOf(column: CheckedColumn, isDeclared: boolean, rows: number, missing: number): ColumnSummary {
  const { name, role, type, excluded } = column;
  const isUsed = isFeature(column) && column.isStored && !WITHOUT_VALUES.has(role);
  return { name, role, type, isUsed, isDeclared, ...(excluded === undefined ? {} : { excluded }), rows, missing };
}

async function addDeciles(sample: Sample, columns: readonly SummarisedColumn[]): Promise<void> {
  const quantiles = columns.map(({ place }) => {
    const value = `f${place}`;
    return `quantile_cont(${value}, ${DECILES}) as q${place},
      quantile_cont(${value}, ${DECILES}) filter (where ${value} <> 0) as z${place}`;
  });
  const sql = `select ${quantiles.join(', ')} from ${sample.name}`;
  const row = await sample.engine.row<Record<string, number[] | null>>(sql);
  for (const { place, summary } of columns) {
    summary.edges = [...new Set(row[`q${place}`] ?? [])];
    summary.nonZero = row[`z${place}`] ?? [];
  }
  const edges = columns.map(({ place, summary }) => ({ place, edges: summary.edges! }));
  const shares = await sharesUpTo(sample, edges);
  columns.forEach(({ summary }, at) => (summary.shares = shares[at]!));
}

/** The share of a column's values up to each edge. */
export async function sharesUpTo(
  sample: Sample,
  columns: readonly { place: number; edges: readonly number[] }[],
): Promise<number[][]> {
  const wanted = columns.filter(({ edges }) => edges.length > 0);
  if (wanted.length === 0) return columns.map(() => []);
  const counts = wanted.map(({ place, edges }) => {
    const cells = edges.map((edge) => `count(*) filter (where f${place} <= '${edge}'::double)`);
    return `count(f${place}) as n${place}, [${cells.join(', ')}] as s${place}`;
  });
  const sql = `select ${counts.join(', ')} from ${sample.name}`;
  const row = await sample.engine.row<Record<string, bigint | bigint[]>>(sql);
  return columns.map(({ place, edges }) => {
    if (edges.length === 0) return [];
    const present = Math.max(1, Number(row[`n${place}`]));
    return (row[`s${place}`] as bigint[]).map((count) => Number(count) / present);
  });
}

/** Shares of the most frequent texts of a cell. */
export async function codesOf(
  sample: Relation,
  cell: string,
  present: number,
  max = CODES_MAX,
): Promise<Record<string, number>> {
  const sql = `select ${cell}::varchar as code, count(*) as rows from ${sample.name} where ${cell} is not null
    group by code order by rows desc, code limit ${max}`;
  const rows = await sample.engine.rows<{ code: string; rows: bigint }>(sql);
  return Object.fromEntries(rows.map(({ code, rows: count }) => [code, Number(count) / Math.max(1, present)]));
}

/** Stores a version's statistics for the comparison with the next one. */
export async function storeSummary(
  tx: Transaction,
  { table, version }: { table: string; version: string },
  summary: VersionSummary,
): Promise<void> {
  await insertRow(tx, 'version_summary', { table_name: table, version, summary }, 'on conflict do nothing');
}

export interface StoredSummary {
  version: string;
  importId: string;
  months: string[];
  summary: VersionSummary;
}

/**
 * Statistics of the newest other file of a table.
 * @param byMonth whether that of the newest month counts, and not the one that came last, which may correct an earlier month
 */
export async function summaryBefore(
  database: Database,
  table: string,
  version: string,
  byMonth: boolean,
): Promise<StoredSummary | undefined> {
  const sql = `select version, import_id as "importId", months, summary from table_version
      join version_summary using (table_name, version)
    where table_name = $1 and version <> $2 and withdrawn_at is null
    order by case when $3 and file_months <> '{}' then summary ->> 'month' end desc nulls last, rank desc limit 1`;
  const [row] = await database.query<StoredSummary>(sql, [table, version, byMonth]);
  return row;
}
