import type { ColumnKind, ContractTable } from '@holdfast/extract-contract/table';
import { openColumns } from '@holdfast/extract-contract/tables';
import { literal, type Engine, type Relation } from '../engine/engine.js';
import { KINDS } from '../extract/column-kinds.js';
import type { FreeColumn } from '../extract/free-columns.js';
import {
  CODES_MAX,
  DECILES,
  SAMPLE_ROWS,
  codesOf,
  sampledShards,
  type ColumnSummary,
  type VersionSummary,
} from './summary.js';

/** Statistics of the last month of an extract's table. */
export interface ExtractTableSummary extends VersionSummary {
  isComplete: boolean;
}

interface WrittenTable {
  table: ContractTable;
  /** Its last file, and the rows in it. */
  file: string;
  month: string;
  rows: number;
  free: readonly FreeColumn[];
  /** Last month of the extract. */
  to: string;
  isComplete: boolean;
}

/** Statistics of a written table. O(rows of its last file); the sample is bounded. */
export async function summariseFacts(engine: Engine, written: WrittenTable): Promise<ExtractTableSummary> {
  const { table, file, rows, free } = written;
  const isLastMonth =
    ['day', 'moment'].includes(table.time.kind) && written.month === '' ? `month = '${written.to}'` : 'true';
  const sql = `select * from read_parquet(${literal(file)})
    where ${isLastMonth} and shard < ${sampledShards(rows)} limit ${2 * SAMPLE_ROWS}`;
  const sample = await engine.tableOf('sample', ['shard'], sql);
  const sampled = await sample.count();
  const columns = new Map([
    ...openColumns(table).map(({ name, kind }) => [name, comparedAs(table, kind)] as const),
    ...free.map(({ name, type }) => [name, type === 'DOUBLE' ? 'number' : 'category'] as const),
  ]);
  const summaries: ColumnSummary[] = [];
  for (const [name, type] of columns) {
    if (type !== undefined) summaries.push(await summariseColumn(sample, name, type, sampled));
  }
  await engine.drop(sample);
  const { month, isComplete } = written;
  return { keySpace: 'operator', month, rows, labelledRows: 0, positiveRows: 0, columns: summaries, isComplete };
}

type ComparedType = NonNullable<(typeof KINDS)[ColumnKind]['compared']>;

/** Kinds of tables whose codes are the same every month. */
const CODED_TIMES = new Set(['snapshot', 'spell', 'month']);

/** How a column is compared. Codes of catalogues and events are not: they have new texts every month. */
function comparedAs({ about, time }: ContractTable, kind: ColumnKind): ComparedType | undefined {
  const { compared } = KINDS[kind];
  return compared === 'category' && (about === 'none' || !CODED_TIMES.has(time.kind)) ? undefined : compared;
}

async function summariseColumn(
  sample: Relation,
  name: string,
  type: ComparedType,
  rows: number,
): Promise<ColumnSummary> {
  const cell = `"${name.replaceAll('"', '""')}"`;
  const value = `${cell}::double`;
  const quantiles = type === 'number' ? `quantile_cont(${value}, ${DECILES}) filter (where ${value} <> 0)` : 'null';
  const sql = `select count(${cell}) as present, ${quantiles} as quantiles from ${sample.name}`;
  const found = await sample.engine.row<{ present: bigint; quantiles: number[] | null }>(sql);
  const present = Number(found.present);
  const missing = rows - present;
  const summary: ColumnSummary = { name, role: 'feature', type, isUsed: true, isDeclared: false, rows, missing };
  if (type === 'number') return { ...summary, nonZero: found.quantiles ?? [] };
  if (type !== 'category' || present === 0) return summary;
  const codes = await codesOf(sample, cell, present, CODES_MAX + 1);
  // A column with more distinct texts has no codes.
  return Object.keys(codes).length > CODES_MAX ? summary : { ...summary, codes };
}
