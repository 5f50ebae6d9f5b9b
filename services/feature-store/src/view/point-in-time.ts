import { DAY_MS, localCalendar } from '@holdfast/platform/calendar';

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
 * The point in time of a month: `lagDays` after its end, or when the newest extract was written, if that was before.
 */
export function pointInTimeOf(month: string, timeZone: string, lagDays: number, newestExtractedAt: Date): PointInTime {
  const endsAt = localCalendar(timeZone).endOfMonth(month);
  const lagged = endsAt.getTime() + lagDays * DAY_MS;
  return { month, endsAt, knowledgeTime: new Date(Math.min(lagged, newestExtractedAt.getTime())), timeZone };
}
