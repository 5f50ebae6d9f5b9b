import { SHARDS } from '@holdfast/platform/identity';

/** DuckDB writes whole vectors of 2,048 rows. */
const VECTOR_ROWS = 2_048;
const ROWS_MIN = 2 * VECTOR_ROWS;
/** DuckDB's default. */
const ROWS_MAX = 60 * VECTOR_ROWS;
/** Parts (a column in a row group) whose places a reader of the file has to read first: some 100 bytes each. */
const PARTS_MAX = 8_192;

/**
 * Rows per row group of a Parquet file that is sorted by shard, so that a reader of some shards reads little of the others,
 * also in a small file: a group holds about one shard. A file of many columns has fewer groups.
 * @returns a multiple of 2,048
 */
export function rowGroupRows(rows: number, columns: number): number {
  const groups = Math.max(1, Math.min(SHARDS, Math.floor(PARTS_MAX / columns)));
  const vectors = Math.ceil(rows / groups / VECTOR_ROWS);
  return Math.min(ROWS_MAX, Math.max(ROWS_MIN, vectors * VECTOR_ROWS));
}
