import { failure } from '@holdfast/platform/errors';
import { literal, type Engine } from '../engine/engine.js';
import { monthIn, numberIn, typedCell } from './cell-sql.js';
import type { LaidOutColumn, Layout } from './layout.js';
import type { ColumnType, Mapping } from './mapping.js';
import { REJECTED_CHARS_MAX } from './staging.js';
import { UNIT_CHARS_MAX } from '@holdfast/platform/unit';

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

const labelNeverPositive = failure('unprocessable', 'label.neverPositive', {
  en: 'No row of column {column} has the value {positive} that the mapping calls positive. Mind capitals.',
  'zh-CN': '列 {column} 中没有任何一行等于映射文件所写的正类取值 {positive}，请注意大小写。',
});

/**
 * Checks every staged row. Fills `rejected` with the first rule that a row breaks, in the order of `checksOf`, and
 * `repeated` (row_no) with rows that stand there twice. Of rows with the same key (and month) the first that breaks no
 * rule stays; a later one is a duplicate if it is the same to the letter, else it is rejected as `key.conflict`.
 * @throws unprocessable if the mapping's positive label occurs nowhere.
 */
export async function checkRows(
  engine: Engine,
  layout: Layout,
  types: ReadonlyMap<number, ColumnType>,
  mapping: Mapping,
): Promise<void> {
  if (layout.label !== undefined) await checkLabel(engine, layout.label, mapping.label!.positive);
  const checks = checksOf(layout, types, mapping);
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
  await findRepeated(engine, layout);
}

/** The rules of a table, in the order in which they are tried. */
function checksOf(layout: Layout, types: ReadonlyMap<number, ColumnType>, mapping: Mapping): Check[] {
  const { key, month, label, value, unit } = layout;
  const checks: Check[] = [];
  const add = (rule: string, column: LaidOutColumn | undefined, isBroken: (cell: string) => string): void => {
    if (column !== undefined) checks.push({ rule, column, isBroken: isBroken(`c${column.place}`) });
  };
  add('key.missing', key, (cell) => `${cell} is null`);
  add('key.tooLong', key, (cell) => `length(${cell}) > ${KEY_CHARS_MAX}`);
  add('month.missing', month, (cell) => `${cell} is null`);
  add('month.malformed', month, (cell) => `${monthIn(cell)} is null`);
  const negative = mapping.label?.negative;
  if (negative !== undefined) {
    const known = [mapping.label!.positive, negative].map(literal).join(', ');
    add('label.unknown', label, (cell) => `${cell} is not null and ${cell} not in (${known})`);
  }
  add('number.malformed', value, (cell) => `${cell} is not null and (${numberIn(cell, mapping.decimal)}) is null`);
  add('value.negative', value, (cell) => `(${numberIn(cell, mapping.decimal)}) < 0`);
  add('value.tooLarge', value, (cell) => `(${numberIn(cell, mapping.decimal)}) >= ${VALUE_MAX}`);
  add('unit.tooLong', unit, (cell) => `length(${cell}) > ${UNIT_CHARS_MAX}`);
  for (const column of layout.columns) {
    const type = types.get(column.place);
    if (column.declared === undefined || type === undefined || type === 'category' || column === value) continue;
    const typed = (cell: string): string => typedCell(cell, type, mapping.decimal);
    add(`${type}.malformed`, column, (cell) => `${cell} is not null and (${typed(cell)}) is null`);
  }
  return checks;
}

async function checkLabel(engine: Engine, label: LaidOutColumn, positive: string): Promise<void> {
  const cell = `c${label.place}`;
  const { present, positives } = await engine.row<{ present: bigint; positives: bigint }>(
    `select count(${cell}) as present, count(*) filter (where ${cell} = ${literal(positive)}) as positives from staged`,
  );
  if (present > 0n && positives === 0n) throw labelNeverPositive({ column: label.name, positive });
}

async function findRepeated(engine: Engine, layout: Layout): Promise<void> {
  await engine.run('create table repeated (row_no uinteger)');
  if (layout.key === undefined) return; // the row's number is the key, so none comes twice
  const month = layout.month === undefined ? "''" : monthIn(`c${layout.month.place}`);
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
