import type { RejectRule } from './reject-rules.js';
import type { ColumnKind, ContractColumn } from './table.js';

const ID_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 10_000;

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const DAY = /^(19|20|21)\d\d-[01]\d-[0-3]\d$/;
const TIME = /^[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?$/;
const MONTH = /^(19|20|21)\d\d-(0[1-9]|1[0-2])$/;
/** Cells of an end that is open. */
const OPEN = /^((000[01]|2099|[3-9]\d{3})-\d\d-\d\d([ T].*)?|[+-]?infinity)$/;

const IDENTIFIERS: ReadonlySet<ColumnKind> = new Set(['customer', 'account', 'subscription', 'peer', 'assigned', 'id']);
const NEVER_NEGATIVE: ReadonlySet<ColumnKind> = new Set(['money', 'rate', 'count', 'quantity']);
const TEXTS: ReadonlySet<ColumnKind> = new Set(['text', 'list', 'personal']);

/**
 * The first rule of a column that a CSV cell breaks, if any. The import checks the same in SQL, and also what needs other
 * rows: totals, references and repeated keys.
 * @param cell trimmed; empty for unknown
 */
export function cellFault(column: ContractColumn, cell: string): RejectRule | undefined {
  const { kind, isKey, isRequired, range, values } = column;
  const isOpen = column.endsWith === column.name && (kind === 'date' || kind === 'moment') && OPEN.test(cell);
  if (cell === '' || isOpen) return isRequired ? (isKey ? 'key.missing' : 'value.missing') : undefined;
  const malformed = malformedRule(kind, cell);
  if (malformed !== undefined) return malformed;
  if (NEVER_NEGATIVE.has(kind) && Number(cell) < 0) return 'value.negative';
  if (range !== undefined && (Number(cell) < range[0] || Number(cell) > range[1])) return 'value.outOfRange';
  if (values.length > 0 && !values.includes(cell)) return 'value.unknown';
  if (IDENTIFIERS.has(kind) && Array.from(cell).length > ID_CHARS_MAX) return 'key.tooLong';
  return TEXTS.has(kind) && Array.from(cell).length > TEXT_CHARS_MAX ? 'text.tooLong' : undefined;
}

function malformedRule(kind: ColumnKind, cell: string): RejectRule | undefined {
  switch (kind) {
    case 'money':
    case 'amount':
    case 'rate':
    case 'quantity':
    case 'number':
      return isNumber(cell) ? undefined : 'number.malformed';
    case 'count':
      return isNumber(cell) && Number.isInteger(Number(cell)) ? undefined : 'number.malformed';
    case 'date':
    case 'birthday':
      return isDay(cell) ? undefined : 'date.malformed';
    case 'month':
      return MONTH.test(cell) ? undefined : 'month.malformed';
    case 'moment':
      return isDay(cell.slice(0, 10)) && TIME.test(cell.slice(10)) ? undefined : 'moment.malformed';
    case 'flag':
      return /^(true|false|1|0)$/i.test(cell) ? undefined : 'flag.malformed';
    default:
      return undefined;
  }
}

function isNumber(cell: string): boolean {
  return NUMBER.test(cell) && Math.abs(Number(cell)) < 1e300;
}

/** Whether it is a day that exists. */
function isDay(cell: string): boolean {
  if (!DAY.test(cell)) return false;
  const time = Date.parse(`${cell}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(cell);
}
