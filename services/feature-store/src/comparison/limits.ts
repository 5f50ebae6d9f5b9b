import type { RowCounts } from '../csv/rejects.js';
import type { Mapping } from '../table/mapping.js';
import { finding, type Finding } from './finding.js';

/** Limits above which a difference to the version before holds a version. */
export interface Limits {
  /** Least share of the smaller version's keys that are in both. */
  keysKept: number;
  /** Most by which the number of rows may differ, as a share of the rows before. */
  rows: number;
  /** From this factor on between the values of a column, an unchanged shape means another scale. */
  scale: number;
  /** Least share of rows whose code the other version has, too. */
  codes: number;
  /** Population stability index from which on the distribution of a column is another one. */
  shift: number;
  /** Most by which the share of missing values may rise. */
  missing: number;
  /** From this factor on between the shares of positive labels. */
  prevalence: number;
}

export const DEFAULT_LIMITS: Limits = {
  keysKept: 0.5,
  rows: 0.5,
  scale: 3,
  codes: 0.5,
  shift: 5,
  missing: 0.5,
  prevalence: 3,
};

/** Fewer rows are not compared. */
export const ROWS_MIN = 20;

/** Default share of rows that may be rejected. */
const REJECT_SHARE_MAX = 0.02;

export function limitsOf({ limits }: Mapping): Limits {
  const set = Object.entries(limits ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) };
}

/**
 * The finding that more rows of a table were rejected than their share allows.
 * @param free rejected rows that are allowed in any table
 */
export function tooManyRejects(
  table: string,
  { read, rejected }: Pick<RowCounts, 'read' | 'rejected'>,
  free: number,
  shareMax = REJECT_SHARE_MAX,
): Finding[] {
  const max = Math.max(free, Math.floor(shareMax * read));
  return rejected <= max ? [] : [finding('rejects.tooMany', { table, holds: true }, { rejected, read, max })];
}

/** The finding that a month, which an earlier file has, too, has far more or fewer rows. */
export function monthChanged(
  table: string,
  month: string,
  { rows, before }: { rows: number; before: number },
  limits: Limits,
): Finding[] {
  if (before < ROWS_MIN || Math.abs(rows - before) <= limits.rows * before) return [];
  return [finding('rows.monthChanged', { table, holds: true }, { month, rows, before })];
}
