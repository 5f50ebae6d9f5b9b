const DAY_MINUTES = 1440;

/** A part of the day in local time, half-open: from 21:00 to 07:00 crosses midnight. */
export interface TimeBand {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const BAND = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/;

/** Reads `21:00-07:00`; undefined for anything else. `24:00` is the end of the day; equal ends are the whole day. */
export function parseBand(text: string): TimeBand | undefined {
  const parts = BAND.exec(text.trim())?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [fromHour, fromMinute, toHour, toMinute] = parts as [number, number, number, number];
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute > 59 || toMinute > 59 || from > DAY_MINUTES || to > DAY_MINUTES) return undefined;
  return { fromMinute: from % DAY_MINUTES, toMinute: to % DAY_MINUTES };
}

/** Whether a minute of the day, 0 to 1439, is in the band. */
export function isInBand({ fromMinute, toMinute }: TimeBand, minute: number): boolean {
  if (fromMinute === toMinute) return true;
  return fromMinute < toMinute ? fromMinute <= minute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}
