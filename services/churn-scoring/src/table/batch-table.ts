import { MISSING_CATEGORY, Table, type Column } from '@holdfast/learning/table';
import type { Table as TableFacts, ReadTableRequest } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategory, readNumbers } from '@holdfast/platform/columns';
import type { TypedColumn } from './typed-column.js';

/** A batch of a table in its three parts, each a batch of the same rows. */
export interface BatchParts {
  /** `subscription_id`, `month`, `org_unit_path`. */
  readonly subject: ColumnBatch;
  readonly features: ColumnBatch;
  /** `label`, `split`, `value`, if requested. */
  readonly facts: ColumnBatch;
}

/** Takes a batch apart by position: an operator's own column may well be called `value` or `month` too. */
export function partsOf(batch: ColumnBatch, request: ReadTableRequest): BatchParts {
  const factsFrom =
    batch.columns.length - [request.withLabel, request.withSplit, request.withValue].filter(Boolean).length;
  const featuresFrom = factsFrom - request.columns.length;
  const part = (from: number, to?: number): ColumnBatch => ({
    rows: batch.rows,
    columns: batch.columns.slice(from, to),
  });
  return { subject: part(0, featuresFrom), features: part(featuresFrom, factsFrom), facts: part(factsFrom) };
}

/** The rows of one batch as algorithms take them, laid over the batch's own buffers. */
export function tableOf(batch: ColumnBatch, columns: readonly TypedColumn[]): Table {
  return new Table(
    columns.map(({ name, type }): Column => {
      if (type !== 'category') return { kind: 'number', name, values: readNumbers(batch, name) };
      const { codes, dictionary } = readCategory(batch, name);
      return { kind: 'category', name, codes, categories: dictionary };
    }),
  );
}

/** A row's value: undefined where it is missing. */
export function valueAt(column: Column, row: number): number | string | undefined {
  if (column.kind === 'number') {
    const value = column.values[row]!;
    return Number.isNaN(value) ? undefined : value;
  }
  const code = column.codes[row]!;
  return code === MISSING_CATEGORY ? undefined : column.categories[code];
}

/**
 * Whether the table has a row for each subscription and month, and names the month of the label of a row: then
 * models learn from all months and are judged forward in time, or by the table's own split.
 */
export function isPanel({ months, labelLeadMonths }: Pick<TableFacts, 'months' | 'labelLeadMonths'>): boolean {
  return months.length > 1 && labelLeadMonths > 0;
}

/** Months of a table to read, for `rowsOf`. */
export const ALL_MONTHS = '';
/** One row per subscription: without a lead between months, a fold must not contain both. */
export const NEWEST_ROWS = 'last';

/** @param month `YYYY-MM`, ALL_MONTHS or NEWEST_ROWS */
export function rowsOf(
  table: TableFacts,
  columns: readonly TypedColumn[],
  month: string,
  shards?: { from: number; to: number },
): ReadTableRequest {
  return {
    table: table.table,
    version: table.version,
    columns: columns.map(({ name }) => name),
    shards,
    withLabel: false,
    withSplit: false,
    withValue: false,
    month: table.months.length > 0 ? month : ALL_MONTHS,
  };
}
