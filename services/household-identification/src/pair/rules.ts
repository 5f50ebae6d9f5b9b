import { type MonthDays, type DayMask, countDays } from '../evidence/month-days.js';

/**
 * Rule 1 (HH-05): days of the month on which both called or wrote in the same cell, at least `daysMin`. A call or a
 * message will do (RD-06).
 * @param talked days with a call or message of both in one cell
 */
export function meetsSameCellDays(talked: DayMask, daysMin: number): boolean {
  return countDays(talked) >= daysMin;
}

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

/** What the number of shared cells is divided by. */
export const OVERLAP_MODES = ['shared/ten', 'jaccard'] as const;
export type OverlapMode = (typeof OVERLAP_MODES)[number];

/**
 * The cells with the most calls of a subscription, at most `count`; of equal ones those with the lesser number, so that the
 * answer does not depend on the order of rows.
 */
export function topCells(cells: Int32Array, calls: Int32Array, count: number): Int32Array {
  const places = Array.from(cells.keys()).sort((a, b) => calls[b]! - calls[a]! || cells[a]! - cells[b]!);
  return Int32Array.from(places.slice(0, count), (place) => cells[place]!);
}

/**
 * Share of the most frequent call cells that two have in common. By `shared/ten`, one of ten is 0.1, which is what the
 * source's limit of 0.1 requires; with fewer cells the divisor is the lesser number (RD-03).
 */
export function topCellOverlap(shared: number, left: number, right: number, mode: OverlapMode): number {
  if (shared === 0) return 0;
  return mode === 'jaccard' ? shared / (left + right - shared) : shared / Math.min(left, right);
}

/** Rule 4 (HH-08). */
export function meetsTopCells(overlap: number, overlapMin: number): boolean {
  return overlap >= overlapMin;
}

/** The four rules of co-presence, as bits. */
export const SAME_CELL_DAYS = 1;
export const HOLIDAY_DAYS = 2;
export const EVENING_DAYS = 4;
export const TOP_CELLS = 8;
/** Default reading of the list of rules: all of them (RD-04). */
export const ALL_RULES = 15;

/** Limits of the rules; a run stores those that it used. */
export interface RuleLimits {
  sameCellDaysMin: number;
  holidayDaysMin: number;
  eveningDaysMin: number;
  eveningMode: EveningMode;
  topCells: number;
  overlapMin: number;
  overlapMode: OverlapMode;
}

/** What was seen of two subscriptions in a month. */
interface Meeting {
  /** Days on which both called or wrote in one cell; in the evening; on which both were active there at all; at night. */
  talked: DayMask;
  evening: DayMask;
  active: DayMask;
  night: DayMask;
  /** Shared among the most frequent call cells, and how many each has. */
  sharedTop: number;
  leftTop: number;
  rightTop: number;
}

/** The figures of a pair, and the rules that it meets. */
interface RuleFigures {
  sharedDays: number;
  holidayDays: number;
  eveningDays: number;
  nightDays: number;
  cellOverlap: number;
  rules: number;
}

export function ruleFigures(meeting: Meeting, month: MonthDays, holidays: DayMask, limits: RuleLimits): RuleFigures {
  const { talked, evening, active, night } = meeting;
  const cellOverlap = topCellOverlap(meeting.sharedTop, meeting.leftTop, meeting.rightTop, limits.overlapMode);
  const rules =
    (meetsSameCellDays(talked, limits.sameCellDaysMin) ? SAME_CELL_DAYS : 0) |
    (meetsHolidayDays(active, holidays, limits.holidayDaysMin) ? HOLIDAY_DAYS : 0) |
    (meetsEveningDays(evening, month.weeks, limits.eveningMode, limits.eveningDaysMin) ? EVENING_DAYS : 0) |
    (meetsTopCells(cellOverlap, limits.overlapMin) ? TOP_CELLS : 0);
  return {
    sharedDays: countDays(talked),
    holidayDays: holidayDays(active, holidays),
    eveningDays: eveningDaysPerWeek(evening, month.weeks, limits.eveningMode),
    nightDays: countDays(night),
    cellOverlap,
    rules,
  };
}
