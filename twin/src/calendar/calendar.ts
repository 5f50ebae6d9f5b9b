import { DAY_MS, dayText } from '@holdfast/platform/calendar';
/**
 * Local time of the operator, without a zone: a month is year × 12 + month (January is 0), a day is counted from
 * 1 January 1970, a moment is a day and a second of it.
 */
export const SECONDS_PER_DAY = 86_400;
/** A day that never comes. */
export const NEVER = 2 ** 30;

/** The months of an extract. */
export interface Span {
  firstMonth: number;
  months: number;
}

/** A day within what is known; nothing for one that comes later or never. */
export function dayTextWithin(day: number, afterLastDay: number): string | undefined {
  return day >= afterLastDay ? undefined : dayText(day);
}

/** A timestamp without an offset, to the second. */
export function momentText(day: number, second: number): string {
  return new Date(day * DAY_MS + second * 1000).toISOString().slice(0, 19);
}
