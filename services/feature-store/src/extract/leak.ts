import { SHARDS } from '@holdfast/platform/identity';
import type { Engine } from '../engine/engine.js';
import { isFeature, type CheckedColumn } from './columns.js';

/** A column that separates leavers this well is no cause but a consequence. */
const LEAK_AUC_MIN = 0.995;
/** Fewer of one class than this can be separated by chance. */
const CLASS_ROWS_MIN = 10;
/** A category needs so many rows a value on average, or each value tells its few rows by heart. */
const ROWS_PER_VALUE_MIN = 5;
/** Rows looked at, whole shards of them: more do not change the verdict. */
const ROWS_EXAMINED = 1_000_000;

/**
 * Columns that by themselves almost determine the label, with their AUC (0.5 to 1). A category is ordered by its
 * values' rate of leavers; a missing value counts too, since a column that is filled for leavers only tells as much.
 * Reads table `accepted`; O(rows log rows) a column.
 * @param rowsExamined labelled rows to look at, whole shards of them
 */
export async function findLeaks(
  engine: Engine,
  columns: readonly CheckedColumn[],
  rowsExamined = ROWS_EXAMINED,
): Promise<Map<CheckedColumn, number>> {
  const leaks = new Map<CheckedColumn, number>();
  const { labelled, positives } = await engine.row<{ labelled: bigint; positives: number | null }>(
    'select count(label) as labelled, sum(label) as positives from accepted',
  );
  const leavers = positives ?? 0;
  if (leavers < CLASS_ROWS_MIN || Number(labelled) - leavers < CLASS_ROWS_MIN) return leaks;
  const shards = Math.ceil((SHARDS * rowsExamined) / Number(labelled));
  for (const column of columns) {
    if (!isFeature(column) || !column.isStored) continue;
    if (column.type === 'category' && column.distinct * ROWS_PER_VALUE_MIN > Number(labelled)) continue;
    const auc = await singleColumnAuc(engine, column, shards);
    if (auc >= LEAK_AUC_MIN) leaks.set(column, auc);
  }
  return leaks;
}

async function singleColumnAuc(engine: Engine, column: CheckedColumn, shards: number): Promise<number> {
  // Missing values stand below all, above all, or (a category) where their rate of leavers puts them.
  const orders =
    column.type === 'category' ? ['leavers / (leavers + others), value'] : ['value nulls first', 'value nulls last'];
  const areas = orders.map(
    (_, at) => `sum(leavers * (below${at} + others / 2)) / (sum(leavers) * sum(others)) as area${at}`,
  );
  const below = orders.map(
    (order, at) => `sum(others) over (order by ${order} rows unbounded preceding) - others as below${at}`,
  );
  const row = await engine.row<Record<string, number | null>>(
    `with groups as (
       select f${column.place} as value, sum(label) as leavers, count(*) - sum(label) as others
       from accepted where label is not null and shard < ${shards} group by 1
     ), ranked as (select *, ${below.join(', ')} from groups)
     select ${areas.join(', ')} from ranked`,
  );
  const known = Object.values(row).filter((area) => area !== null && !Number.isNaN(area)) as number[];
  return Math.max(0.5, ...known.map((area) => Math.max(area, 1 - area)));
}
