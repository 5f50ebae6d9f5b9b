import { DAY_MS, monthNumber } from '../calendar/calendar.js';

const HOUR_MS = 3_600_000;
/** Shanghai has kept this offset since 1991. */
const SHANGHAI_OFFSET_MS = 8 * HOUR_MS;
const FIRST_HOUR = 10;
/** Hours in which calls are allowed by default; outside of them a demonstration has an empty call list. */
const CALLABLE_HOURS = { from: 9, to: 21 };
/** Data of a month are written within a quarter; a later date is an error, which the import rejects. */
const WRITTEN_WITHIN_MS = 92 * DAY_MS;

/**
 * Business time of a development system with data up to a month: 10:00 in Shanghai on the third day after it, when an
 * operator's month would be in and people may be called; not before the data were written.
 * @param month `YYYY-MM`
 */
export function businessTimeOf(month: string, writtenAt?: Date): Date {
  const next = monthNumber(month) + 1;
  const first = Date.UTC(Math.floor(next / 12), next % 12, 3, FIRST_HOUR) - SHANGHAI_OFFSET_MS;
  const lateMs = writtenAt === undefined ? Number.NaN : writtenAt.getTime() - first;
  return callableInstant(new Date(lateMs > 0 && lateMs <= WRITTEN_WITHIN_MS ? first + lateMs : first));
}

/** The instant itself where people may be called then, else the next 10:00. */
export function callableInstant(instant: Date): Date {
  const local = new Date(instant.getTime() + SHANGHAI_OFFSET_MS);
  const hour = local.getUTCHours();
  if (hour >= CALLABLE_HOURS.from && hour < CALLABLE_HOURS.to) return instant;
  const day = local.getUTCDate() + (hour < CALLABLE_HOURS.from ? 0 : 1);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), day, FIRST_HOUR) - SHANGHAI_OFFSET_MS);
}
