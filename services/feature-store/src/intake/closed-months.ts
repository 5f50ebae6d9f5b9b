import { monthRange } from '@holdfast/platform/calendar';
import type { Manifest } from '../extract/manifest.js';
import { closedMonthsOf, type LoadedExtract } from '../facts/extracts.js';

const NEEDED_AT_ALL = ['subscriptions', 'status_history'];
const NEEDED_BY_MONTH = ['billing', 'usage'];

/**
 * Months that an extract completes and no earlier one did, ascending: all of its months if it is complete; else those with
 * subscriptions, status_history, billing and usage in it or in earlier extracts.
 * @param months of the extract's imported tables
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
  // An extract that is declared complete is not, if one of these tables was not imported.
  const isComplete =
    complete &&
    Object.keys(tables).every((table) => months.has(table) || ![...NEEDED_AT_ALL, ...NEEDED_BY_MONTH].includes(table));
  const isClosed = (month: string): boolean =>
    isComplete || (NEEDED_AT_ALL.every((table) => has(table)) && NEEDED_BY_MONTH.every((table) => has(table, month)));
  const before = new Set(closedMonthsOf(earlier));
  return monthRange(from, to).filter((month) => !before.has(month) && isClosed(month));
}
