import { MINUTE_MS, findCalendar } from '@holdfast/platform/calendar';
const DAY_MINUTES = 1440;

/** Half-open span of the local day in minutes after midnight; one that ends before it starts crosses midnight. */
export interface QuietHours {
  fromMinute: number;
  toMinute: number;
}

/** Minutes after midnight of `HH:MM`. */
export function minuteOf(timeOfDay: string): number {
  const [hours, minutes] = timeOfDay.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Whether a minute of the local day is quiet. */
export function isQuiet({ fromMinute, toMinute }: QuietHours, minute: number): boolean {
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** Minute of the local day at an instant; undefined where the zone is not an IANA zone. */
export function minuteOfDay(at: Date, timeZone: string): number | undefined {
  return findCalendar(timeZone)?.minuteOfDay(at);
}

/**
 * The first full minute at or after an instant that is not quiet. Jumps to the end of the quiet hours, corrects for a
 * daylight saving change, then advances by minutes: at most 60 steps, twice a year.
 * @param timeZone for which `minuteOfDay` is defined
 */
export function quietEndsAt(quiet: QuietHours, at: Date, timeZone: string): Date {
  const minute = minuteOfDay(at, timeZone);
  if (minute === undefined) throw new Error('quietEndsAt needs a known time zone');
  if (!isQuiet(quiet, minute)) return at;
  const startMs = Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
  const jumpMs = startMs + modulo(quiet.toMinute - minute, DAY_MINUTES) * MINUTE_MS;
  const offMinutes = minuteOfDay(new Date(jumpMs), timeZone)! - quiet.toMinute;
  const beyond = modulo(offMinutes + DAY_MINUTES / 2, DAY_MINUTES) - DAY_MINUTES / 2;
  let candidateMs = Math.max(startMs, jumpMs - Math.max(0, beyond) * MINUTE_MS);
  while (isQuiet(quiet, minuteOfDay(new Date(candidateMs), timeZone)!)) candidateMs += MINUTE_MS;
  return new Date(candidateMs);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
