/** Operators' months end by Chinese time, which has no daylight saving. */
const ZONE = '+08:00';

/** First moment after a month (`YYYY-MM`). */
export function endOfMonth(month: string): Date {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const next = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
  return new Date(`${next}-01T00:00:00${ZONE}`);
}

/** The month (`YYYY-MM`) that a moment falls in. */
export function monthOf(moment: Date): string {
  return new Date(moment.getTime() + 8 * 3_600_000).toISOString().slice(0, 7);
}
