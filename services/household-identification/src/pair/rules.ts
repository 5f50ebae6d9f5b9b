import type { MonthDays, DayMask } from '../evidence/month-days.js';
import { eveningDaysPerWeek, meetsEveningDays, type EveningMode } from './evening-days.js';
import { holidayDays, meetsHolidayDays } from './holiday-days.js';
import { countDays } from '../evidence/month-days.js';
import { meetsSameCellDays } from './same-cell-days.js';
import { meetsTopCells, topCellOverlap, type OverlapMode } from './top-cells.js';

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
