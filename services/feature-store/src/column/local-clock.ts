import { localCalendar } from '@holdfast/platform/calendar';
import { literal } from '../engine/engine.js';

/** Since then zones without daylight saving time have had one offset. */
const STEADY_SINCE = '1992-01-01';
const MONTHS_COMPARED = 12 * 60;

/**
 * Local times of a zone in SQL. DuckDB's conversion takes about a microsecond per value, eight times the rest of reading an
 * event; for a zone with one offset since 1992, later times are shifted by it instead.
 */
export class LocalClock {
  private readonly steadyOffsetS: number | undefined;

  /** @param timeZone IANA name */
  constructor(private readonly timeZone: string) {
    const [year] = STEADY_SINCE.split('-').map(Number) as [number];
    const calendar = localCalendar(timeZone);
    const offsets = Array.from({ length: MONTHS_COMPARED }, (_, month) => calendar.offsetMs(Date.UTC(year, month, 1)));
    this.steadyOffsetS = new Set(offsets).size === 1 ? offsets[0]! / 1000 : undefined;
  }

  /** The moment (TIMESTAMPTZ) of a local TIMESTAMP. */
  momentOf(local: string): string {
    const exact = `timezone(${literal(this.timeZone)}, ${local})`;
    if (this.steadyOffsetS === undefined) return exact;
    // The session's zone is UTC, so the cast does not shift.
    return `case when ${local} >= timestamp '${STEADY_SINCE}'
      then (${local} - interval '${this.steadyOffsetS} seconds')::timestamptz else ${exact} end`;
  }

  /** The local TIMESTAMP of a moment. */
  localOf(moment: string): string {
    const exact = `timezone(${literal(this.timeZone)}, ${moment})`;
    if (this.steadyOffsetS === undefined) return exact;
    return `case when ${moment} >= timestamptz '${STEADY_SINCE} 12:00:00+00'
      then ${moment}::timestamp + interval '${this.steadyOffsetS} seconds' else ${exact} end`;
  }
}
