import { countDays, type DayMask } from '../evidence/month-days.js';

/** Holidays on which both were active in the same cell, with any event. */
export function holidayDays(active: DayMask, holidays: DayMask): number {
  return countDays(active & holidays);
}

/**
 * Rule 2 (HH-06): at least `daysMin` of the month's holidays. The source prints "=2"; read as a damaged "≥ 2"
 * (RD-01). A month with fewer holidays has no pair by this rule.
 */
export function meetsHolidayDays(active: DayMask, holidays: DayMask, daysMin: number): boolean {
  return holidayDays(active, holidays) >= daysMin;
}
