import { shardInDuckDb } from '@holdfast/platform/identity';
import { failure } from '@holdfast/platform/errors';
import { literal, type Engine } from '../engine/engine.js';
import { monthIn, numberIn, styleAt, typedCell, type CellReading } from './cell-sql.js';
import type { CheckedColumn } from './columns.js';
import { EXACT_ROWS_MAX, countDistinct, identifierMin, isSurelyBelow } from './distinct.js';
import type { LaidOutColumn, Layout } from './layout.js';
import type { ColumnType, Mapping } from './mapping.js';
import { notice, type Notice } from './notices.js';
import { orgUnitPath } from '@holdfast/platform/org-unit';

/** Most texts of a category: each batch of rows carries them all. */
export const CATEGORY_VALUES_MAX = 10_000;
/** Most units of a table. */
const UNITS_MAX = 10_000;
/** Digits of a mobile number; no measure has so many in every cell. */
const PHONE_DIGITS = 11;

const tooManyUnits = failure('unprocessable', 'unit.tooMany', {
  en: 'Column {column} names {units} units; at most {max} are possible. Is it really the unit?',
  'zh-CN': '列 {column} 含有 {units} 个单位，最多支持 {max} 个。该列确实是单位吗？',
});

/** The accepted rows of a table, typed. */
interface TypedTable {
  columns: CheckedColumn[];
  /** `YYYY-MM`, ascending; `month` in the table is an index into it. */
  months: string[];
  /** Unit paths, ascending; `unit` in the table is an index into it. */
  units: string[];
  notices: Notice[];
}

/**
 * Writes table `accepted`, sorted by shard, subscription and month: row_no, shard, subscription_id (uuid), month and
 * unit (codes), is_last (the subscription's newest row), had_left (a row after its subscription left, which nobody
 * learns from or scores; see panel-labels), label (1, 0), split (1 train, 0 test), value, and every stored
 * column as `f<place>`: a double, or the code of a category. NULL is absent everywhere. Rows that are rejected or
 * repeated are not in it. No external key and no personal datum either.
 */
export async function typeRows(
  engine: Engine,
  layout: Layout,
  types: ReadonlyMap<number, ColumnType>,
  mapping: Mapping,
  options: { operator: string; asOf: string; reading: CellReading },
): Promise<TypedTable> {
  await engine.run(
    `create view sound as select * from staged
     where row_no not in (select row_no from rejected) and row_no not in (select row_no from repeated)`,
  );
  const { subscribers, rows } = await engine.row<{ subscribers: bigint; rows: bigint }>(
    'select count(distinct subscription_id) as subscribers, count(*) as rows from sound',
  );
  const columns: CheckedColumn[] = [];
  const notices: Notice[] = [];
  for (const column of layout.columns) {
    const [checked, said] = await examine(engine, column, types.get(column.place) ?? 'category', {
      subscribers: Number(subscribers),
      rows: Number(rows),
    });
    columns.push(checked);
    notices.push(...said);
  }
  const months = await monthsOf(engine, layout, options);
  const units = await unitsOf(engine, layout, options.operator);
  await write(engine, layout, columns, mapping, options.reading);
  return { columns, months, units, notices };
}

interface TableSize {
  subscribers: number;
  rows: number;
}

