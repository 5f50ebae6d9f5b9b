import { localCalendar } from '@holdfast/platform/calendar';
import { literal } from '../engine/engine.js';

/** Since then most zones have had one offset all the time; those that change their clocks have not. */
const STEADY_SINCE = '1992-01-01';
const MONTHS_LOOKED_AT = 12 * 60;

/**
 * Local clocks in SQL. DuckDB's own conversion costs about a microsecond a value, eight times what the rest of reading a row of
 * events takes; where a zone has kept one offset since 1992, later times are shifted instead.
 */
export class LocalClock {
  private readonly steadyOffsetS: number | undefined;

  /** @param timeZone IANA name */
  constructor(private readonly timeZone: string) {
    const [year] = STEADY_SINCE.split('-').map(Number) as [number];
    const offsets = Array.from({ length: MONTHS_LOOKED_AT }, (_, month) =>
      localCalendar(timeZone).offsetMs(Date.UTC(year, month, 1)),
    );
    this.steadyOffsetS = new Set(offsets).size === 1 ? offsets[0]! / 1000 : undefined;
  }

  /** The moment (TIMESTAMPTZ) at which local clocks show a TIMESTAMP. */
  momentOf(local: string): string {
    const exact = `timezone(${literal(this.timeZone)}, ${local})`;
    if (this.steadyOffsetS === undefined) return exact;
    // The session's zone is UTC, so that the cast shifts nothing.
    return `case when ${local} >= timestamp '${STEADY_SINCE}'
      then (${local} - interval '${this.steadyOffsetS} seconds')::timestamptz else ${exact} end`;
  }

  /** What local clocks show (TIMESTAMP) at a moment. */
  localOf(moment: string): string {
    const exact = `timezone(${literal(this.timeZone)}, ${moment})`;
    if (this.steadyOffsetS === undefined) return exact;
    return `case when ${moment} >= timestamptz '${STEADY_SINCE} 12:00:00+00'
      then ${moment}::timestamp + interval '${this.steadyOffsetS} seconds' else ${exact} end`;
  }
}
