/** A month as a number, so that months can be counted: year × 12 + month - 1. @param text `YYYY-MM` */
export function monthNumber(text: string): number {
  const [year, month] = text.split('-');
  return Number(year) * 12 + Number(month) - 1;
}

/** `YYYY-MM` of a month's number. */
export function monthText(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
}

/** The local day of a moment, `YYYY-MM-DD`. @param timeZone IANA name */
export function localDay(at: Date, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);
}

/** The month of a moment by local clocks. */
export function localMonth(at: Date, timeZone: string): number {
  return monthNumber(localDay(at, timeZone));
}
