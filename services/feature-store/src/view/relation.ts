import { addMonths } from '@holdfast/platform/calendar';
import { literal } from '../engine/engine.js';
import type { PointInTime } from './point-in-time.js';

/**
 * A named relation as of a month: rows of one subscription each (`subscription_id`), of nothing that happened after the
 * month, over the tables `facts.…` as they were known at the pointInTime. Columns that end something are empty where the end
 * lies after the month. Money and counts are doubles, flags 1 or 0, so that all engines reckon alike.
 */
export interface Relation {
  /** Tables of the contract, the most telling first. */
  needs: readonly string[];
  /** Months of rows before the cut's that it looks at. */
  monthsBack: number;
  /** Months, this one included, that must be covered before a missing row has a meaning. */
  monthsCovered?: number;
  sql(asOf: AsOf): string;
}

/** The pointInTime as SQL of DuckDB. */
export interface AsOf {
  /** The month, `'2026-09'`. */
  month: string;
  /** First day after it, a date. */
  nextDay: string;
  /** First moment after it, a timestamp. */
  endsAt: string;
  timeZone: string;
}

/** Months of monthly rows, contacts and events that features may look back on, besides the month itself. */
export const MONTHS_BACK = 5;

export function asOfSql(pointInTime: PointInTime): AsOf {
  return {
    month: literal(pointInTime.month),
    nextDay: `date ${literal(`${addMonths(pointInTime.month, 1)}-01`)}`,
    endsAt: `${literal(pointInTime.endsAt.toISOString())}::timestamptz`,
    timeZone: literal(pointInTime.timeZone),
  };
}

/** Months from a row's month to the cut's: 0 is the month itself. */
export function lagOf(monthColumn: string, { month }: AsOf): string {
  return `date_diff('month', (${monthColumn} || '-01')::date, (${month} || '-01')::date)`;
}

/** The same of a moment. */
export function lagOfMoment(column: string, { month, timeZone }: AsOf): string {
  return `date_diff('month', date_trunc('month', ${column} at time zone ${timeZone})::date, (${month} || '-01')::date)`;
}

/** A date that ends something, empty if it lies after the month. */
export function endedOn(column: string, { nextDay }: AsOf): string {
  return `case when ${column} < ${nextDay} then ${column} end`;
}

/** Monthly rows of the last months, all number columns as doubles, with `lag`. */
export function monthlyRows(table: string, asOf: AsOf, monthsBack = MONTHS_BACK): string {
  const lag = lagOf('month', asOf);
  return `select * exclude (month), ${lag}::double as lag from facts.${table} where ${lag} between 0 and ${monthsBack}`;
}
