import { monthNumber } from '@holdfast/platform/month';

/** The local day of a moment, `YYYY-MM-DD`. @param timeZone IANA name */
export function localDay(at: Date, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
}

/** The month of a moment by local clocks. */
export function localMonth(at: Date, timeZone: string): number {
  return monthNumber(localDay(at, timeZone));
}
