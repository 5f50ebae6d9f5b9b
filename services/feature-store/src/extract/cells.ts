import type { ColumnKind, ContractColumn } from '@holdfast/extract-contract/table';
import { lakeType } from './lake-type.js';
import { literal } from '../engine/engine.js';
import { isTotals } from '../column/cell-sql.js';
import type { LocalClock } from '../column/local-clock.js';

/** Longest identifier of the contract. */
const ID_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 10_000;

/** A column of the contract in a file. */
export interface FoundColumn {
  /** SQL of the cell, such as `c3`; NULL if empty, or if the column is an end and the cell stands for an open end. */
  cell: string;
  /** Type of the cell: VARCHAR from CSV, by `parquetReading` from Parquet. */
  type: string;
}

const DATE = '(19|20|21)\\d\\d-[01]\\d-[0-3]\\d';
const TIME = '[ T][0-2]\\d:[0-5]\\d(:[0-6]\\d([.,]\\d{1,9})?)?';
const OFFSET = '(Z|[+-]\\d\\d(:?\\d\\d)?)';

/** Days outside are malformed. */
const [FIRST_DAY, AFTER_DAYS] = ['1900-01-01', '2200-01-01'];
/** Ends outside are open ends: 9999-12-31, 2099-12-31, 0001-01-01. */
const [OPEN_BEFORE, OPEN_FROM] = ['0002-01-01', '2099-01-01'];

/** SQL of a cell, NULL if the column is an end and the cell stands for an open end. */
export function endsCell({ name, kind, endsWith }: ContractColumn, cell: string, type: string): string {
  if (endsWith !== name || (kind !== 'date' && kind !== 'moment')) return cell;
  if (type === 'VARCHAR') {
    const open = `regexp_full_match(${cell}, '(000[01]|2099|[3-9]\\d{3})-\\d\\d-\\d\\d([ T].*)?|[+-]?infinity')`;
    return `case when not ${open} then ${cell} end`;
  }
  return `case when ${cell} >= '${OPEN_BEFORE}'::${type} and ${cell} < '${OPEN_FROM}'::${type} then ${cell} end`;
}

/**
 * SQL of a cell as a value of its column's kind, identifiers still as texts; NULL if malformed. Nothing is guessed: a date is
 * `YYYY-MM-DD` and an existing day.
 * @param clock for moments without an offset
 */
export function cellValue(kind: ColumnKind, { cell, type }: FoundColumn, clock: LocalClock): string {
  const isText = type === 'VARCHAR';
  switch (kind) {
    case 'money':
    case 'amount':
    case 'rate':
      return isText
        ? `case when not contains(${cell}, '_') then try_cast(${cell} as ${lakeType(kind)}) end`
        : `try_cast(${cell} as ${lakeType(kind)})`;
    case 'count':
      if (/INT/.test(type)) return `try_cast(${cell} as bigint)`;
      return `case when ${number(cell, isText)} = floor(${number(cell, isText)}) then try_cast(${number(cell, isText)} as bigint) end`;
    case 'quantity':
    case 'number':
      return number(cell, isText);
    case 'date':
      return date(cell, type, clock);
    case 'birthday':
      return `(${date(cell, type, clock)})::varchar`;
    case 'month':
      if (!isText) return `strftime(${date(cell, type, clock)}, '%Y-%m')`;
      return `case when regexp_full_match(${cell}, '(19|20|21)\\d\\d-(0[1-9]|1[0-2])') then ${cell} end`;
    case 'moment':
      return moment(cell, type, clock);
    case 'flag':
      if (type === 'BOOLEAN') return cell;
      return `case lower(${cell}::varchar) when 'true' then true when '1' then true when 'false' then false when '0' then false end`;
    case 'customer':
    case 'account':
    case 'subscription':
    case 'peer':
    case 'assigned':
    case 'id':
    case 'text':
    case 'list':
    case 'personal':
    case 'enum':
      return isText ? cell : `${cell}::varchar`;
  }
}

