const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  const [, year, month, day] = DAY.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  return new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(text);
}

/** The day of an instant on a zone's calendar, `YYYY-MM-DD`. */
export function dayOf(at: Date, timeZone: string): string {
  return new Date(wallClockMs(at.getTime(), timeZone)).toISOString().slice(0, 10);
}

/** A day some days later. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** First day of the month that lies some months after the month of a day. */
export function monthAfter(day: string, months: number): string {
  const [year, month] = day.split('-').map(Number);
  return new Date(Date.UTC(year!, month! - 1 + months, 1)).toISOString().slice(0, 10);
}

/**
 * When a day begins in a zone. The offset is looked up at a first guess and again at the instant that follows from it,
 * which settles it on either side of a change of the clocks.
 */
export function dayStartsAt(day: string, timeZone: string): Date {
  const wallMs = Date.parse(`${day}T00:00:00Z`);
  let atMs = wallMs;
  for (let look = 0; look < 2; look++) atMs = wallMs - (wallClockMs(atMs, timeZone) - atMs);
  return new Date(atMs);
}

/** What the zone's clocks show at an instant, read as if it were UTC. */
function wallClockMs(atMs: number, timeZone: string): number {
  const formatter = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(formatter.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute, second } = part;
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
