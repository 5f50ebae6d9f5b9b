import type { Engine } from '../engine/engine.js';
import { dateIn, flagIn, numberIn } from './cell-sql.js';
import type { LaidOutColumn, Layout } from './layout.js';
import type { ColumnType, Mapping } from './mapping.js';
import { notice, type Notice } from './notices.js';

/** A column whose cells are mostly numbers is worth a word. */
const NEARLY_ALL = 0.95;

/** How many of a column's cells can be read as what. */
export interface CellCounts {
  present: number;
  numbers: number;
  dates: number;
  yes: number;
  no: number;
  /** Spellings among those present, at most 3 counted. */
  spellings: number;
}

/**
 * Type of a column by its cells: a flag where there are two spellings, one yes and one no; a date or a number where
 * every present cell is one; else a category. A column without any cell is a category.
 */
export function inferType(counts: CellCounts): ColumnType {
  const { present, numbers, dates, yes, no, spellings } = counts;
  if (present === 0) return 'category';
  if (yes > 0 && no > 0 && yes + no === present && spellings === 2) return 'flag';
  if (dates === present) return 'date';
  return numbers === present ? 'number' : 'category';
}

export interface Inferred {
  types: Map<number, ColumnType>;
  notices: Notice[];
}

/**
 * Types of all columns that can be features, over all staged rows, by place. What the mapping declares is taken as it
 * is: cells that do not fit are rejected later. A value column is a number.
 */
export async function inferTypes(engine: Engine, layout: Layout, mapping: Mapping): Promise<Inferred> {
  const types = new Map<number, ColumnType>();
  const notices: Notice[] = [];
  for (const column of layout.columns) {
    if (column.role === 'value') types.set(column.place, 'number');
    else if (column.role === 'feature' || column.role === 'excluded') {
      const counts = await countCells(engine, column, mapping.decimal);
      types.set(column.place, column.declared ?? inferType(counts));
      if (column.declared === undefined) notices.push(...noticesOf(column, counts));
    }
  }
  return { types, notices };
}

function noticesOf(column: LaidOutColumn, counts: CellCounts): Notice[] {
  const { present, numbers } = counts;
  if (numbers === present || numbers < NEARLY_ALL * present) return [];
  return [notice('column.almostNumber', column.name, { others: present - numbers })];
}

async function countCells(engine: Engine, column: LaidOutColumn, decimal: '.' | ','): Promise<CellCounts> {
  const cell = `c${column.place}`;
  const quick = await engine.row<{ present: bigint; numbers: bigint; flags: bigint }>(
    `select count(${cell}) as present, count(${numberIn(cell, decimal)}) as numbers, count(${flagIn(cell)}) as flags
     from staged`,
  );
  const [present, numbers, flags] = [Number(quick.present), Number(quick.numbers), Number(quick.flags)];
  // Most columns are plain numbers, of which none is a date, and not all are yes or no: no need to try.
  if (numbers === present && flags < present) {
    return { present, numbers, dates: 0, yes: 0, no: 0, spellings: 3 };
  }
  // Distinct cells first: such a column has few as a rule, and each is read once.
  const row = await engine.row<Record<keyof CellCounts, bigint | null>>(
    `with cells as (select ${cell} as cell, count(*) as n from staged where ${cell} is not null group by ${cell})
     select sum(n)::bigint as present,
       sum(n) filter (where ${numberIn('cell', decimal)} is not null)::bigint as numbers,
       sum(n) filter (where ${dateIn('cell', { compact: false })} is not null)::bigint as dates,
       sum(n) filter (where ${flagIn('cell')} = 1)::bigint as yes,
       sum(n) filter (where ${flagIn('cell')} = 0)::bigint as no,
       least(count(*), 3)::bigint as spellings
     from cells`,
  );
  return {
    present: Number(row.present ?? 0),
    numbers: Number(row.numbers ?? 0),
    dates: Number(row.dates ?? 0),
    yes: Number(row.yes ?? 0),
    no: Number(row.no ?? 0),
    spellings: Number(row.spellings ?? 0),
  };
}