function number(cell: string, isText: boolean): string {
  const value = `try_cast(${cell} as double)`;
  return `case when abs(${value}) < 1e300${isText ? ` and not contains(${cell}, '_')` : ''} then ${value} + 0 end`;
}

/** The local day of a date, a local time or a moment. */
function date(cell: string, type: string, clock: LocalClock): string {
  if (type === 'VARCHAR') {
    return `case when length(${cell}) = 10 and regexp_full_match(${cell}, '${DATE}') then try_cast(${cell} as date) end`;
  }
  const day = type.startsWith('TIMESTAMP WITH')
    ? `try_cast(${clock.localOf(cell)} as date)`
    : `try_cast(${cell} as date)`;
  return `case when ${day} >= date '${FIRST_DAY}' and ${day} < date '${AFTER_DAYS}' then ${day} end`;
}

function moment(cell: string, type: string, clock: LocalClock): string {
  if (type !== 'VARCHAR') {
    const at = type.startsWith('TIMESTAMP WITH') ? cell : clock.momentOf(cell);
    const [first, after] = [FIRST_DAY, AFTER_DAYS].map((day) => `timestamptz '${day} 00:00:00+00'`);
    return `case when ${at} >= ${first} and ${at} < ${after} then ${at} end`;
  }
  return `case
    when regexp_full_match(${cell}, '${DATE}${TIME}') then ${clock.momentOf(`try_cast(${cell} as timestamp)`)}
    when regexp_full_match(${cell}, '${DATE}${TIME}${OFFSET}') then try_cast(${cell} as timestamptz) end`;
}

/** A rule, with the SQL condition that breaks it. */
export interface CellRule {
  rule: string;
  isBroken: string;
}

const MALFORMED: Partial<Record<ColumnKind, string>> = {
  money: 'number.malformed',
  amount: 'number.malformed',
  rate: 'number.malformed',
  count: 'number.malformed',
  quantity: 'number.malformed',
  number: 'number.malformed',
  date: 'date.malformed',
  birthday: 'date.malformed',
  month: 'month.malformed',
  moment: 'moment.malformed',
  flag: 'flag.malformed',
};
const NEVER_NEGATIVE: readonly ColumnKind[] = ['money', 'rate', 'count', 'quantity'];
/** Kinds whose cells are identifiers of up to 64 characters. */
export const IDENTIFIER_KINDS: readonly ColumnKind[] = [
  'customer',
  'account',
  'subscription',
  'peer',
  'assigned',
  'id',
];

/** The rules of a column, in the order of checking. @param value SQL of `cellValue` */
export function cellRules(column: ContractColumn, cell: string, value: string): CellRule[] {
  const { kind, range, values } = column;
  const malformed = MALFORMED[kind];
  const rules: CellRule[] = [];
  if (column.isKey && IDENTIFIER_KINDS.includes(kind)) rules.push({ rule: 'row.totals', isBroken: isTotals(cell) });
  if (column.isRequired)
    rules.push({ rule: column.isKey ? 'key.missing' : 'value.missing', isBroken: `${cell} is null` });
  if (malformed !== undefined) rules.push({ rule: malformed, isBroken: `${cell} is not null and ${value} is null` });
  if (NEVER_NEGATIVE.includes(kind)) rules.push({ rule: 'value.negative', isBroken: `${value} < 0` });
  if (range !== undefined) {
    rules.push({ rule: 'value.outOfRange', isBroken: `${value} not between ${range[0]} and ${range[1]}` });
  }
  if (values.length > 0) {
    rules.push({ rule: 'value.unknown', isBroken: `${value} not in (${values.map(literal).join(', ')})` });
  }
  if (IDENTIFIER_KINDS.includes(kind))
    rules.push({ rule: 'key.tooLong', isBroken: `length(${value}) > ${ID_CHARS_MAX}` });
  else if (malformed === undefined && values.length === 0) {
    rules.push({ rule: 'text.tooLong', isBroken: `length(${value}) > ${TEXT_CHARS_MAX}` });
  }
  return rules;
}
