import { failure } from '@holdfast/platform/errors';
import { shardInDuckDb } from '@holdfast/platform/identity';
import { orgUnitPath } from '@holdfast/platform/org-unit';
import { numberIn, styleAt, typedCell } from '../column/cell-sql.js';
import type { CheckedColumn, HeaderColumn } from '../column/column.js';
import { examineColumn, makeDictionary, type ExaminedColumn, type TableSize } from '../column/examine-column.js';
import { literal, type Engine, type Relation } from '../engine/engine.js';
import type { Notice } from '../notices.js';
import type { CheckOptions, SoundTableRows } from './check-rows.js';
import type { Layout } from './layout.js';

const UNITS_MAX = 10_000;

const tooManyUnits = failure('unprocessable', 'unit.tooMany', {
  en: 'Column {column} names {units} units; at most {max} are possible. Is it really the unit?',
  'zh-CN': '列 {column} 含有 {units} 个单位，最多支持 {max} 个。该列确实是单位吗？',
});

/** Columns of rows in the lake that do not depend on the file, with their types. */
const STORED_TYPES = {
  shard: 'utinyint',
  subscription_id: 'uuid',
  month: 'uinteger',
  unit: 'uinteger',
  is_last: 'boolean',
  had_left: 'boolean',
  label: 'double',
  split: 'double',
  value: 'double',
};

/**
 * Accepted rows, typed and sorted by shard, subscription and month: month and unit (codes), is_last (the subscription's newest
 * row), had_left (after churn: neither learned from nor scored, see panel-labels.ts), label (1, 0), split (1 train, 0 test),
 * value, and every stored column as `f<place>`: a double, or the code of a category. No external key and no personal datum.
 */
export type TypedRows = Relation<'row_no' | StoredColumn>;
/** The rows of a table in the lake: typed rows without their number in the file. */
export type StoredRows = Relation<StoredColumn>;
type StoredColumn = keyof typeof STORED_TYPES;
export const STORED_COLUMNS = Object.keys(STORED_TYPES) as StoredColumn[];

export interface TypedTable {
  accepted: TypedRows;
  columns: CheckedColumn[];
  /** `YYYY-MM`, ascending; `month` of a row is an index into it. */
  months: string[];
  /** Paths of org units, ascending; `unit` of a row is an index into it. */
  units: string[];
  notices: Notice[];
}

export interface TypeOptions extends CheckOptions {
  operator: string;
}

/** Of a table of which no row is accepted. */
export function noTypedRows(engine: Engine): Promise<TypedRows> {
  return engine.createTable('accepted', { row_no: 'ubigint', ...STORED_TYPES });
}

export async function typeRows(sound: SoundTableRows, options: TypeOptions): Promise<TypedTable> {
  const { layout, types, operator } = options;
  const sql = `select count(distinct subscription_id) as subscribers, count(*) as rows from ${sound.name}`;
  const size: TableSize = await sound.engine.numbers(sql);
  const examined: ExaminedColumn[] = [];
  for (const column of layout.columns)
    examined.push(await examineColumn(sound, column, types.get(column.place) ?? 'category', size));
  const months = await makeDictionary(sound, 'month');
  const units = await unitsOf(sound, layout, operator);
  return {
    accepted: await sound.engine.tableOf(
      'accepted',
      ['row_no', ...STORED_COLUMNS],
      typedQuery(sound, examined, { ...options, months, unitCodes: units.codes }),
    ),
    columns: examined.map(({ column }) => column),
    months: months.dictionary,
    units: units.paths,
    notices: examined.flatMap(({ notices }) => notices),
  };
}

/** Paths of the org units, and the code of each name. */
async function unitsOf(
  sound: SoundTableRows,
  { unit }: Layout,
  operator: string,
): Promise<{ paths: string[]; codes: Relation<'name' | 'unit'> }> {
  const cell = unit === undefined ? 'null::varchar' : `c${unit.place}`;
  const sql = `select distinct coalesce(${cell}, '') from ${sound.name} limit ${UNITS_MAX + 1}`;
  const names = await sound.engine.texts(sql);
  if (names.length > UNITS_MAX) throw tooManyUnits({ column: unit!.name, units: `> ${UNITS_MAX}`, max: UNITS_MAX });
  const pathOf = new Map(names.map((name) => [name, orgUnitPath(operator, name)]));
  const paths = [...new Set(pathOf.values())].sort();
  const rows = [...pathOf].map(([name, path]) => `(${literal(name)}, ${paths.indexOf(path)})`);
  const codes = await sound.engine.createTable('unit_codes', { name: 'varchar', unit: 'uinteger' });
  if (rows.length > 0) await sound.engine.run(`insert into ${codes.name} values ${rows.join(', ')}`);
  return { paths, codes };
}

function typedQuery(
  sound: SoundTableRows,
  examined: readonly ExaminedColumn[],
  options: TypeOptions & { months: { dictionary: string[]; type: string }; unitCodes: Relation<'name' | 'unit'> },
): string {
  const { layout, reading, mapping, months, unitCodes } = options;
  const { label, value, unit, split } = layout;
  const cellOf = (column: HeaderColumn): string => `c${column.place}`;
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
  const features = examined
    .filter(({ column }) => column.isStored)
    .map(({ column: { place, type }, textType }) =>
      type === 'category'
        ? `enum_code(c${place}::${textType!})::uinteger as f${place}`
        : `(${typedCell(place, type, reading)}) as f${place}`,
    );
  // A snapshot has one row per subscriber, the newest.
  const newest =
    months.dictionary.length < 2
      ? ''
      : `join (select subscription_id, max(month) as newest from ${sound.name} group by 1) using (subscription_id)`;
  const isLast = newest === '' ? 'true' : 'sound.month = newest';
  return `select row_no, (${shardInDuckDb('subscription_id::varchar')})::utinyint as shard, subscription_id,
      enum_code(sound.month::${months.type})::uinteger as month, codes.unit as unit, ${isLast} as is_last, false as had_left,
      (${labelCell})::double as label, (${splitCell})::double as split,
      ${value === undefined ? 'null::double' : numberIn(cellOf(value), styleAt(reading, value.place))} as value
      ${features.map((feature) => `, ${feature}`).join('\n')}
    from ${sound.name} as sound join ${unitCodes.name} as codes
      on codes.name = coalesce(${unit === undefined ? 'null::varchar' : cellOf(unit)}, '')
    ${newest}
    order by shard, subscription_id, month`;
}
