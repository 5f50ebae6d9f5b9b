const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * First moment after a month.
 * @param month `YYYY-MM`
 * @param timeZone by whose clocks the month ends; IANA, such as Asia/Shanghai
 */
export function endOfMonth(month: string, timeZone: string): Date {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const midnightUtc = Date.UTC(year, number, 1);
  // The offset is that of the moment sought, not of the midnight in UTC: they differ where clocks change in between.
  const guess = midnightUtc - offsetMs(midnightUtc, timeZone);
  return new Date(midnightUtc - offsetMs(guess, timeZone));
}

/** The month (`YYYY-MM`) that a moment falls in by the clocks of a time zone. */
export function monthOf(moment: Date, timeZone: string): string {
  return new Date(moment.getTime() + offsetMs(moment.getTime(), timeZone)).toISOString().slice(0, 7);
}

/** How far the clocks are ahead of UTC. */
export function offsetMs(atMs: number, timeZone: string): number {
  const part = Object.fromEntries(
    formatterOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const shownMs = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return shownMs - Math.floor(atMs / 1000) * 1000;
}

/** Formatters are made once: making one takes longer than using it a hundred times. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, made);
  return made;
}
