import { countDays, type DayMask } from '../evidence/month-days.js';

/** How the weeks of a month count together: at least one of them, every one, or their mean. */
export const EVENING_MODES = ['any', 'every', 'mean'] as const;
export type EveningMode = (typeof EVENING_MODES)[number];

/**
 * Evenings (20:00 to 22:00) a week on which both called or wrote in the same cell: the most of any whole ISO week of the
 * month, the least, or the mean.
 */
export function eveningDaysPerWeek(evenings: DayMask, weeks: readonly DayMask[], mode: EveningMode): number {
  const days = weeks.map((week) => countDays(evenings & week));
  if (days.length === 0) return 0;
  switch (mode) {
    case 'any':
      return Math.max(...days);
    case 'every':
      return Math.min(...days);
    case 'mean':
      return days.reduce((sum, count) => sum + count, 0) / days.length;
  }
}

/** Rule 3 (HH-07): at least `daysMin` evenings a week, by `mode` (RD-28). */
export function meetsEveningDays(
  evenings: DayMask,
  weeks: readonly DayMask[],
  mode: EveningMode,
  daysMin: number,
): boolean {
  return eveningDaysPerWeek(evenings, weeks, mode) >= daysMin;
}
