import type { NumberStyle } from './cell-sql.js';

/** Cells of a column that fit a notation of numbers with commas. */
export interface CommaCounts {
  /** Numbers if the comma is decimal; those without a comma among them. */
  comma: number;
  /** Numbers if the comma separates thousands; those without a comma among them. */
  grouped: number;
  /** Cells with a comma that are numbers either way. */
  either: number;
  /** Cells with a comma that can only be decimal: `102,30`. */
  onlyComma: number;
  /** Cells with commas that can only separate thousands: `1,234,567`. */
  onlyGrouped: number;
}

export interface StyleOptions {
  /** Of the mapping. */
  decimal: '.' | ',' | undefined;
  delimiter: string;
  /** Whether another column of the file certainly has decimal commas. */
  hasCommas?: boolean;
  /** Share of the present cells that must fit. */
  share?: number;
}

/**
 * The notation of a column with commas; undefined for a plain or an unclear column. A comma before three digits may be
 * either: it is decimal if another column's commas are, and separates thousands in a file whose delimiter is the comma.
 */
export function commaStyle(counts: CommaCounts, present: number, options: StyleOptions): NumberStyle | undefined {
  const { decimal, delimiter, hasCommas = false, share = 1 } = options;
  const { comma, grouped, either, onlyComma, onlyGrouped } = counts;
  if (decimal === ',') return ',';
  if (present === 0) return undefined;
  const enough = share * present;
  if (decimal === undefined && onlyComma > 0 && onlyGrouped === 0 && comma >= enough) return ',';
  if (onlyComma > 0 || grouped < enough) return undefined;
  if (onlyGrouped > 0) return 'grouped';
  if (either === 0) return undefined;
  if (decimal === undefined && hasCommas) return ',';
  return decimal === '.' || delimiter === ',' ? 'grouped' : undefined;
}

/** Whether all commas of a column of numbers may be either decimal or separators of thousands. */
export function isCommaUnclear({ grouped, either, onlyComma, onlyGrouped }: CommaCounts, present: number): boolean {
  return either > 0 && grouped === present && onlyComma === 0 && onlyGrouped === 0;
}
