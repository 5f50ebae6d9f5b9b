import { daysInMonth, firstDayOf, weekdayOf } from '@holdfast/platform/calendar';
/** Days of a month as bits of a 32-bit number: bit 0 is the 1st. */
export type DayMask = number;

/** A month as co-presence sees it. */
export interface MonthDays {
  /** Days since 1970-01-01 of the 1st. */
  firstDay: number;
  dayCount: number;
  /** Whole ISO weeks (Monday to Sunday) inside the month; partial ones at its ends count for nothing (RD-05). */
  weeks: readonly DayMask[];
}

/** @param month `YYYY-MM` */
export function monthDaysOf(month: string): MonthDays {
  const [firstDay, dayCount] = [firstDayOf(month), daysInMonth(month)];
  const weeks: DayMask[] = [];
  for (let day = 0; day + 7 <= dayCount; day += 1) {
    if (weekdayOf(firstDay + day) === 0) weeks.push(0b1111111 << day);
  }
  return { firstDay, dayCount, weeks };
}

/** The bits of days of the month; other days are omitted. @param days days since 1970-01-01 */
export function maskOf({ firstDay, dayCount }: MonthDays, days: Iterable<number>): DayMask {
  let mask = 0;
  for (const day of days) if (day >= firstDay && day < firstDay + dayCount) mask |= 1 << (day - firstDay);
  return mask;
}

export function countDays(mask: DayMask): number {
  let bits = mask - ((mask >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
