import { failure } from '@holdfast/platform/errors';
import { literal, type Engine } from '../engine/engine.js';
import { isScientific, isTotals, monthIn, numberIn, styleAt, typedCell, type CellReading } from './cell-sql.js';
import { labelProblem } from './label-values.js';
import type { LaidOutColumn, Layout } from './layout.js';
import type { ColumnType, Mapping } from './mapping.js';
import { notice, type Notice } from './notices.js';
import { REJECTED_CHARS_MAX } from './staging.js';
import { ORG_UNIT_CHARS_MAX } from '@holdfast/platform/org-unit';

/** Longest identifier. */
const KEY_CHARS_MAX = 64;

/** Money a month: what is more is a mistake, and in minor units would leave the integers that travel. */
const VALUE_MAX = 1e12;

/** One rule: which rows break it, and the cell to show. */
interface Check {
  rule: string;
  column: LaidOutColumn;
  isBroken: string;
}

const columnScientific = failure('unprocessable', 'column.scientific', {
  en: 'Column {column} has {cells} cells in scientific notation (such as 8.61E+12): a spreadsheet has dropped their digits, so that they name nobody. Format the column as text and export the file again.',
  'zh-CN':
    '列 {column} 有 {cells} 个单元格为科学计数法（如 8.61E+12）：电子表格已丢失其位数，无法识别用户。请将该列设为文本格式后重新导出。',
});

/**
 * Checks every staged row. Fills `rejected` with the first rule that a row breaks, in the order of `checksOf`, and
 * `repeated` (row_no) with rows that stand there twice. Of rows with the same key (and month) the first that breaks no
 * rule stays; a later one is a duplicate if it is the same to the letter, else it is rejected as `key.conflict`.
 * Gives notices of what the rejects have in common.
 * @throws unprocessable if the mapping's positive label occurs nowhere or others look like it, or an identifier has lost
 *   its digits
 */
export async function checkRows(
  engine: Engine,
  layout: Layout,
  types: ReadonlyMap<number, ColumnType>,
  reading: CellReading,
  mapping: Mapping,
): Promise<Notice[]> {
  await checkDigits(engine, layout);
  if (layout.label !== undefined) await checkLabel(engine, layout.label, mapping.label!);
  const checks = checksOf(layout, types, reading, mapping);
  if (checks.length > 0) {
    const cases = checks.map((check, at) => `when ${check.isBroken} then ${at}`).join('\n');
    const pick = (of: (check: Check) => string): string =>
      `case fault ${checks.map((check, at) => `when ${at} then ${of(check)}`).join(' ')} end`;
    await engine.run(
      `insert into rejected
       select row_no, line, ${pick(({ column }) => literal(column.name))}, ${pick(({ rule }) => literal(rule))},
         coalesce(substr(${pick(({ column }) => `c${column.place}`)}, 1, ${REJECTED_CHARS_MAX}), '')
       from (select *, case ${cases} end as fault from staged) where fault is not null`,
    );
  }
  await findRepeated(engine, layout, reading);
  return rejectNotices(engine, layout);
}

/** What most rejects have in common, where it is known. */
async function rejectNotices(engine: Engine, { value }: Layout): Promise<Notice[]> {
  const { totals, negative } = await engine.row<{ totals: bigint; negative: bigint }>(
    `select count(*) filter (where rule = 'row.totals') as totals,
       count(*) filter (where rule = 'value.negative') as negative from rejected`,
  );
  return [
    ...(totals > 0n ? [notice('rows.totals', '', { rows: Number(totals) })] : []),
    ...(negative > 0n ? [notice('rows.negativeValue', value!.name, { rows: Number(negative) })] : []),
  ];
}

/** @throws unprocessable where the digits of what names or reaches subscribers are lost */
async function checkDigits(engine: Engine, { columns }: Layout): Promise<void> {
  for (const { place, name, role } of columns) {
    if (role !== 'key' && role !== 'personal') continue;
    const { cells } = await engine.row<{ cells: bigint }>(
      `select count(*) as cells from staged where contains(upper(c${place}), 'E') and ${isScientific(`c${place}`)}`,
    );
    if (cells > 0n) throw columnScientific({ column: name, cells: Number(cells) });
  }
}

