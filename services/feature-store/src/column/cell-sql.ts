import { literal } from '../engine/engine.js';
import type { ColumnType } from './column.js';

const YEAR = '((?:19|20|21)\\d\\d)';
const CLOCK = '[T ]([0-2]\\d:[0-5]\\d)(:[0-6]\\d)?(?:[.,]\\d{1,9})?';
const TIME = `(?:${CLOCK})?`;
/** A moment: a time with its offset from UTC. */
const MOMENT = `${YEAR}[-/](\\d{1,2})[-/](\\d{1,2})${CLOCK} ?(Z|[+-]\\d\\d(?::?\\d\\d)?)`;

/** Notation of a column's numbers: decimal point, decimal comma (`1.234,5`), or point with thousands (`1,234.5`). */
export type NumberStyle = '.' | ',' | 'grouped';

/** How the cells of a table are read. */
export interface CellReading {
  /** By place; a decimal point by default. */
  styles: ReadonlyMap<number, NumberStyle>;
  /** Of the day of a moment. */
  timeZone: string;
}

export function styleAt({ styles }: CellReading, place: number): NumberStyle {
  return styles.get(place) ?? '.';
}

/**
 * Notations of a date, each with the replacement that gives `year-month-day`. A local time is ignored. In 3/4/2020 day and
 * month are ambiguous, so such a column is a category.
 */
const DATES: readonly (readonly [pattern: string, iso: string])[] = [
  [`${YEAR}-(\\d{1,2})-(\\d{1,2})${TIME}`, '\\1-\\2-\\3'],
  [`${YEAR}/(\\d{1,2})/(\\d{1,2})${TIME}`, '\\1-\\2-\\3'],
  [`${YEAR}年(\\d{1,2})月(\\d{1,2})日`, '\\1-\\2-\\3'],
  [`(\\d{1,2})\\.(\\d{1,2})\\.${YEAR}`, '\\3-\\2-\\1'],
];

/** Only for a column that the mapping declares a date, since it is a number, too. */
const COMPACT_DATE = [`${YEAR}(\\d\\d)(\\d\\d)`, '\\1-\\2-\\3'] as const;

const YES = ['1', 'yes', 'y', 'true', 't', '是', '有'];
const NO = ['0', 'no', 'n', 'false', 'f', '否', '无'];

/** A finite number; NULL if malformed. DuckDB would also read `nan`, `inf` and `1_000`. */
export function numberIn(cell: string, style: NumberStyle): string {
  if (style === ',') {
    return `case when regexp_full_match(${cell}, '[-+]?(\\d*|[1-9]\\d{0,2}(\\.\\d{3})+)(,\\d+)?([eE][-+]?\\d+)?')
      then ${numberIn(`replace(replace(${cell}, '.', ''), ',', '.')`, '.')} end`;
  }
  if (style === 'grouped') {
    return `case when regexp_full_match(${cell}, '[-+]?[1-9]\\d{0,2}(,\\d{3})+(\\.\\d+)?')
      then try_cast(replace(${cell}, ',', '') as double) else ${numberIn(cell, '.')} end`;
  }
  return `case when abs(try_cast(${cell} as double)) < 1e300 and not contains(${cell}, '_')
    then try_cast(${cell} as double) + 0 end`;
}

/** Days since 1970-01-01 of a date between 1900 and 2199; NULL if malformed. DuckDB's `strptime` would read 30 February. */
export function dateIn(cell: string, { compact, timeZone }: { compact: boolean; timeZone: string }): string {
  const cases = [...DATES, ...(compact ? [COMPACT_DATE] : [])].map(
    ([pattern, iso]) =>
      `when regexp_full_match(${cell}, '${pattern}')
         then try_cast(regexp_replace(${cell}, '^${pattern}$', '${iso}') as date)`,
  );
  const moment = `when regexp_full_match(${cell}, '${MOMENT}') then timezone(${literal(timeZone)},
    try_cast(regexp_replace(${cell}, '^${MOMENT}$', '\\1-\\2-\\3 \\4:00\\6') as timestamptz))::date`;
  // The cheap test first: most cells are not dates.
  return `case when length(${cell}) >= 8 then (case ${[...cases, moment].join(' ')} end - date '1970-01-01')::double end`;
}

/** Whether a text is an open end: the date that databases write for it. */
export function isOpenEnd(cell: string): string {
  return `regexp_full_match(lower(${cell}), '(9999|0000|0001)[-/]?\\d\\d[-/]?\\d\\d([ t]\\d\\d:.*)?|infinity')`;
}

/** Whether a text is a number in the scientific notation of a spreadsheet: an identifier has lost digits. */
export function isScientific(cell: string): string {
  return `regexp_full_match(${cell}, '[-+]?\\d([.,]\\d+)?[eE]\\+\\d{1,3}|[-+]?\\d[.,]\\d+[eE]\\d{1,3}')`;
}

const TOTALS = [
  ...['合计', '合 计', '总计', '总 计', '小计', '小 计', '总和', '汇总', '共计', '累计', '合計', '總計', '小計'],
  ...['total', 'totals', 'grand total', 'subtotal', 'sub total', 'sub-total', 'sum', 'summe', 'gesamt'],
];

/** Whether a text is the name of a row of totals. */
export function isTotals(cell: string): string {
  return `lower(trim(${cell}, ' :：')) in (${TOTALS.map(literal).join(', ')})`;
}

/** 1 or 0; NULL if malformed. */
export function flagIn(cell: string): string {
  return `case when lower(${cell}) in (${YES.map(literal).join(', ')}) then 1::double
    when lower(${cell}) in (${NO.map(literal).join(', ')}) then 0::double end`;
}

/** `YYYY-MM` of a month or a date; NULL if malformed. */
export function monthIn(cell: string, timeZone: string): string {
  return `case
    when regexp_full_match(${cell}, '(19|20|21)\\d\\d[-/]?(0[1-9]|1[0-2])')
      then substr(${cell}, 1, 4) || '-' || right(${cell}, 2)
    when length(${cell}) >= 8
      then strftime(date '1970-01-01' + (${dateIn(cell, { compact: true, timeZone })})::integer, '%Y-%m') end`;
}

/** SQL of a cell as a value of its column's type: the text of a category, else a number. */
export function typedCell(place: number, type: ColumnType, reading: CellReading): string {
  const cell = `c${place}`;
  switch (type) {
    case 'number':
      return numberIn(cell, styleAt(reading, place));
    case 'flag':
      return flagIn(cell);
    case 'date':
      return dateIn(cell, { compact: true, timeZone: reading.timeZone });
    case 'category':
      return cell;
  }
}
