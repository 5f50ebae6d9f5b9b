import type { Texts } from '@holdfast/platform/errors';

export const COLUMN_TYPES = ['number', 'category', 'flag', 'date'] as const;
/** The type of a column's values. A flag is yes or no. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** How churn may follow a column: as its value rises, models may not lower, or may not raise, the probability. */
export const MONOTONE = ['increasing', 'decreasing'] as const;
export type Monotone = (typeof MONOTONE)[number];

/** The use of a column by the mapping. */
export type Role = 'key' | 'label' | 'value' | 'month' | 'unit' | 'split' | 'feature' | 'excluded' | 'personal';

/** A column of a header, before its cells are read. */
export interface HeaderColumn {
  /** Place in the file, from 0; cell `c<place>` in SQL. */
  place: number;
  /** Name in the header, trimmed. */
  name: string;
  role: Role;
  /** Type in the mapping. */
  declared?: ColumnType;
  /** Name of the personal datum. */
  personal?: string;
  /** Names for people, from the mapping. */
  displayName: Partial<Texts>;
  /** Of a number, flag or date. */
  monotone?: Monotone;
  /** Whether the mapping requires that models use it. */
  isKept: boolean;
  /** The row numbers that pandas writes as the first column. */
  isIndex: boolean;
}

/**
 * Why a column is not a feature; `personal`: its values look like names, numbers or addresses; `uncovered`: most months with
 * a label have no value of it; `calendar`: its value is set by the month.
 */
export type ExclusionReason =
  | 'excluded'
  | 'identifier'
  | 'personal'
  | 'too_many_values'
  | 'constant'
  | 'empty'
  | 'uncovered'
  | 'suspected_leak'
  | 'calendar';

export interface CheckedColumn extends Pick<HeaderColumn, 'place' | 'name' | 'displayName' | 'role' | 'monotone'> {
  type: ColumnType;
  /** Rows without a value. */
  missing: number;
  /** Distinct values among those present. Decisions use exact counts (distinct.ts). */
  distinct: number;
  /** Whether `distinct` is an estimate, as of numbers and dates beyond 200,000 rows. */
  isEstimate?: boolean;
  /** Why models do not use it. */
  excluded?: ExclusionReason;
  /** The churn reason that it indicates, if any. */
  reason?: string;
  /** Whether the table stores its cells, as column `f<place>`. */
  isStored: boolean;
  /** Texts of a stored category by code, ascending. */
  dictionary: string[];
}

/** Whether models use the column. */
export function isFeature(column: CheckedColumn): boolean {
  return (column.role === 'feature' || column.role === 'value') && column.excluded === undefined;
}