/** The rules of a table, in the order in which they are tried. */
function checksOf(
  layout: Layout,
  types: ReadonlyMap<number, ColumnType>,
  reading: CellReading,
  mapping: Mapping,
): Check[] {
  const { key, month, label, value, unit } = layout;
  const checks: Check[] = [];
  const add = (rule: string, column: LaidOutColumn | undefined, isBroken: (cell: string) => string): void => {
    if (column !== undefined) checks.push({ rule, column, isBroken: isBroken(`c${column.place}`) });
  };
  // a first cell that names a total is one where it is the key, or where the row names nobody
  const nameless = key === undefined || key.place === 0 ? '' : ` and c${key.place} is null`;
  add('row.totals', key, isTotals);
  add('row.totals', layout.columns[0], (cell) => `${isTotals(cell)}${nameless}`);
  add('key.missing', key, (cell) => `${cell} is null`);
  add('key.tooLong', key, (cell) => `length(${cell}) > ${KEY_CHARS_MAX}`);
  add('month.missing', month, (cell) => `${cell} is null`);
  add('month.malformed', month, (cell) => `${monthIn(cell, reading.timeZone)} is null`);
  const negative = mapping.label?.negative;
  if (negative !== undefined) {
    const known = [...mapping.label!.positive, ...negative].map(literal).join(', ');
    add('label.unknown', label, (cell) => `${cell} is not null and ${cell} not in (${known})`);
  }
  const number = (cell: string): string => `(${numberIn(cell, styleAt(reading, value!.place))})`;
  add('number.malformed', value, (cell) => `${cell} is not null and ${number(cell)} is null`);
  add('value.negative', value, (cell) => `${number(cell)} < 0`);
  add('value.tooLarge', value, (cell) => `${number(cell)} >= ${VALUE_MAX}`);
  add('unit.tooLong', unit, (cell) => `length(${cell}) > ${ORG_UNIT_CHARS_MAX}`);
  for (const column of layout.columns) {
    const type = types.get(column.place);
    if (column.declared === undefined || type === undefined || type === 'category' || column === value) continue;
    add(
      `${type}.malformed`,
      column,
      (cell) => `${cell} is not null and (${typedCell(column.place, type, reading)}) is null`,
    );
  }
  return checks;
}

/** Distinct values of a label that are looked at; a column with more is none. */
const LABEL_VALUES_MAX = 1_000;

async function checkLabel(engine: Engine, label: LaidOutColumn, said: NonNullable<Mapping['label']>): Promise<void> {
  const cell = `c${label.place}`;
  const rows = await engine.rows<{ value: string }>(
    `select ${cell} as value from staged where ${cell} is not null group by ${cell}
     order by count(*) desc, ${cell} limit ${LABEL_VALUES_MAX}`,
  );
  const { positives } = await engine.row<{ positives: bigint }>(
    `select count(*) as positives from staged where ${cell} in (${said.positive.map(literal).join(', ')})`,
  );
  const problem = labelProblem(
    label.name,
    rows.map(({ value }) => value),
    said,
    positives > 0n,
  );
  if (problem !== undefined) throw problem;
}

async function findRepeated(engine: Engine, layout: Layout, { timeZone }: CellReading): Promise<void> {
  await engine.run('create table repeated (row_no uinteger)');
  if (layout.key === undefined) return; // the row's number is the key, so none comes twice
  const month = layout.month === undefined ? "''" : monthIn(`c${layout.month.place}`, timeZone);
  await engine.run(
    `create table again as
     with sound as (
       select row_no, subscription_id, ${month} as month from staged
       where row_no not in (select row_no from rejected)
     ), firsts as (
       select subscription_id, month, min(row_no) as first_row_no from sound
       group by subscription_id, month having count(*) > 1
     )
     select row_no, first_row_no from sound join firsts using (subscription_id, month) where row_no <> first_row_no`,
  );
  const same = layout.columns
    .map(({ place }) => `later.c${place} is not distinct from earlier.c${place}`)
    .join(' and ');
  await engine.run(
    `create table compared as
     select again.row_no, later.line, later.key, ${same} as is_same
     from again join staged later on later.row_no = again.row_no join staged earlier on earlier.row_no = first_row_no`,
  );
  await engine.run('insert into repeated select row_no from compared where is_same');
  await engine.run(
    `insert into rejected select row_no, line, ${literal(layout.key.name)}, 'key.conflict', key
     from compared where not is_same`,
  );
  await engine.run('drop table again');
  await engine.run('drop table compared');
}
