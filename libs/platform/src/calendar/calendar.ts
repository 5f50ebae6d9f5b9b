import { failure } from '../errors/errors.js';

/**
 * Months, days and the clocks of a time zone. A month is `YYYY-MM` or, as a number, 12 × year + month − 1; a day is
 * `YYYY-MM-DD` or, as a number, days since 1970-01-01.
 */
export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export const MONTH_PATTERN = /^\d{4}-(0[1-9]|1[0-2])$/;
const DAY_PATTERN = /^\d{4}-\d{2}-\d{2}$/;

const monthMalformed = failure('invalid', 'month.malformed', {
  en: '"{month}" is not a month. A month is written as YYYY-MM.',
  'zh-CN': '“{month}”不是有效月份。月份格式应为 YYYY-MM。',
});

export function isMonth(text: string): boolean {
  return MONTH_PATTERN.test(text);
}

/** The text itself. @throws invalid */
export function checkedMonth(text: string): string {
  if (!isMonth(text)) throw monthMalformed({ month: text });
  return text;
}

/** @param text valid; what follows the month is ignored */
export function monthNumber(text: string): number {
  return 12 * Number(text.slice(0, 4)) + Number(text.slice(5, 7)) - 1;
}

export function monthText(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
}

/** The month that is `months` later; earlier, if negative. */
export function addMonths(month: string, months: number): string {
  return monthText(monthNumber(month) + months);
}

/** Ascending, both ends included. */
export function monthRange(from: string, to: string): string[] {
  const first = monthNumber(from);
  return Array.from({ length: Math.max(0, monthNumber(to) - first + 1) }, (_, after) => monthText(first + after));
}

export function firstDayOf(month: string | number): number {
  const number = typeof month === 'number' ? month : monthNumber(month);
  return Date.UTC(Math.floor(number / 12), number % 12, 1) / DAY_MS;
}

export function lastDayOf(month: string | number): number {
  return firstDayOf((typeof month === 'number' ? month : monthNumber(month)) + 1) - 1;
}

export function daysInMonth(month: string | number): number {
  return lastDayOf(month) - firstDayOf(month) + 1;
}

export function monthOfDay(day: number): number {
  return monthNumber(dayText(day));
}

/** Undefined for a text that is not a day of the calendar, such as 2026-02-29. */
export function parseDay(text: string): number | undefined {
  if (!DAY_PATTERN.test(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  return Number.isNaN(day) || dayText(day) !== text ? undefined : day;
}

export function dayText(day: number): string {
  return dateOfDay(day).toISOString().slice(0, 10);
}

/** Midnight in UTC. */
export function dateOfDay(day: number): Date {
  return new Date(day * DAY_MS);
}

/** @param day valid */
export function addDays(day: string, days: number): string {
  return dayText(Date.parse(day) / DAY_MS + days);
}

/** 0 is Monday; 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The same day of an earlier month in UTC, or that month's last day. */
export function monthsBefore(at: Date, months: number): Date {
  const month = 12 * at.getUTCFullYear() + at.getUTCMonth() - months;
  const day = firstDayOf(month) + Math.min(at.getUTCDate(), daysInMonth(month)) - 1;
  return new Date(day * DAY_MS + (at.getTime() % DAY_MS));
}

/** Whether a name is a time zone of the IANA database. */
export function isTimeZone(name: string): boolean {
  return findCalendar(name) !== undefined;
}

/** Creating a formatter costs a thousand times what using it does; zones are few. */
const calendars = new Map<string, LocalCalendar>();

/** Undefined for a name that is not an IANA time zone. */
export function findCalendar(timeZone: string): LocalCalendar | undefined {
  try {
    return localCalendar(timeZone);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** @throws RangeError if the name is not an IANA time zone */
export function localCalendar(timeZone: string): LocalCalendar {
  const existing = calendars.get(timeZone);
  if (existing !== undefined) return existing;
  const calendar = new LocalCalendar(timeZone);
  calendars.set(timeZone, calendar);
  return calendar;
}

/** About ten years of hours. */
const OFFSETS_MAX = 100_000;

/** What the clocks of a time zone show. Instants are dates or milliseconds since 1970-01-01T00:00Z. */
export class LocalCalendar {
  private readonly offsets = new Map<number, number>();
  private readonly format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    // Intl treats an empty zone as the machine's own.
    if (timeZone === '') throw new RangeError('A time zone needs a name');
    this.format = new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  dayOf(at: Date | number): number {
    return Math.floor(this.localMs(at) / DAY_MS);
  }

  dayTextOf(at: Date | number): string {
    return dayText(this.dayOf(at));
  }

  monthOf(at: Date | number): string {
    return this.dayTextOf(at).slice(0, 7);
  }

  /** 0 to 1439. */
  minuteOfDay(at: Date | number): number {
    return Math.floor((((this.localMs(at) % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
  }

  /** The first moment of a day, also where the clocks skip midnight or show it twice. */
  startOfDay(day: number): Date {
    const { before, after } = this.moments(day * DAY_MS);
    return new Date(before.isExact || !after.isExact ? before.at : after.at);
  }

  /** The first moment after a month. */
  endOfMonth(month: string): Date {
    return this.startOfDay(lastDayOf(month) + 1);
  }

  /**
   * When the clocks show a local time, given as if it were UTC. A time that they skip is the same time after the
   * change, a time that they show twice is the second one, as in DuckDB.
   */
  instantOf(localMs: number): number {
    const { before, after } = this.moments(localMs);
    return after.isExact ? after.at : before.at;
  }

  /** Local time less UTC. */
  offsetMs(at: Date | number): number {
    const hour = Math.floor(at.valueOf() / HOUR_MS);
    const cached = this.offsets.get(hour);
    if (cached !== undefined) return cached;
    const [first, last] = [this.computeOffsetMs(hour * HOUR_MS), this.computeOffsetMs((hour + 1) * HOUR_MS - 1000)];
    if (first !== last) return this.computeOffsetMs(at.valueOf());
    if (this.offsets.size >= OFFSETS_MAX) this.offsets.clear();
    this.offsets.set(hour, first);
    return first;
  }

  private localMs(at: Date | number): number {
    return at.valueOf() + this.offsetMs(at);
  }

  /** A local time by the offset a day before and by the offset a day after, which differ where the clocks change. */
  private moments(localMs: number): Record<'before' | 'after', { at: number; isExact: boolean }> {
    const [before, after] = [-DAY_MS, DAY_MS].map((distance) => {
      const at = localMs - this.offsetMs(localMs + distance);
      return { at, isExact: this.localMs(at) === localMs };
    });
    return { before: before!, after: after! };
  }

  private computeOffsetMs(atMs: number): number {
    const part = Object.fromEntries(this.format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const { year, month, day, hour, minute, second } = part;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  }
}
