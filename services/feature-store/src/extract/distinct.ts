import type { Engine } from '../engine/engine.js';

/** Counting distinct values of more rows than this exactly costs more than a count that decides nothing is worth. */
export const EXACT_ROWS_MAX = 200_000;

/** A column with at least this share of distinct values among subjects identifies them rather than describes them. */
const IDENTIFIER_SHARE = 0.9;

/** Least number of distinct values of a column that identifies its subjects. */
export function identifierMin(subjects: number): number {
  return Math.max(2, IDENTIFIER_SHARE * subjects);
}

/**
 * Standard deviation of DuckDB's `approx_count_distinct`, relative: its sketch has 64 registers, 1.04 / √64. Two values
 * come out as one for a pair in seventy (findings/duckdb-approx-count-distinct.sh).
 */
const ESTIMATE_DEVIATION = 0.14;
/** So many deviations off, an estimate is wrong once in a billion. */
const DEVIATIONS_MAX = 6;

/** Whether an estimate leaves no doubt that there are fewer distinct values than so many. Never says that there are as many. */
export function isSurelyBelow(estimate: number, values: number): boolean {
  return estimate < values * (1 - DEVIATIONS_MAX * ESTIMATE_DEVIATION);
}

/** So many distinct values there are at least, whatever the error of an estimate. */
export function surelyAtLeast(estimate: number): number {
  return estimate / (1 + DEVIATIONS_MAX * ESTIMATE_DEVIATION);
}

/**
 * Distinct values of an expression among those present, exactly. Grouped, so that what does not fit into memory goes to
 * disk: a count of distinct values over all rows keeps its table in memory. O(rows).
 * @param condition which rows, as SQL
 */
export async function countDistinct(
  engine: Engine,
  sql: string,
  relation: string,
  condition = 'true',
): Promise<number> {
  const { values } = await engine.row<{ values: bigint }>(
    `select count(*) as values from (select 1 from ${relation} where ${sql} is not null and ${condition} group by ${sql})`,
  );
  return Number(values);
}