/** Counts a column, decides whether it is stored, and makes its dictionary: an ENUM type `d<place>`. */
async function examine(
  engine: Engine,
  column: LaidOutColumn,
  type: ColumnType,
  size: TableSize,
): Promise<[CheckedColumn, Notice[]]> {
  const cell = `c${column.place}`;
  const counts = await countCells(engine, cell, size.rows);
  const { present } = counts;
  const checked: CheckedColumn = {
    place: column.place,
    name: column.name,
    displayName: column.displayName,
    role: column.role,
    type,
    missing: size.rows - present,
    distinct: counts.distinct,
    ...(counts.isEstimate ? { isEstimate: true } : {}),
    isStored: false,
    dictionary: [],
    ...(column.role === 'excluded' ? { excluded: 'excluded' as const } : {}),
  };
  const isOther = !['feature', 'excluded', 'value'].includes(column.role);
  const isText = type === 'category' || (type === 'number' && counts.areCodes && column.role !== 'value');
  const identifiesFrom = identifierMin(Math.min(present, size.subscribers));
  const textsMax = isText ? Math.min(identifiesFrom, type === 'category' ? CATEGORY_VALUES_MAX : Infinity) : Infinity;
  const isCounted = isOther ? !['key', 'personal'].includes(column.role) : type === 'flag' || isText;
  if (counts.isEstimate && isCounted && (isOther || type === 'flag' || !isSurelyBelow(counts.distinct, textsMax))) {
    countedAs(checked, await countDistinct(engine, cell, 'sound'));
  }
  if (isOther) return [checked, []];
  const namesSubscribers = checked.distinct >= identifiesFrom;
  if (isText && namesSubscribers && column.declared === undefined) {
    return [{ ...checked, excluded: 'identifier' }, said(column, [notice('column.identifier', column.name)])];
  }
  if (type === 'category') {
    if (checked.distinct > CATEGORY_VALUES_MAX) {
      const many = notice('column.tooManyValues', column.name, { values: checked.distinct, max: CATEGORY_VALUES_MAX });
      return [{ ...checked, excluded: 'too_many_values' }, said(column, [many])];
    }
    if (present > 0) {
      checked.dictionary = await makeDictionary(engine, `d${column.place}`, `select distinct ${cell} from sound`);
      countedAs(checked, checked.dictionary.length);
    }
  }
  checked.isStored = present > 0;
  // One value and blanks still tell two kinds of rows apart.
  const isVaried = counts.isVaried || (present > 0 && checked.missing > 0);
  if (isVaried || column.role !== 'feature') return [checked, []];
  const excluded = present === 0 ? 'empty' : 'constant';
  return [{ ...checked, excluded }, [notice(`column.${excluded}`, column.name)]];
}

/** What one pass tells of a column. */
interface CellCounts {
  present: number;
  /** Exact where `isEstimate` is not set. */
  distinct: number;
  isEstimate: boolean;
  /** More than one value, exactly. */
  isVaried: boolean;
  /** Digits that number or call something: all of one length from eight on, or all as long as telephone numbers are. */
  areCodes: boolean;
}

async function countCells(engine: Engine, cell: string, rows: number): Promise<CellCounts> {
  const isExact = rows <= EXACT_ROWS_MAX;
  const counted = isExact ? `count(distinct ${cell})` : `approx_count_distinct(${cell})`;
  const counts = await engine.row<Record<'present' | 'counted', bigint> & Record<'varied' | 'codes', boolean | null>>(
    `select count(${cell}) as present, ${counted} as counted, min(${cell}) <> max(${cell}) as varied,
       (min(length(${cell})) = max(length(${cell})) and min(length(${cell})) >= 8 or min(length(${cell})) >= ${PHONE_DIGITS})
         and bool_and(regexp_full_match(${cell}, '\\+?\\d+')) as codes
     from sound`,
  );
  const [present, isVaried] = [Number(counts.present), counts.varied === true];
  // Whether there is none, one or more values is known exactly.
  const few = present === 0 ? 0 : isVaried ? 2 : 1;
  return {
    ...{ present, isVaried, areCodes: counts.codes === true },
    distinct: few < 2 ? few : Math.min(present, Math.max(few, Number(counts.counted))),
    isEstimate: !isExact && few === 2,
  };
}

function countedAs(column: CheckedColumn, distinct: number): void {
  column.distinct = distinct;
  delete column.isEstimate;
}

/** Columns that the mapping leaves out anyway need no explanation. */
function said(column: LaidOutColumn, notices: Notice[]): Notice[] {
  return column.role === 'excluded' ? [] : notices;
}

