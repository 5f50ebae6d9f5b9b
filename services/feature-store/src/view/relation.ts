import { addMonths } from '@holdfast/platform/calendar';
import { literal } from '../engine/engine.js';
import type { PointInTime } from './point-in-time.js';

/**
 * A named relation as of a month: rows of one subscription each (`subscription_id`), of nothing that happened after the
 * month, over the tables `facts.…` as they were known then. Columns of ends are NULL if the end
 * is after the month. Money and counts are doubles, flags 1 or 0, so that all engines compute alike.
 */
export interface Relation {
  /** Tables of the contract; `monthsCovered` is about the first. */
  needs: readonly string[];
  /** Months, this one included, that must be covered before a missing row has a meaning. */
  monthsCovered?: number;
  sql(asOf: AsOf): string;
}

/** A point in time as SQL of DuckDB. */
export interface AsOf {
  /** The month, `'2026-09'`. */
  month: string;
  /** First day after it, a date. */
  nextDay: string;
  /** First moment after it, a timestamp. */
  endsAt: string;
  timeZone: string;
}

/** Months before the month itself that features may use. */
export const MONTHS_BACK = 5;

export function asOfSql(pointInTime: PointInTime): AsOf {
  return {
    month: literal(pointInTime.month),
    nextDay: `date ${literal(`${addMonths(pointInTime.month, 1)}-01`)}`,
    endsAt: `${literal(pointInTime.endsAt.toISOString())}::timestamptz`,
    timeZone: literal(pointInTime.timeZone),
  };
}

/** Months from a row's month to the month of the point in time: 0 is the month itself. */
export function lagOf(monthColumn: string, { month }: AsOf): string {
  return `date_diff('month', (${monthColumn} || '-01')::date, (${month} || '-01')::date)`;
}

export function lagOfMoment(column: string, { month, timeZone }: AsOf): string {
  return `date_diff('month', date_trunc('month', ${column} at time zone ${timeZone})::date, (${month} || '-01')::date)`;
}

/** A date that ends something, empty if it lies after the month. */
export function endedOn(column: string, { nextDay }: AsOf): string {
  return `case when ${column} < ${nextDay} then ${column} end`;
}

/** Monthly rows of the last months, all number columns as doubles, with `lag`. */
export function monthlyRows(table: string, asOf: AsOf): string {
  const lag = lagOf('month', asOf);
  return `select * exclude (month), ${lag}::double as lag from facts.${table} where ${lag} between 0 and ${MONTHS_BACK}`;
}
