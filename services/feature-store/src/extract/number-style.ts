import type { NumberStyle } from './cell-sql.js';

/** How many cells of a column fit a way of writing numbers with commas. */
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

interface StyleOptions {
  /** What the mapping says. */
  decimal: '.' | ',' | undefined;
  delimiter: string;
  /** Whether another column of the file has decimal commas for certain. */
  hasCommas?: boolean;
  /** Share of the present cells that have to fit. */
  share?: number;
}

/**
 * How a column writes its numbers, if with commas; undefined for a plain column, or one that is unclear. A comma before
 * three digits may be either: in a file with another delimiter than a comma it is decimal where another column's commas
 * are, and separates thousands in a file whose delimiter is the comma, as programs write it that have a decimal point.
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

/** Whether all commas of a column of numbers may be decimal or separate thousands. */
export function isCommaUnclear({ grouped, either, onlyComma, onlyGrouped }: CommaCounts, present: number): boolean {
  return either > 0 && grouped === present && onlyComma === 0 && onlyGrouped === 0;
}
