import type { Relation } from '../engine/engine.js';

/** Rows up to which a count that decides nothing is exact. */
export const EXACT_ROWS_MAX = 200_000;

/**
 * Relative standard deviation of DuckDB's `approx_count_distinct`: 1.04 / √64 for its 64 registers. For one pair in seventy it
 * counts two values as one (findings/duckdb-approx-count-distinct.sh).
 */
const ESTIMATE_DEVIATION = 0.14;
/** An estimate has a larger error once in a billion. */
const DEVIATIONS_MAX = 6;

/** From this share of distinct texts among subscribers on, a column identifies them. */
const IDENTIFIER_SHARE = 0.9;

/** Least number of distinct values of a column that identifies its subjects. */
export function identifierMin(subjects: number): number {
  return Math.max(2, IDENTIFIER_SHARE * subjects);
}

/** Whether there are surely fewer distinct values than `values`. */
export function isSurelyBelow(estimate: number, values: number): boolean {
  return estimate < values * (1 - DEVIATIONS_MAX * ESTIMATE_DEVIATION);
}

/** A lower bound of the number of distinct values. */
export function surelyAtLeast(estimate: number): number {
  return estimate / (1 + DEVIATIONS_MAX * ESTIMATE_DEVIATION);
}

/**
 * Exact number of distinct values of an expression, NULL aside. Grouping spills to disk, `count(distinct …)` does not. O(rows).
 * @param condition SQL condition on the rows
 */
export async function countDistinct(rows: Relation, sql: string, condition = 'true'): Promise<number> {
  const { values } = await rows.engine.numbers<'values'>(
    `select count(*) as values from (select 1 from ${rows.name} where ${sql} is not null and ${condition} group by ${sql})`,
  );
  return values;
}
