import { countDays, type DayMask } from '../evidence/month-days.js';

/**
 * Rule 1 (HH-05): days of the month on which both called or wrote in the same cell, at least `daysMin`. A call or a
 * message will do (RD-06).
 * @param talked days with a call or message of both in one cell
 */
export function meetsSameCellDays(talked: DayMask, daysMin: number): boolean {
  return countDays(talked) >= daysMin;
}
