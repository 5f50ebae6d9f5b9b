import { RECORDED_AT, type ColumnKind, type ContractColumn } from '@holdfast/extract-contract/table';
import { lastDayOf } from '@holdfast/platform/calendar';
import { momentText } from '../calendar/calendar.js';
import { Purpose, Stream } from '../randomness/stream.js';
import type { Cell, ExtractTable, RawCell, RowHooks } from '../table/table.js';

/** An import rejects all but the last two, each by its rule. */
export const ERROR_KINDS = [
  'missing',
  'badDate',
  'negative',
  'unknownEnum',
  'outsideSpan',
  'orphan',
  'conflict',
  'duplicate',
  'late',
] as const;
/**
 * Of events only: clock skew by minutes. On request: invalid UTF-8 in a text (rejected); a value that a second extract
 * corrects (accepted).
 */
const FURTHER_KINDS = ['clockSkew', 'encoding', 'corrected'] as const;
type TableKind = (typeof ERROR_KINDS)[number] | 'encoding';
type ErrorKind = TableKind | (typeof FURTHER_KINDS)[number];

/** Required handling of the row by an import: see "What bad input gets" of the contract. */
type Expected = 'rejected' | 'duplicate' | 'accepted';

export interface InjectedError {
  table: string;
  file: string;
  /** From 1, the header included. */
  line: number;
  kind: ErrorKind;
  column: string;
  /**
   * The wrong value, in hex for bytes; the correct one for `clockSkew` and `corrected`; the kind of event for other
   * events.
   */
  value: string;
  expected: Expected;
}

export interface ErrorSettings {
  seed: number;
  /** Injected errors per row. */
  share: number;
  /** The month before the span, which no good row has. */
  monthBefore: string;
  /** Day of the extract; late rows are not later than it. */
  extractedDay: number;
  /** Whether some texts get bytes that are not UTF-8. */
  hasWrongEncodings: boolean;
}

const LATE_FACTOR = 2;
const IDS: ReadonlySet<ColumnKind> = new Set(['customer', 'account', 'subscription', 'peer', 'assigned', 'id']);
const TEXTS: ReadonlySet<ColumnKind> = new Set(['text', 'list', 'personal']);
const DATES: ReadonlySet<ColumnKind> = new Set(['date', 'birthday', 'moment']);
const MONEY: ReadonlySet<ColumnKind> = new Set(['money', 'rate']);
export const FIGURES: ReadonlySet<ColumnKind> = new Set([...MONEY, 'amount', 'count', 'quantity', 'number'] as const);
/** 孪 in GBK, invalid UTF-8 in any context. */
const GBK_BYTES = [0xc2, 0xcf];

/**
 * Injects errors into one file. A bad row is an additional, changed copy of a good one, so that no true row is lost and
 * no good row refers to a rejected one. A copy gets a new key if the key is a single identifier. In a conflict the
 * second row is the wrong one.
 *
 * Late rows are good; their `recorded_at` is weeks after their time.
 */
export class ErrorInjector implements RowHooks {
  readonly rows: InjectedError[] = [];
  private readonly random: Stream;
  private readonly kinds: readonly TableKind[];
  private readonly recordedAt: number;
  private readonly monthAt: number;
  private injected = 0;

  /** @param salt different for each file of the extract */
  constructor(
    private readonly table: ExtractTable,
    private readonly file: string,
    private readonly setting: ErrorSettings,
    salt: number,
  ) {
    this.random = new Stream(setting.seed).at(Purpose.injectedErrors, salt);
    this.kinds = kindsFor(table, setting);
    this.recordedAt = table.columns.findIndex(({ name }) => name === RECORDED_AT);
    this.monthAt = table.columns.findIndex(({ kind }) => kind === 'month' || kind === 'moment');
  }

  beforeWrite(row: Cell[], line: number): void {
    if (this.recordedAt < 0 || !this.random.chance(LATE_FACTOR * this.setting.share)) return;
    const day = lastDayOf(String(row[this.monthAt])) + 13 + this.random.below(45);
    if (day >= this.setting.extractedDay) return;
    const value = momentText(day, 3600 * (1 + this.random.below(22)));
    row[this.recordedAt] = value;
    this.record('late', this.table.columns[this.recordedAt]!, value, line, 'accepted');
  }

