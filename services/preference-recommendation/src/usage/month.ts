import { failure } from '@holdfast/platform/errors';
import { monthNumber, monthText } from '@holdfast/platform/month';

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

const monthMalformed = failure('invalid', 'month.malformed', {
  en: 'A month is written as YYYY-MM.',
  'zh-CN': '月份格式应为 YYYY-MM。',
});

/** Months since year 0. @throws invalid */
export function checkedMonth(text: string): number {
  if (!MONTH.test(text)) throw monthMalformed();
  return monthNumber(text);
}

/** The last `count` months up to one, ascending, `YYYY-MM`. @throws invalid */
export function lastMonths(month: string, count: number): string[] {
  const last = checkedMonth(month);
  return Array.from({ length: count }, (_, at) => monthText(last - count + 1 + at));
}

const DAY_MS = 86_400_000;

/** The last day of a month, days since 1970-01-01. */
export function lastDayOf(month: string): number {
  const next = checkedMonth(month) + 1;
  return Date.UTC(Math.floor(next / 12), next % 12, 1) / DAY_MS - 1;
}

/** `YYYY-MM-DD` of a day since 1970-01-01. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

const HOUR_MS = 3_600_000;

/**
 * Local time of a zone. The zone's offset is asked for once an hour of UTC that occurs, since asking takes a thousand
 * times as long as adding it. (No zone changes its clocks within an hour of UTC that is not a whole one.)
 */
export class LocalTime {
  private readonly offsets = new Map<number, number>();
  private readonly format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  /** Minute of the local day, 0 to 1439. @param atMs milliseconds since 1970-01-01T00:00Z */
  minuteOfDay(atMs: number): number {
    return Math.floor(((((atMs + this.offsetMs(atMs)) % DAY_MS) + DAY_MS) % DAY_MS) / 60_000);
  }

  /** The local day, days since 1970-01-01. */
  dayOf(atMs: number): number {
    return Math.floor((atMs + this.offsetMs(atMs)) / DAY_MS);
  }

  private offsetMs(atMs: number): number {
    const hour = Math.floor(atMs / HOUR_MS);
    const known = this.offsets.get(hour);
    if (known !== undefined) return known;
    const parts = new Map(this.format.formatToParts(hour * HOUR_MS).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
    const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    const offset = local - hour * HOUR_MS;
    this.offsets.set(hour, offset);
    return offset;
  }
}
