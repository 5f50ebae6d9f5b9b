import { literal } from '../engine/engine.js';
import type { ColumnType } from './mapping.js';

/** Dates that are read; what day and month are in 3/4/2020, nobody knows, so such a column stays a category. */
export const DATE_FORMATS = [
  '%Y-%m-%d',
  '%Y/%m/%d',
  '%d.%m.%Y',
  '%Y年%m月%d日',
  '%Y-%m-%d %H:%M:%S',
  '%Y-%m-%d %H:%M',
  '%Y/%m/%d %H:%M:%S',
  '%Y/%m/%d %H:%M',
  '%Y-%m-%dT%H:%M:%S',
  '%Y-%m-%dT%H:%M:%SZ',
  '%Y-%m-%dT%H:%M:%S%z',
  '%Y-%m-%d %H:%M:%S.%f',
  '%Y-%m-%dT%H:%M:%S.%fZ',
  '%Y-%m-%dT%H:%M:%S.%f%z',
] as const;

/** Only where the mapping says date, since it is a number as well. */
const COMPACT_DATE = '%Y%m%d';

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

/** Days since 1970-01-01 of a date between 1900 and 2199; NULL where the text is none. */
export function dateIn(cell: string, { compact }: { compact: boolean }): string {
  const formats = [...DATE_FORMATS, ...(compact ? [COMPACT_DATE] : [])].map(literal).join(', ');
  // The cheap test first: reading dates by fourteen formats is slow, and most cells are none.
  return `case when regexp_matches(${cell}, '^((19|20|21)\\d\\d[-/年\\d]|\\d{1,2}\\.\\d{1,2}\\.(19|20|21)\\d\\d$)')
    then (try_strptime(${cell}, [${formats}])::date - date '1970-01-01')::double end`;
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
    when length(${cell}) >= 8 then strftime(date '1970-01-01' + (${dateIn(cell, { compact: true })})::integer, '%Y-%m') end`;
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
