import { UNKNOWN_MARKS_SQL } from '../csv/null-marks.js';
import type { StagedRows } from '../csv/stage-cells.js';
import { notice, type Notice } from '../notices.js';
import { dateIn, flagIn, isOpenEnd, isScientific, numberIn, type CellReading, type NumberStyle } from './cell-sql.js';
import type { ColumnType, HeaderColumn } from './column.js';

/** Share of numbers from which on a category gets a notice. */
const NEARLY_ALL = 0.95;

/** Cells of a column by what they can be read as. */
export interface CellCounts {
  present: number;
  numbers: number;
  dates: number;
  yes: number;
  no: number;
  /** Distinct texts, counted up to 3. */
  spellings: number;
}

/** Cells of a column that fit a notation of numbers with commas. */
interface CommaCounts {
  /** Numbers if the comma is decimal; those without a comma among them. */
  comma: number;
  /** Numbers if the comma separates thousands; those without a comma among them. */
  grouped: number;
  /** Cells with a comma that are numbers either way. */
  either: number;
  /** Cells with a comma that can only be decimal: `102,30`. */
  onlyComma: number;
  /** Cells with commas that can only separate thousands: `1,234,567`. */
  onlyGrouped: number;
}

/** All counts; other than those of a plain number are 0 in a column of plain numbers. */
interface ColumnCounts extends CellCounts, CommaCounts {
  /** Cells such as NaN; only `present` includes them. */
  unknown: number;
  /** Cells such as 9999-12-31. */
  openEnds: number;
  /** Cells such as 8.61E+12, of eleven digits and more. */
  scientific: number;
}

/**
 * Type of a column by its cells: a flag for two distinct texts, one yes and one no; a date or a number if every present cell
 * is one; else a category. An empty column is a category.
 */
export function inferType(counts: CellCounts): ColumnType {
  const { present, numbers, dates, yes, no, spellings } = counts;
  if (present === 0) return 'category';
  if (yes > 0 && no > 0 && yes + no === present && spellings === 2) return 'flag';
  if (dates === present) return 'date';
  return numbers === present ? 'number' : 'category';
}

export interface InferredTypes {
  /** By place; excluded if their numbers have lost digits. */
  columns: HeaderColumn[];
  /** By place, of all columns that can be features. */
  types: Map<number, ColumnType>;
  reading: CellReading;
  notices: Notice[];
}

export interface FileFormat {
  /** Of the mapping. */
  decimal: '.' | ',' | undefined;
  delimiter: string;
  timeZone: string;
}

interface CountedColumn {
  column: HeaderColumn;
  counts: ColumnCounts;
}

/**
 * Infers types and number notations from all staged rows. A declared type is taken: cells that do not fit are rejected later.
 * A value column is a number. Sets marks such as NaN, and open ends of dates, to NULL in the rows.
 */
export async function inferTypes(
  rows: StagedRows,
  header: readonly HeaderColumn[],
  format: FileFormat,
): Promise<InferredTypes> {
  const { decimal, delimiter, timeZone } = format;
  const columns = [...header];
  const counted: CountedColumn[] = [];
  for (const column of header) {
    if (!['value', 'feature', 'excluded'].includes(column.role)) continue;
    counted.push({ column, counts: await countCells(rows, column, timeZone) });
  }
  const hasCommas = counted.some(
    ({ counts }) => commaStyle(counts, counts.present - counts.unknown, { decimal, delimiter }) === ',',
  );
  const types = new Map<number, ColumnType>();
  const styles = new Map<number, NumberStyle>();
  const notices: Notice[] = [];
  for (const each of counted) {
    const { column } = each;
    const read = readColumn(each, format, hasCommas);
    types.set(column.place, read.type);
    const isPlain = decimal === undefined && read.type === 'number' && read.style === '.';
    styles.set(column.place, hasCommas && isPlain ? await styleAmongCommas(rows, column) : read.style);
    notices.push(...read.notices);
    if (hasLostDigits(each)) {
      columns[column.place] = { ...column, role: 'excluded' };
      notices.push(notice('column.scientificLeftOut', column.name));
    }
    notices.push(...(await clearUnknown(rows, each, read.type)));
  }
  return { columns, types, reading: { styles, timeZone }, notices };
}

