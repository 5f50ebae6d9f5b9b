import { type LocalCalendar, addMonths, firstDayOf, localCalendar } from '@holdfast/platform/calendar';
import type { Database } from '@holdfast/platform/database';
import { knownSince, needsTable, noClosedMonth, type Reason } from './reasons.js';

/** Tables with the state at extraction time, without a history. */
const SNAPSHOTS = new Set(['customers', 'accounts', 'subscriptions']);
const MONTHLY = new Set(['billing', 'usage', 'product_usage', 'account_months']);
/** When the rows of a month are known, at the latest (docs/extract.md, "Time rule"). */
const KNOWN_AFTER_DAYS = 5;

/** What there is to answer from at a moment. */
export interface Sources {
  /** The extract that answers; empty for none. */
  extractId: string;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  /** Last closed month, `YYYY-MM`; empty for none. */
  month: string;
  has(table: string): boolean;
  /** Why a table has no data at that time; undefined if it has. */
  whyNot(table: string): Reason | undefined;
}

interface ExtractRow {
  extract_id: string;
  extracted_at: Date;
  known_at: Date;
  tables: string[];
  time_zone: string;
  currency: string;
  closed_months: string[];
}

/**
 * By the newest extract of that time; before the first, by its facts about earlier days. One that was withdrawn later
 * counts, so that a view as of a moment before the withdrawal stays as it was.
 */
export async function sourcesAt(database: Database, at: Date): Promise<Sources> {
  const sql = `select extract_id, extracted_at, known_at, tables, time_zone, currency, closed_months from extract
    where imported_at is not null and (withdrawn_at is null or withdrawn_at > $1) order by sequence`;
  const extracts = await database.query<ExtractRow>(sql, [at], 'view-extracts');
  const drawn = extracts.filter(({ known_at: knownAt }) => knownAt <= at);
  const by = drawn.length > 0 ? drawn : extracts.slice(0, 1);
  const newest = by.at(-1);
  const calendar = localCalendar(newest?.time_zone ?? 'Asia/Shanghai');
  const tables = new Set(by.flatMap((extract) => extract.tables));
  const month = newest === undefined ? '' : lastClosed(newest, calendar, at);
  return {
    extractId: newest?.extract_id ?? '',
    timeZone: newest?.time_zone ?? 'Asia/Shanghai',
    currency: newest?.currency ?? '',
    month,
    has: (table) => tables.has(table),
    whyNot: (table) => {
      if (table === 'manifest') return undefined;
      if (!tables.has(table)) return needsTable(table);
      if (MONTHLY.has(table) && month === '') return noClosedMonth;
      const isTooEarly = SNAPSHOTS.has(table) && drawn.length === 0;
      return isTooEarly ? knownSince(table, calendar.dayTextOf(newest!.extracted_at)) : undefined;
    },
  };
}

function lastClosed(extract: ExtractRow, calendar: LocalCalendar, at: Date): string {
  const { closed_months: months, extracted_at: drawnAt } = extract;
  const isKnown = (month: string): boolean => {
    const known = calendar.startOfDay(firstDayOf(addMonths(month, 1)) + KNOWN_AFTER_DAYS);
    return (known < drawnAt ? known : drawnAt) <= at;
  };
  return months.filter(isKnown).sort().at(-1) ?? '';
}
