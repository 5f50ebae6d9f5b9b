import { UNKNOWN_MARKS_SQL } from '../csv/null-marks.js';
import type { StagedRows } from '../csv/stage-cells.js';
import { notice, type Notice } from '../notices.js';
import { dateIn, flagIn, isOpenEnd, isScientific, numberIn, type CellReading, type NumberStyle } from './cell-sql.js';
import type { ColumnType, HeaderColumn } from './column.js';
import { commaStyle, isCommaUnclear, type CommaCounts } from './number-style.js';

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

/** Further counts, of columns that are not all plain numbers. */
interface OddCounts extends CommaCounts {
  /** Cells such as NaN; only `CellCounts.present` includes them. */
  unknown: number;
  /** Cells such as 9999-12-31. */
  openEnds: number;
  /** Cells such as 8.61E+12, of eleven digits and more. */
  scientific: number;
}

const NOTHING_ODD: OddCounts = {
  comma: 0,
  grouped: 0,
  either: 0,
  onlyComma: 0,
  onlyGrouped: 0,
  unknown: 0,
  openEnds: 0,
  scientific: 0,
};

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
  counts: CellCounts;
  odd: OddCounts;
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
    counted.push({ column, ...(await countCells(rows, column, timeZone)) });
  }
  const hasCommas = counted.some(
    ({ counts, odd }) => commaStyle(odd, counts.present - odd.unknown, { decimal, delimiter }) === ',',
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
function hasLostDigits({ column, counts: { present }, odd }: CountedColumn): boolean {
  const isFeature = column.role === 'feature' && !column.isKept && !column.isIndex;
  return isFeature && present > 0 && odd.scientific >= NEARLY_ALL * present;
}

/** In a file with decimal commas, points that are always before three digits separate thousands. */
async function styleAmongCommas(rows: StagedRows, { place }: HeaderColumn): Promise<NumberStyle> {
  const { points, groups } = await rows.engine.row<{ points: bigint; groups: bigint }>(
    `select count(*) as points, count(${numberIn(`c${place}`, ',')}) as groups from ${rows.name} where contains(c${place}, '.')`,
  );
  return points > 0n && points === groups ? ',' : '.';
}

function readColumn(
  { column, counts, odd }: CountedColumn,
  { decimal, delimiter }: FileFormat,
  hasCommas: boolean,
): { type: ColumnType; style: NumberStyle; notices: Notice[] } {
  if (column.isIndex) {
    return { type: 'number', style: '.', notices: [notice('column.index', '', { place: column.place + 1 })] };
  }
  const present = counts.present - odd.unknown;
  const wanted = column.role === 'value' ? 'number' : column.declared;
  const share = wanted === 'number' ? NEARLY_ALL : 1;
  const style = commaStyle(odd, present, { decimal, delimiter, hasCommas, share }) ?? decimal ?? '.';
  const numbers = style === '.' ? counts.numbers : style === ',' ? odd.comma : odd.grouped;
  const dates = counts.dates + (counts.dates > 0 ? odd.openEnds : 0);
  const type = wanted ?? inferType({ ...counts, present, numbers, dates });
  const notices: Notice[] = [];
  if (type === 'number' && style !== '.' && decimal === undefined) {
    notices.push(notice(style === ',' ? 'column.decimalComma' : 'column.grouped', column.name));
  }
  if (style === '.' && decimal === undefined && type !== 'date' && type !== 'flag') {
    const isMixed = odd.onlyComma > present / 2;
    if (isCommaUnclear(odd, present)) notices.push(notice('column.commaUnclear', column.name, { cells: odd.either }));
    else if (isMixed) notices.push(notice('column.commaMixed', column.name, { cells: odd.onlyComma }));
  }
  if (type === 'category' && wanted === undefined && numbers >= NEARLY_ALL * present && present > 0) {
    notices.push(notice('column.almostNumber', column.name, { others: present - numbers }));
  }
  return { type, style, notices };
}

/** Sets marks of the unknown, and open ends, to NULL in a column that is not a category. */
async function clearUnknown(
  rows: StagedRows,
  { column, counts, odd }: CountedColumn,
  type: ColumnType,
): Promise<Notice[]> {
  const cell = `c${column.place}`;
  const isEmpty = counts.present > 0 && counts.present === odd.unknown;
  const notices: Notice[] = [];
  if (odd.unknown > 0 && (type !== 'category' || (isEmpty && column.declared === undefined))) {
    await rows.engine.run(`update ${rows.name} set ${cell} = null where lower(${cell}) in (${UNKNOWN_MARKS_SQL})`);
    notices.push(notice('column.nullMarks', column.name, { cells: odd.unknown }));
  }
  if (odd.openEnds > 0 && type === 'date') {
    await rows.engine.run(`update ${rows.name} set ${cell} = null where ${isOpenEnd(cell)}`);
    notices.push(notice('column.openEnds', column.name, { cells: odd.openEnds }));
  }
  return notices;
}

async function countCells(
  rows: StagedRows,
  column: HeaderColumn,
  timeZone: string,
): Promise<{ counts: CellCounts; odd: OddCounts }> {
  const cell = `c${column.place}`;
  const quick = await rows.engine.row<{ present: bigint; numbers: bigint; flags: bigint; scientific: bigint }>(
    `select count(${cell}) as present, count(${numberIn(cell, '.')}) as numbers, count(${flagIn(cell)}) as flags,
       count(*) filter (where contains(upper(${cell}), 'E+1') and ${isScientific(cell)}) as scientific from ${rows.name}`,
  );
  const [present, numbers, flags] = [Number(quick.present), Number(quick.numbers), Number(quick.flags)];
  const scientific = Number(quick.scientific);
  // Most columns are plain numbers: no need to try dates and flags.
  if (numbers === present && flags < present) {
    return { counts: { present, numbers, dates: 0, yes: 0, no: 0, spellings: 3 }, odd: { ...NOTHING_ODD, scientific } };
  }
  // Such a column usually has few distinct cells; each is read once.
  const [comma, grouped] = [`(${numberIn('cell', ',')})`, `(${numberIn('cell', 'grouped')})`];
  const row = await rows.engine.row<Record<string, bigint | null>>(
    `with cells as (
       select cell, n, is_unknown, not is_unknown and contains(cell, ',') as has_comma
       from (select ${cell} as cell, count(*) as n, lower(${cell}) in (${UNKNOWN_MARKS_SQL}) as is_unknown
         from ${rows.name} where ${cell} is not null group by ${cell}))
     select sum(n)::bigint as present,
       sum(n) filter (where ${numberIn('cell', '.')} is not null)::bigint as numbers,
       sum(n) filter (where ${dateIn('cell', { compact: false, timeZone })} is not null)::bigint as dates,
       sum(n) filter (where ${flagIn('cell')} = 1)::bigint as yes,
       sum(n) filter (where ${flagIn('cell')} = 0)::bigint as no,
       least(count(*) filter (where not is_unknown), 3)::bigint as spellings,
       sum(n) filter (where is_unknown)::bigint as unknown,
       sum(n) filter (where ${isOpenEnd('cell')})::bigint as open_ends,
       sum(n) filter (where ${comma} is not null)::bigint as comma,
       sum(n) filter (where ${grouped} is not null)::bigint as grouped,
       sum(n) filter (where has_comma and ${comma} is not null and ${grouped} is not null)::bigint as either,
       sum(n) filter (where has_comma and ${comma} is not null and ${grouped} is null)::bigint as only_comma,
       sum(n) filter (where has_comma and ${grouped} is not null and ${comma} is null)::bigint as only_grouped
     from cells`,
  );
  const of = (name: string): number => Number(row[name] ?? 0);
  return {
    counts: {
      present: of('present'),
      numbers: of('numbers'),
      dates: of('dates'),
      yes: of('yes'),
      no: of('no'),
      spellings: of('spellings'),
    },
    odd: {
      unknown: of('unknown'),
      openEnds: of('open_ends'),
      scientific,
      comma: of('comma'),
      grouped: of('grouped'),
      either: of('either'),
      onlyComma: of('only_comma'),
      onlyGrouped: of('only_grouped'),
    },
  };
}