async function makeDictionary(engine: Engine, type: string, texts: string): Promise<string[]> {
  const rows = await engine.rows<{ text: string }>(
    `select text from (${texts}) as t(text) where text is not null order by text`,
  );
  const dictionary = rows.map(({ text }) => text);
  await engine.run(`create type ${type} as enum (${dictionary.map(literal).join(', ')})`);
  return dictionary;
}

async function monthsOf(
  engine: Engine,
  layout: Layout,
  { asOf, reading }: { asOf: string; reading: CellReading },
): Promise<string[]> {
  const months = layout.month === undefined ? literal(asOf) : monthIn(`c${layout.month.place}`, reading.timeZone);
  return makeDictionary(engine, 'months', `select distinct ${months} from sound`);
}

/** Paths of the units; table `unit_of` (name, unit) says which name is which. */
async function unitsOf(engine: Engine, layout: Layout, operator: string): Promise<string[]> {
  const cell = layout.unit === undefined ? 'null::varchar' : `c${layout.unit.place}`;
  const named = await engine.rows<{ name: string }>(
    `select distinct coalesce(${cell}, '') as name from sound limit ${UNITS_MAX + 1}`,
  );
  if (named.length > UNITS_MAX) {
    throw tooManyUnits({ column: layout.unit!.name, units: `> ${UNITS_MAX}`, max: UNITS_MAX });
  }
  const pathOf = new Map(named.map(({ name }) => [name, orgUnitPath(operator, name)]));
  const units = [...new Set(pathOf.values())].sort();
  const rows = [...pathOf].map(([name, path]) => `(${literal(name)}, ${units.indexOf(path)})`);
  await engine.run('create table unit_of (name varchar, unit uinteger)');
  if (rows.length > 0) await engine.run(`insert into unit_of values ${rows.join(', ')}`);
  return units;
}

async function write(
  engine: Engine,
  layout: Layout,
  columns: readonly CheckedColumn[],
  mapping: Mapping,
  reading: CellReading,
): Promise<void> {
  const { label, value, month, unit, split } = layout;
  const cellOf = (column: LaidOutColumn): string => `c${column.place}`;
  const monthOf = (column: LaidOutColumn): string => monthIn(cellOf(column), reading.timeZone);
  const monthCode = month === undefined ? '0' : `enum_code((${monthOf(month)})::months)`;
  const labelCell =
    label === undefined
      ? 'null'
      : `case when ${cellOf(label)} is not null
           then (${cellOf(label)} in (${mapping.label!.positive.map(literal).join(', ')}))::integer end`;
  const splitCell =
    split === undefined
      ? 'null'
      : `case ${cellOf(split)} when ${literal(mapping.split!.train)} then 1
           when ${literal(mapping.split!.test)} then 0 end`;
  const features = columns
    .filter((column) => column.isStored)
    .map(({ place, type }) =>
      type === 'category'
        ? `enum_code(c${place}::d${place})::uinteger as f${place}`
        : `(${typedCell(place, type, reading)}) as f${place}`,
    );
  // One snapshot has one row a subscriber, which is the newest.
  const newest =
    month === undefined
      ? ''
      : `join (select subscription_id, max(${monthOf(month)}) as newest from sound group by 1)
           using (subscription_id)`;
  const isLast = month === undefined ? 'true' : `(${monthOf(month)}) = newest`;
  await engine.run(
    `create table accepted as
     select row_no, (${shardInDuckDb('subscription_id::varchar')})::utinyint as shard, subscription_id,
       (${monthCode})::uinteger as month, unit_of.unit as unit, ${isLast} as is_last, false as had_left,
       (${labelCell})::double as label, (${splitCell})::double as split,
       ${value === undefined ? 'null::double' : numberIn(cellOf(value), styleAt(reading, value.place))} as value
       ${features.map((feature) => `, ${feature}`).join('\n')}
     from sound join unit_of on unit_of.name = coalesce(${unit === undefined ? 'null::varchar' : cellOf(unit)}, '')
     ${newest}
     order by shard, subscription_id, month`,
  );
}
