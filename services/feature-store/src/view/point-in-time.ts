import { endOfMonth } from '../extract/month.js';

const DAY_MS = 86_400_000;

/** What may be known of a month: nothing that happened after its end, nothing that became known after `knowledgeTime`. */
export interface PointInTime {
  /** `YYYY-MM`. */
  month: string;
  /** First moment after the month, by the operator's clocks. */
  endsAt: Date;
  knowledgeTime: Date;
  /** IANA name. */
  timeZone: string;
}

/**
 * The pointInTime of a month: what was known `lagDays` after its end, or when the newest extract was drawn, if that was before.
 * @param newestExtractedAt when the newest extract was drawn
 */
export function pointInTimeOf(month: string, timeZone: string, lagDays: number, newestExtractedAt: Date): PointInTime {
  const endsAt = endOfMonth(month, timeZone);
  const lagged = endsAt.getTime() + lagDays * DAY_MS;
  return { month, endsAt, knowledgeTime: new Date(Math.min(lagged, newestExtractedAt.getTime())), timeZone };
}

/** The month so many months later; earlier, if negative. `monthAfter('2026-01', -2)` is `2025-11`. */
export function monthAfter(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

/** First day of the month after, `YYYY-MM-DD`. */
export function dayAfter(month: string): string {
  return `${monthAfter(month, 1)}-01`;
}
