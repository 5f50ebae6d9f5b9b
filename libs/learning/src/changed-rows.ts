import { Table, allRows, valuesOf, type Column } from './table.js';

/** Other values of some columns, for each of some rows. */
export interface ChangedColumns {
  /** Has these columns alone. Many rows may share a row of it. */
  readonly values: Table;
  /** By row: its row of `values`. */
  readonly rows: Uint32Array;
}

/**
 * Evaluates rows with each change, on a table that has them alone, with the changed columns.
 * @param work gives a number for each row
 * @returns by change and row
 */
export function withEachChange(
  table: Table,
  rows: Uint32Array,
  changes: readonly ChangedColumns[],
  work: (changed: Table, rows: Uint32Array) => Float64Array,
): Float64Array {
  const own = table.columns.map((column) => gathered(column, rows));
  const all = allRows(rows.length);
  const results = new Float64Array(changes.length * rows.length);
  changes.forEach(({ values, rows: from }, at) => {
    const changed = new Map(values.columns.map((column) => [column.name, gathered(column, from)]));
    const columns = own.map((column) => changed.get(column.name) ?? column);
    results.set(work(new Table(columns), all), at * rows.length);
  });
  return results;
}

/** The column of some rows alone. */
function gathered(column: Column, rows: Uint32Array): Column {
  if (column.kind === 'number') return { ...column, values: valuesOf(column.values, rows) };
  const codes = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) codes[at] = column.codes[rows[at]!]!;
  return { ...column, codes };
}
