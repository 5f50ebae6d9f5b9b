import { DAY_MS, dayText } from '@holdfast/platform/calendar';
/** Times are local: a month is year × 12 + month (January is 0), a day counts from 1970, a moment is a day and a second. */
export const SECONDS_PER_DAY = 86_400;
/** After every day. */
export const NEVER = 2 ** 30;

export interface Span {
  firstMonth: number;
  months: number;
}

/** Undefined after the span. */
export function dayTextWithin(day: number, afterLastDay: number): string | undefined {
  return day >= afterLastDay ? undefined : dayText(day);
}

/** A timestamp without an offset, to the second. */
export function momentText(day: number, second: number): string {
  return new Date(day * DAY_MS + second * 1000).toISOString().slice(0, 19);
}
