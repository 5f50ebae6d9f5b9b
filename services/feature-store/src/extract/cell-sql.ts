import { literal } from '../engine/engine.js';
import type { ColumnType } from './mapping.js';

const YEAR = '((?:19|20|21)\\d\\d)';
const TIME = '(?:[T ][0-2]\\d:[0-5]\\d(?::[0-6]\\d(?:[.,]\\d{1,9})?)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?';

/**
 * Dates that are read, each with what makes `year-month-day` of it. A time is dropped, the day stays as written. What
 * day and month are in 3/4/2020, nobody knows, so such a column stays a category.
 */
const DATES: readonly (readonly [pattern: string, iso: string])[] = [
  [`${YEAR}-(\\d{1,2})-(\\d{1,2})${TIME}`, '\\1-\\2-\\3'],
  [`${YEAR}/(\\d{1,2})/(\\d{1,2})${TIME}`, '\\1-\\2-\\3'],
  [`${YEAR}年(\\d{1,2})月(\\d{1,2})日`, '\\1-\\2-\\3'],
  [`(\\d{1,2})\\.(\\d{1,2})\\.${YEAR}`, '\\3-\\2-\\1'],
];

/** Only where the mapping says date, since it is a number as well. */
const COMPACT_DATE = [`${YEAR}(\\d\\d)(\\d\\d)`, '\\1-\\2-\\3'] as const;

const YES = ['1', 'yes', 'y', 'true', 't', '是', '有'];
const NO = ['0', 'no', 'n', 'false', 'f', '否', '无'];

/** A number, finite; NULL where the text is none. DuckDB would also take `nan`, `inf` and `1_000`. */
export function numberIn(cell: string, decimal: '.' | ','): string {
  if (decimal === ',') {
    return `case when not contains(${cell}, '.') then ${numberIn(`replace(${cell}, ',', '.')`, '.')} end`;
  }
  return `case when abs(try_cast(${cell} as double)) < 1e300 and not contains(${cell}, '_')
    then try_cast(${cell} as double) + 0 end`;
}

/**
 * Days since 1970-01-01 of a date between 1900 and 2199; NULL where the text is none, 30 February included (DuckDB's
 * `strptime` would make it 1 March).
 */
export function dateIn(cell: string, { compact }: { compact: boolean }): string {
  const cases = [...DATES, ...(compact ? [COMPACT_DATE] : [])].map(
    ([pattern, iso]) =>
      `when regexp_full_match(${cell}, '${pattern}')
         then try_cast(regexp_replace(${cell}, '^${pattern}$', '${iso}') as date)`,
  );
  // The cheap test first: most cells are no dates.
  return `case when length(${cell}) >= 8 then (case ${cases.join(' ')} end - date '1970-01-01')::double end`;
}

/** 1 or 0; NULL where the text is neither yes nor no. */
export function flagIn(cell: string): string {
  return `case when lower(${cell}) in (${YES.map(literal).join(', ')}) then 1::double
    when lower(${cell}) in (${NO.map(literal).join(', ')}) then 0::double end`;
}

/** `YYYY-MM` of a month or a date; NULL where the text is none. */
export function monthIn(cell: string): string {
  return `case
    when regexp_full_match(${cell}, '(19|20|21)\\d\\d[-/]?(0[1-9]|1[0-2])')
      then substr(${cell}, 1, 4) || '-' || right(${cell}, 2)
    when length(${cell}) >= 8
      then strftime(date '1970-01-01' + (${dateIn(cell, { compact: true })})::integer, '%Y-%m') end`;
}

/** A cell as its type wants it: a number, or the text itself for a category. */
export function typedCell(cell: string, type: ColumnType, decimal: '.' | ','): string {
  switch (type) {
    case 'number':
      return numberIn(cell, decimal);
    case 'flag':
      return flagIn(cell);
    case 'date':
      return dateIn(cell, { compact: true });
    case 'category':
      return cell;
  }
}
