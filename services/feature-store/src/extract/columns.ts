import type { Texts } from '@holdfast/platform/errors';
import type { Role } from './layout.js';
import type { ColumnType } from './mapping.js';

/**
 * Why a column that could be a feature is none; `uncovered`: most months with a label have no value of it;
 * `calendar`: the month says its value.
 */
export type ExclusionReason =
  | 'excluded'
  | 'identifier'
  | 'too_many_values'
  | 'constant'
  | 'empty'
  | 'uncovered'
  | 'suspected_leak'
  | 'calendar';

/** A column of a checked table. */
export interface CheckedColumn {
  /** Place in the file, from 0. */
  place: number;
  name: string;
  /** What people call it, in the languages that the mapping says. */
  displayName: Partial<Texts>;
  role: Role;
  type: ColumnType;
  /** Rows without a value. */
  missing: number;
  /** Distinct values among those present. What is decided by them is decided exactly (distinct.ts). */
  distinct: number;
  /** Whether `distinct` is an estimate: of numbers and dates, and columns that are not looked at, beyond 200,000 rows. */
  isEstimate?: boolean;
  /** Why models do not see it. */
  excluded?: ExclusionReason;
  /** Which of the seven reasons to leave it speaks for; none, if left out. */
  reason?: string;
  /** Whether the table has its cells, as column `f<place>`. */
  isStored: boolean;
  /** Texts of a stored category by code, ascending. */
  dictionary: string[];
}

/** Whether models see the column. */
export function isFeature(column: CheckedColumn): boolean {
  return (column.role === 'feature' || column.role === 'value') && column.excluded === undefined;
}
