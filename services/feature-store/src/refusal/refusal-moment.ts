import { DAY_MS, type LocalCalendar, localCalendar } from '@holdfast/platform/calendar';
const HOUR_MS = 3_600_000;
const DATE = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(.*))?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Reads when a refusal was expressed, in more notations than the contract allows: a malformed date must not lose it. */
export class RefusalMoments {
  private readonly calendar: LocalCalendar;

  /** @param timeZone of moments without an offset; IANA */
  constructor(timeZone: string) {
    this.calendar = localCalendar(timeZone);
  }

  /**
   * Milliseconds since 1970; undefined if malformed. A date alone is the end of its day: a consent of that day is then
   * withdrawn.
   */
  read(cell: string): number | undefined {
    const text = cell.normalize('NFKC').trim();
    const [, year, month, day, time] = DATE.exec(text) ?? COMPACT.exec(text) ?? [];
    if (year === undefined) return undefined;
    const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
    const isReal = new Date(dayMs).getUTCDate() === Number(day) && new Date(dayMs).getUTCMonth() === Number(month) - 1;
    if (!isReal) return undefined;
    const found = time === undefined ? undefined : TIME.exec(time);
    // A day with a malformed time is still that day.
    if (found === undefined || found === null) return this.calendar.instantOf(dayMs + DAY_MS) - 1;
    const [, hour, minute, second, fraction, offset] = found;
    const ms = Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
    const localMs = dayMs + Number(hour) * HOUR_MS + Number(minute) * 60_000 + Number(second ?? 0) * 1000 + ms;
    return offset === undefined ? this.calendar.instantOf(localMs) : localMs - statedOffsetMs(offset);
  }
}

function statedOffsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes ?? 0) * 60_000);
}
