import { monthRange } from '@holdfast/platform/calendar';
import type { Manifest } from '../extract/manifest.js';
import { closedMonthsOf, type LoadedExtract } from '../facts/extracts.js';

const NEEDED_AT_ALL = ['subscriptions', 'status_history'];
const NEEDED_BY_MONTH = ['billing', 'usage'];

/**
 * Months that an extract makes complete and none before it did, ascending: all of its span, where it says that it is
 * complete; else those of which subscriptions, status_history, billing and usage are there, of it or of extracts before.
 * @param months of the extract's tables that went in
 */
export function newlyClosed(
  { from, to, complete, tables }: Pick<Manifest, 'from' | 'to' | 'complete' | 'tables'>,
  months: ReadonlyMap<string, readonly string[]>,
  earlier: readonly LoadedExtract[],
): string[] {
  const has = (table: string, month?: string): boolean =>
    (months.has(table) && (month === undefined || months.get(table)!.includes(month))) ||
    earlier.some(({ tables: known }) =>
      known.some((one) => one.table === table && (month === undefined || one.months.includes(month))),
    );
  // What says of itself that it is complete is not, where a table of it did not go in.
  const isComplete =
    complete &&
    Object.keys(tables).every((table) => months.has(table) || ![...NEEDED_AT_ALL, ...NEEDED_BY_MONTH].includes(table));
  const isClosed = (month: string): boolean =>
    isComplete || (NEEDED_AT_ALL.every((table) => has(table)) && NEEDED_BY_MONTH.every((table) => has(table, month)));
  const before = new Set(closedMonthsOf(earlier));
  return monthRange(from, to).filter((month) => !before.has(month) && isClosed(month));
}