  afterWrite(row: readonly Cell[], line: number): RawCell[][] {
    if (this.kinds.length === 0 || !this.random.chance(this.setting.share)) return [];
    const kind = this.random.pick(this.kinds);
    const corrupted = this.corrupt([...row], kind, line + 1);
    return corrupted === undefined ? [] : [corrupted];
  }

  private corrupt(row: RawCell[], kind: TableKind, line: number): RawCell[] | undefined {
    const { columns } = this.table;
    if (kind === 'duplicate') {
      const key = columns.find(({ isKey }) => isKey)!;
      this.record(kind, key, '', line, 'duplicate');
      return row;
    }
    const at = this.columnFor(row, kind);
    if (at === undefined) return undefined;
    this.injected += 1;
    const good = String(row[at]);
    const value = kind === 'encoding' ? badBytes(good) : this.wrongValue(good, columns[at]!, kind);
    const keys = columns.flatMap((column, place) => (column.isKey && IDS.has(column.kind) ? [place] : []));
    const hasOwnKey = columns.filter(({ isKey }) => isKey).length === 1 && keys.length === 1;
    if (hasOwnKey && kind !== 'conflict') row[keys[0]!] = `${String(row[keys[0]!])}X${this.injected}`;
    row[at] = value;
    const shown = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value ?? '');
    this.record(kind, columns[at]!, shown, line, 'rejected');
    return row;
  }

  /** A random column of the row that can have the error. */
  private columnFor(row: readonly RawCell[], kind: TableKind): number | undefined {
    const { columns } = this.table;
    const places = columns.flatMap((column, at) => (row[at] !== undefined && canCarry(column, kind) ? [at] : []));
    return places.length === 0 ? undefined : this.random.pick(places);
  }

  private wrongValue(value: string, column: ContractColumn, kind: Exclude<TableKind, 'encoding'>): string | undefined {
    switch (kind) {
      case 'missing':
        return undefined;
      case 'badDate':
        return column.kind === 'moment' ? '2026-02-30T10:00:00' : '2026-02-30';
      case 'negative':
        return `-${plusOne(value.replace('-', ''))}`;
      case 'unknownEnum':
        return `unknown_${column.name}`;
      case 'outsideSpan':
        return this.setting.monthBefore;
      case 'orphan':
        return `${value.slice(0, 2)}${99_999_999 - this.injected}`;
      case 'conflict':
        return FIGURES.has(column.kind) ? plusOne(value) : `${value}改`;
      case 'duplicate':
      case 'late':
        return undefined;
    }
  }

  private record(kind: ErrorKind, column: ContractColumn, value: Cell, line: number, expected: Expected): void {
    const { table, file } = this;
    this.rows.push({ table: table.name, file, line, kind, column: column.name, value: String(value ?? ''), expected });
  }
}

/** Keeps the number of decimals, without binary rounding errors. */
function plusOne(value: string): string {
  return (Number(value) + 1).toFixed(value.split('.')[1]?.length ?? 0);
}

/** The ASCII part of a text and a character in GBK. */
function badBytes(value: string): Uint8Array {
  const ascii = Array.from(value.replaceAll(/[^ -~]|[",]/g, ''), (letter) => letter.charCodeAt(0));
  return Uint8Array.from([...GBK_BYTES, ...ascii]);
}

function kindsFor(table: ExtractTable, { hasWrongEncodings }: ErrorSettings): TableKind[] {
  if (!table.acceptsErrors) return [];
  const kinds: readonly TableKind[] = hasWrongEncodings ? [...ERROR_KINDS, 'encoding'] : ERROR_KINDS;
  return kinds.filter((kind) => {
    if (kind === 'late') return false;
    if (kind === 'duplicate') return table.columns.some(({ isKey }) => isKey);
    return table.columns.some((column) => canCarry(column, kind));
  });
}

function canCarry({ name, kind, isKey, isRequired, refersTo }: ContractColumn, error: TableKind): boolean {
  const isValue = !isKey && refersTo === undefined;
  switch (error) {
    case 'missing':
      return isRequired;
    case 'badDate':
      return DATES.has(kind) && name !== RECORDED_AT;
    case 'negative':
      return MONEY.has(kind);
    case 'unknownEnum':
      return kind === 'enum';
    case 'outsideSpan':
      return kind === 'month' && isRequired;
    case 'orphan':
      return refersTo !== undefined;
    case 'conflict':
      return isValue && (FIGURES.has(kind) || TEXTS.has(kind));
    case 'encoding':
      return isValue && TEXTS.has(kind);
    case 'duplicate':
    case 'late':
      return false;
  }
}
