import type { ColumnKind, ContractColumn } from '../contract/table.js';
import { duckType } from '../contract/tables.js';
import { literal } from '../engine/engine.js';
import type { LocalClock } from './local-clock.js';

/** Longest identifier, as the contract says. */
const ID_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 10_000;

/** A column of a file, found in its header. */
export interface FoundColumn {
  /** The cell in SQL, such as `c3`; NULL where empty. */
  cell: string;
  /** Type of the cell: VARCHAR out of CSV, the file's own out of Parquet. */
  type: string;
}

const DATE = '(19|20|21)\\d\\d-[01]\\d-[0-3]\\d';
const TIME = '[ T][0-2]\\d:[0-5]\\d(:[0-6]\\d([.,]\\d{1,9})?)?';
const OFFSET = '(Z|[+-]\\d\\d(:?\\d\\d)?)';

/**
 * SQL of a cell as its column wants it, identifiers still as texts; NULL where it is none of that. What the contract does not
 * allow is not guessed: a date is `YYYY-MM-DD` and a day that exists.
 * @param clock by which moments without an offset are meant
 */
export function cellValue(kind: ColumnKind, { cell, type }: FoundColumn, clock: LocalClock): string {
  const isText = type === 'VARCHAR';
  switch (kind) {
    case 'money':
    case 'amount':
    case 'rate':
      return isText
        ? `case when not contains(${cell}, '_') then try_cast(${cell} as ${duckType(kind)}) end`
        : `try_cast(${cell} as ${duckType(kind)})`;
    case 'count':
      return `case when ${number(cell, isText)} = floor(${number(cell, isText)}) then try_cast(${number(cell, isText)} as bigint) end`;
    case 'quantity':
    case 'number':
      return number(cell, isText);
    case 'date':
      return date(cell, isText);
    case 'birthday':
      return `(${date(cell, isText)})::varchar`;
    case 'month':
      return `case when regexp_full_match(${cell}::varchar, '(19|20|21)\\d\\d-(0[1-9]|1[0-2])') then ${cell}::varchar end`;
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

function date(cell: string, isText: boolean): string {
  if (!isText) return `try_cast(${cell} as date)`;
  return `case when length(${cell}) = 10 and regexp_full_match(${cell}, '${DATE}') then try_cast(${cell} as date) end`;
}

function moment(cell: string, type: string, clock: LocalClock): string {
  if (type.startsWith('TIMESTAMP WITH')) return cell;
  if (type.startsWith('TIMESTAMP')) return clock.momentOf(type === 'TIMESTAMP' ? cell : `${cell}::timestamp`);
  if (type !== 'VARCHAR') return `null::timestamptz`;
  return `case
    when regexp_full_match(${cell}, '${DATE}${TIME}') then ${clock.momentOf(`try_cast(${cell} as timestamp)`)}
    when regexp_full_match(${cell}, '${DATE}${TIME}${OFFSET}') then try_cast(${cell} as timestamptz) end`;
}

/** A rule that a cell can break. */
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
const IDENTIFIERS: readonly ColumnKind[] = ['customer', 'account', 'subscription', 'peer', 'assigned', 'id'];

/** The rules of a column, in the order in which they are tried. `value` is what `cellValue` gave. */
export function cellRules(column: ContractColumn, cell: string, value: string): CellRule[] {
  const { kind, range, values } = column;
  const malformed = MALFORMED[kind];
  const rules: CellRule[] = [];
  if (column.isRequired) rules.push({ rule: column.isKey ? 'key.missing' : 'value.missing', isBroken: `${cell} is null` });
  if (malformed !== undefined) rules.push({ rule: malformed, isBroken: `${cell} is not null and ${value} is null` });
  if (NEVER_NEGATIVE.includes(kind)) rules.push({ rule: 'value.negative', isBroken: `${value} < 0` });
  if (range !== undefined) {
    rules.push({ rule: 'value.outOfRange', isBroken: `${value} not between ${range[0]} and ${range[1]}` });
  }
  if (values.length > 0) {
    rules.push({ rule: 'value.unknown', isBroken: `${value} not in (${values.map(literal).join(', ')})` });
  }
  if (IDENTIFIERS.includes(kind)) rules.push({ rule: 'key.tooLong', isBroken: `length(${value}) > ${ID_CHARS_MAX}` });
  else if (malformed === undefined && values.length === 0) {
    rules.push({ rule: 'text.tooLong', isBroken: `length(${value}) > ${TEXT_CHARS_MAX}` });
  }
  return rules;
}
