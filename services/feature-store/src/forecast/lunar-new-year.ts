import { daysInMonth, firstDayOf, monthText, parseDay } from '@holdfast/platform/calendar';

/**
 * First days of the Chinese years 2015 to 2035: Hong Kong Observatory, Gregorian-Lunar Calendar Conversion Table
 * (https://www.hko.gov.hk/en/gts/time/conversion.htm), by the rule of GB/T 33661-2017. A table, because the calendar of
 * Intl has two of them a day off: 2027 (new moon minutes before midnight in Beijing) and 2030 (minutes after it).
 */
export const LUNAR_NEW_YEARS = [
  ...['2015-02-19', '2016-02-08', '2017-01-28', '2018-02-16', '2019-02-05', '2020-01-25', '2021-02-12'],
  ...['2022-02-01', '2023-01-22', '2024-02-10', '2025-01-29', '2026-02-17', '2027-02-06', '2028-01-26'],
  ...['2029-02-13', '2030-02-03', '2031-01-23', '2032-02-11', '2033-01-31', '2034-02-19', '2035-02-08'],
] as const;

/** Days around the first day in which shops are closed and people travel: from a week before to the Lantern Festival. */
const DAYS_BEFORE = 7;
const DAYS_AFTER = 14;

/** Share of the days of the Spring Festival, from a week before to the Lantern Festival, that are in a month: 0 to 1. */
export function springFestivalShare(month: number): number {
  const year = Number(monthText(month).slice(0, 4));
  const newYear = LUNAR_NEW_YEARS.find((day) => day.startsWith(String(year)));
  if (newYear === undefined) return 0;
  const day = parseDay(newYear)!;
  const first = firstDayOf(month);
  const last = first + daysInMonth(month) - 1;
  const days = Math.min(last, day + DAYS_AFTER) - Math.max(first, day - DAYS_BEFORE) + 1;
  return Math.max(0, days) / (DAYS_BEFORE + DAYS_AFTER + 1);
}
