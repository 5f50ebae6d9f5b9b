const DAY_MS = 86_400_000;
/** Clocks are changed on a quarter of an hour, everywhere and always since 1970. */
const QUARTER_MS = 900_000;
/** About a year's worth; then the cache begins anew. */
const OFFSETS_MAX = 50_000;

/** Days and months as the operator's clocks count them. */
export class LocalCalendar {
  private readonly offsetsMs = new Map<number, number>();
  private readonly midnights = new Map<number, Date>();
  private readonly parts: Intl.DateTimeFormat;

  /** @param timeZone IANA name. */
  constructor(timeZone: string) {
    this.parts = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    });
  }

  /** The moment at which a day begins. @param day days since 1970-01-01. */
  midnight(day: number): Date {
    let at = this.midnights.get(day);
    if (at === undefined) {
      // Asked twice: the offset at the guess may not be the offset at midnight, where clocks were changed that day.
      const guess = new Date(day * DAY_MS - this.offsetMs(new Date(day * DAY_MS)));
      at = new Date(day * DAY_MS - this.offsetMs(guess));
      this.midnights.set(day, at);
    }
    return at;
  }

  /** Days since 1970-01-01 of the day that a moment falls on. */
  dayOf(at: Date): number {
    return Math.floor((at.getTime() + this.offsetMs(at)) / DAY_MS);
  }

  /** `YYYY-MM-DD` of the day that a moment falls on. */
  dateOf(at: Date): string {
    return dateText(this.dayOf(at));
  }

  /** Local time less UTC. Kept by quarter, since asking Intl for it takes longer than everything else of a row. */
  private offsetMs(at: Date): number {
    const quarter = Math.floor(at.getTime() / QUARTER_MS);
    let offset = this.offsetsMs.get(quarter);
    if (offset === undefined) {
      offset = this.computedOffsetMs(at);
      if (this.offsetsMs.size >= OFFSETS_MAX) this.offsetsMs.clear();
      this.offsetsMs.set(quarter, offset);
    }
    return offset;
  }

  private computedOffsetMs(at: Date): number {
    const of = Object.fromEntries(this.parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const local = Date.UTC(of['year']!, of['month']! - 1, of['day'], of['hour'], of['minute'], of['second']);
    return local - Math.floor(at.getTime() / 1000) * 1000;
  }
}

/** `YYYY-MM-DD`. @param day days since 1970-01-01. */
export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Days since 1970-01-01; undefined for a text that is no date. */
export function dayOfText(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms / DAY_MS;
}

/** The month that is `months` later, `YYYY-MM`. */
export function monthPlus(month: string, months: number): string {
  const at = new Date(`${month}-01T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 7);
}

/** First day of a month, days since 1970-01-01. */
export function firstDayOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`) / DAY_MS;
}
