import type { RejectRule } from '@holdfast/extract-contract/reject-rules';
import type { ColumnKind, ContractColumn } from '@holdfast/extract-contract/table';
import { literal } from '../engine/engine.js';
import { isTotals } from '../column/cell-sql.js';
import type { LocalClock } from '../column/local-clock.js';
import { KINDS } from './column-kinds.js';

/** Longest identifier of the contract. */
const ID_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 10_000;

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
  const { lakeType } = KINDS[kind];
  switch (lakeType) {
    case 'DECIMAL(18,2)':
    case 'DECIMAL(18,6)': {
      const value = `try_cast(${cell} as ${lakeType})`;
      return isText ? `case when not contains(${cell}, '_') then ${value} end` : value;
    }
    case 'BIGINT': {
      if (/INT/.test(type)) return `try_cast(${cell} as bigint)`;
      const value = number(cell, isText);
      return `case when ${value} = floor(${value}) then try_cast(${value} as bigint) end`;
    }
    case 'DOUBLE':
      return number(cell, isText);
    case 'DATE':
      return date(cell, type, clock);
    case 'TIMESTAMPTZ':
      return moment(cell, type, clock);
    case 'BOOLEAN':
      if (type === 'BOOLEAN') return cell;
      return `case lower(${cell}::varchar) when 'true' then true when '1' then true when 'false' then false when '0' then false end`;
    case 'UUID':
    case 'VARCHAR':
      if (kind === 'birthday') return `(${date(cell, type, clock)})::varchar`;
      if (kind !== 'month') return isText ? cell : `${cell}::varchar`;
      if (!isText) return `strftime(${date(cell, type, clock)}, '%Y-%m')`;
      return `case when regexp_full_match(${cell}, '(19|20|21)\\d\\d-(0[1-9]|1[0-2])') then ${cell} end`;
  }
}

function number(cell: string, isText: boolean): string {
  const value = `try_cast(${cell} as double)`;
  return `case when abs(${value}) < 1e300${isText ? ` and not contains(${cell}, '_')` : ''} then ${value} + 0 end`;
}

/** The local day of a date, a local time or a moment. */
function date(cell: string, type: string, clock: LocalClock): string {
  if (type === 'VARCHAR')
    return `case when length(${cell}) = 10 and regexp_full_match(${cell}, '${DATE}') then try_cast(${cell} as date) end`;
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
  rule: RejectRule;
  isBroken: string;
}

/** The rules of a column, in the order of checking. @param value SQL of `cellValue` */
export function cellRules(column: ContractColumn, cell: string, value: string): CellRule[] {
  const { range, values, isKey, isRequired } = column;
  const { malformed, isIdentifier = false, isNeverNegative = false } = KINDS[column.kind];
  const isLongText = !isIdentifier && malformed === undefined && values.length === 0;
  const rules: (CellRule | false)[] = [
    isKey && isIdentifier && { rule: 'row.totals', isBroken: isTotals(cell) },
    isRequired && { rule: isKey ? 'key.missing' : 'value.missing', isBroken: `${cell} is null` },
    malformed !== undefined && { rule: malformed, isBroken: `${cell} is not null and ${value} is null` },
    isNeverNegative && { rule: 'value.negative', isBroken: `${value} < 0` },
    range !== undefined && { rule: 'value.outOfRange', isBroken: `${value} not between ${range[0]} and ${range[1]}` },
    values.length > 0 && { rule: 'value.unknown', isBroken: `${value} not in (${values.map(literal).join(', ')})` },
    isIdentifier && { rule: 'key.tooLong', isBroken: `length(${value}) > ${ID_CHARS_MAX}` },
    isLongText && { rule: 'text.tooLong', isBroken: `length(${value}) > ${TEXT_CHARS_MAX}` },
  ];
  return rules.filter((rule) => rule !== false);
}
