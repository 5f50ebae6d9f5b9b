/** File of a month whose table is not kept by month. */
const ALL_MONTHS = '';

/** Where facts are below the lake's folder. */
export function factPath(importId: string, table: string, month: string): string {
  return `facts/${importId}/${table}/${month === ALL_MONTHS ? 'all' : month}.parquet`;
}

/** Where the personal columns of the same rows are, encrypted. */
export function personalPath(importId: string, table: string): string {
  return `facts/${importId}/${table}/personal.parquet`;
}