/** A feature of long numbers in scientific notation. */
function hasLostDigits({ column, counts: { present, scientific } }: CountedColumn): boolean {
  const isFeature = column.role === 'feature' && !column.isKept && !column.isIndex;
  return isFeature && present > 0 && scientific >= NEARLY_ALL * present;
}

/** In a file with decimal commas, points that are always before three digits separate thousands. */
async function styleAmongCommas(rows: StagedRows, { place }: HeaderColumn): Promise<NumberStyle> {
  const { points, groups } = await rows.engine.numbers<'points' | 'groups'>(
    `select count(*) as points, count(${numberIn(`c${place}`, ',')}) as groups from ${rows.name} where contains(c${place}, '.')`,
  );
  return points > 0 && points === groups ? ',' : '.';
}

function readColumn(
  { column, counts }: CountedColumn,
  { decimal, delimiter }: FileFormat,
  hasCommas: boolean,
): { type: ColumnType; style: NumberStyle; notices: Notice[] } {
  if (column.isIndex)
    return { type: 'number', style: '.', notices: [notice('column.index', '', { place: column.place + 1 })] };
  const present = counts.present - counts.unknown;
  const wanted = column.role === 'value' ? 'number' : column.declared;
  const share = wanted === 'number' ? NEARLY_ALL : 1;
  const style = commaStyle(counts, present, { decimal, delimiter, hasCommas, share }) ?? decimal ?? '.';
  const numbers = style === '.' ? counts.numbers : style === ',' ? counts.comma : counts.grouped;
  const dates = counts.dates + (counts.dates > 0 ? counts.openEnds : 0);
  const type = wanted ?? inferType({ ...counts, present, numbers, dates });
  const notices: Notice[] = [];
  if (type === 'number' && style !== '.' && decimal === undefined)
    notices.push(notice(style === ',' ? 'column.decimalComma' : 'column.grouped', column.name));
  if (style === '.' && decimal === undefined && type !== 'date' && type !== 'flag') {
    const isMixed = counts.onlyComma > present / 2;
    if (isCommaUnclear(counts, present))
      notices.push(notice('column.commaUnclear', column.name, { cells: counts.either }));
    else if (isMixed) notices.push(notice('column.commaMixed', column.name, { cells: counts.onlyComma }));
  }
  if (type === 'category' && wanted === undefined && numbers >= NEARLY_ALL * present && present > 0)
    notices.push(notice('column.almostNumber', column.name, { others: present - numbers }));
  return { type, style, notices };
}

/** Sets marks of the unknown, and open ends, to NULL in a column that is not a category. */
async function clearUnknown(rows: StagedRows, { column, counts }: CountedColumn, type: ColumnType): Promise<Notice[]> {
  const cell = `c${column.place}`;
  const isEmpty = counts.present > 0 && counts.present === counts.unknown;
  const notices: Notice[] = [];
  if (counts.unknown > 0 && (type !== 'category' || (isEmpty && column.declared === undefined))) {
    await rows.engine.run(`update ${rows.name} set ${cell} = null where lower(${cell}) in (${UNKNOWN_MARKS_SQL})`);
    notices.push(notice('column.nullMarks', column.name, { cells: counts.unknown }));
  }
  if (counts.openEnds > 0 && type === 'date') {
    await rows.engine.run(`update ${rows.name} set ${cell} = null where ${isOpenEnd(cell)}`);
    notices.push(notice('column.openEnds', column.name, { cells: counts.openEnds }));
  }
  return notices;
}

