/**
 * Local time of the operator, without a zone: a month is year × 12 + month (January is 0), a day is counted from
 * 1 January 1970, a moment is a day and a second of it.
 */
const MS_PER_DAY = 86_400_000;
export const SECONDS_PER_DAY = 86_400;
/** A day that never comes. */
export const NEVER = 2 ** 30;

/** The months of an extract. */
export interface Span {
  firstMonth: number;
  months: number;
}

/** @throws RangeError if the text is no `YYYY-MM` */
export function monthOf(text: string): number {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (match === null) throw new RangeError(`A month is written YYYY-MM, not ${text}`);
  return Number(match[1]) * 12 + Number(match[2]) - 1;
}

export function monthText(month: number): string {
  return `${Math.floor(month / 12)}-${twoDigits((month % 12) + 1)}`;
}

export function firstDayOf(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / MS_PER_DAY;
}

export function daysIn(month: number): number {
  return firstDayOf(month + 1) - firstDayOf(month);
}

export function monthOfDay(day: number): number {
  const date = new Date(day * MS_PER_DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export function dateText(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

/** A day within what is known; nothing for one that comes later or never. */
export function dateTextWithin(day: number, afterLastDay: number): string | undefined {
  return day >= afterLastDay ? undefined : dateText(day);
}

/** A timestamp without an offset, to the second. */
export function momentText(day: number, second: number): string {
  return new Date(day * MS_PER_DAY + second * 1000).toISOString().slice(0, 19);
}

/** 0 is Monday. 1 January 1970 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
