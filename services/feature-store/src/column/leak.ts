import { SHARDS } from '@holdfast/platform/identity';
import type { Relation } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { isFeature, type CheckedColumn, type HeaderColumn } from './column.js';

/** A column that separates churners this well is a consequence of churn, not a cause. */
const LEAK_AUC_MIN = 0.995;
/** Fewer of one class than this can be separated by chance. */
const CLASS_ROWS_MIN = 10;
/** Rows per value that a category needs on average; with fewer, each value fits its few rows by chance. */
const ROWS_PER_VALUE_MIN = 5;
const ROWS_EXAMINED = 1_000_000;

/** Excludes columns that leak the label, unless the mapping keeps them. */
export async function excludeLeaks(
  rows: LabelledRows,
  header: readonly HeaderColumn[],
  columns: readonly CheckedColumn[],
): Promise<Notice[]> {
  const leaks = await findLeaks(rows, columns);
  return [...leaks].map(([column, auc]) => {
    if (!header[column.place]!.isKept) column.excluded = 'suspected_leak';
    return notice('column.suspectedLeak', column.name, { auc: auc.toFixed(3) });
  });
}

type LabelledRows = Relation<'shard' | 'label'>;

/**
 * Columns that on their own almost determine the label, with their AUC (0.5 to 1). The values of a category are ordered by
 * their rate of churners; a missing value counts, too, since a column may be filled for churners only. O(rows log rows) per
 * column.
 * @param rowsExamined labelled rows, in whole shards
 */
export async function findLeaks(
  rows: LabelledRows,
  columns: readonly CheckedColumn[],
  rowsExamined = ROWS_EXAMINED,
): Promise<Map<CheckedColumn, number>> {
  const leaks = new Map<CheckedColumn, number>();
  const sql = `select count(label) as labelled, sum(label) as churners from ${rows.name}`;
  const { labelled, churners } = await rows.engine.numbers<'labelled' | 'churners'>(sql);
  if (churners < CLASS_ROWS_MIN || labelled - churners < CLASS_ROWS_MIN) return leaks;
  const shards = Math.ceil((SHARDS * rowsExamined) / labelled);
  for (const column of columns) {
    if (!isFeature(column) || !column.isStored) continue;
    if (column.type === 'category' && column.distinct * ROWS_PER_VALUE_MIN > labelled) continue;
    const auc = await singleColumnAuc(rows, column, shards);
    if (auc >= LEAK_AUC_MIN) leaks.set(column, auc);
  }
  return leaks;
}

async function singleColumnAuc(rows: LabelledRows, column: CheckedColumn, shards: number): Promise<number> {
  // Missing values are below all or above all others; of a category, their rate of churners decides.
  const orders =
    column.type === 'category' ? ['churners / (churners + others), value'] : ['value nulls first', 'value nulls last'];
  const areas = orders.map(
    (_, at) => `sum(churners * (below${at} + others / 2)) / (sum(churners) * sum(others)) as area${at}`,
  );
  const below = orders.map(
    (order, at) => `sum(others) over (order by ${order} rows unbounded preceding) - others as below${at}`,
  );
  const sql = `with groups as (
      select f${column.place} as value, sum(label) as churners, count(*) - sum(label) as others
      from ${rows.name} where label is not null and shard < ${shards} group by 1
    ), ranked as (select *, ${below.join(', ')} from groups)
    select ${areas.join(', ')} from ranked`;
  const row = await rows.engine.row<Record<string, number | null>>(sql);
  const known = Object.values(row).filter((area) => area !== null && !Number.isNaN(area)) as number[];
  return Math.max(0.5, ...known.map((area) => Math.max(area, 1 - area)));
}