async function countCells(rows: StagedRows, column: HeaderColumn, timeZone: string): Promise<ColumnCounts> {
  const cell = `c${column.place}`;
  const { engine, name } = rows;
  const quick = await engine.numbers<'present' | 'numbers' | 'flags' | 'scientific'>(
    `select count(${cell}) as present, count(${numberIn(cell, '.')}) as numbers, count(${flagIn(cell)}) as flags,
       count(*) filter (where contains(upper(${cell}), 'E+1') and ${isScientific(cell)}) as scientific from ${name}`,
  );
  const { present, numbers, flags, scientific } = quick;
  // Most columns are plain numbers: no need to try dates and flags.
  if (numbers === present && flags < present) {
    const commas = { comma: 0, grouped: 0, either: 0, onlyComma: 0, onlyGrouped: 0 };
    const others = { dates: 0, yes: 0, no: 0, spellings: 3, unknown: 0, openEnds: 0 };
    return { present, numbers, scientific, ...others, ...commas };
  }
  const [comma, grouped] = [`${numberIn('cell', ',')} is not null`, `${numberIn('cell', 'grouped')} is not null`];
  const conditions = {
    present: 'true',
    numbers: `${numberIn('cell', '.')} is not null`,
    dates: `${dateIn('cell', { compact: false, timeZone })} is not null`,
    yes: `${flagIn('cell')} = 1`,
    no: `${flagIn('cell')} = 0`,
    unknown: 'is_unknown',
    openEnds: isOpenEnd('cell'),
    comma,
    grouped,
    either: `has_comma and (${comma}) and (${grouped})`,
    onlyComma: `has_comma and (${comma}) and not (${grouped})`,
    onlyGrouped: `has_comma and (${grouped}) and not (${comma})`,
  };
  const sums = Object.entries(conditions).map(
    ([count, condition]) => `sum(n) filter (where ${condition}) as "${count}"`,
  );
  // Such a column usually has few distinct cells; each is read once.
  const sql = `with cells as (
      select cell, n, is_unknown, not is_unknown and contains(cell, ',') as has_comma
      from (select ${cell} as cell, count(*) as n, lower(${cell}) in (${UNKNOWN_MARKS_SQL}) as is_unknown
        from ${name} where ${cell} is not null group by ${cell}))
    select ${sums.join(', ')}, least(count(*) filter (where not is_unknown), 3) as spellings from cells`;
  const counts = await engine.numbers<keyof typeof conditions | 'spellings'>(sql);
  return { ...counts, scientific };
}

interface StyleOptions extends Pick<FileFormat, 'decimal' | 'delimiter'> {
  /** Whether another column of the file certainly has decimal commas. */
  hasCommas?: boolean;
  /** Share of the present cells that must fit. */
  share?: number;
}

/**
 * The notation of a column with commas; undefined for a plain or an unclear column. A comma before three digits may be
 * either: it is decimal if another column's commas are, and separates thousands in a file whose delimiter is the comma.
 */
function commaStyle(counts: CommaCounts, present: number, options: StyleOptions): NumberStyle | undefined {
  const { decimal, delimiter, hasCommas = false, share = 1 } = options;
  const { comma, grouped, either, onlyComma, onlyGrouped } = counts;
  if (decimal === ',') return ',';
  if (present === 0) return undefined;
  const enough = share * present;
  if (decimal === undefined && onlyComma > 0 && onlyGrouped === 0 && comma >= enough) return ',';
  if (onlyComma > 0 || grouped < enough) return undefined;
  if (onlyGrouped > 0) return 'grouped';
  if (either === 0) return undefined;
  if (decimal === undefined && hasCommas) return ',';
  return decimal === '.' || delimiter === ',' ? 'grouped' : undefined;
}

/** Whether all commas of a column of numbers may be either decimal or separators of thousands. */
function isCommaUnclear({ grouped, either, onlyComma, onlyGrouped }: CommaCounts, present: number): boolean {
  return either > 0 && grouped === present && onlyComma === 0 && onlyGrouped === 0;
}
