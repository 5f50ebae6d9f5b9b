import { failure } from '@holdfast/platform/errors';
import { isScientific, isTotals, numberIn, styleAt, typedCell, type CellReading } from '../column/cell-sql.js';
import type { ColumnType, HeaderColumn } from '../column/column.js';
import { labelProblem, type LabelValue } from '../column/label-values.js';
import { REJECTED_CHARS_MAX, type Rejects } from '../csv/rejects.js';
import { literal, type Relation } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import type { Layout } from './layout.js';
import type { Mapping } from './mapping.js';
import type { TableRows } from './stage-table.js';
import { ORG_UNIT_CHARS_MAX } from '@holdfast/platform/org-unit';

/** Longest identifier. */
const KEY_CHARS_MAX = 64;

/** Money per month; in minor units it must be a safe integer. */
const VALUE_MAX = 1e12;

/** A rule: the column whose cell is shown, and the SQL condition that breaks it. */
interface Check {
  rule: string;
  column: HeaderColumn;
  isBroken: string;
}

const columnScientific = failure('unprocessable', 'column.scientific', {
  en: 'Column {column} has {cells} cells in scientific notation (such as 8.61E+12): a spreadsheet has dropped their digits, so they identify no subscriber. Format the column as text and export the file again.',
  'zh-CN':
    '列 {column} 有 {cells} 个单元格为科学计数法（如 8.61E+12）：电子表格已丢失其位数，无法识别用户。请将该列设为文本格式后重新导出。',
});

/** How the rows of a table are checked. */
export interface CheckOptions {
  layout: Layout;
  types: ReadonlyMap<number, ColumnType>;
  reading: CellReading;
  mapping: Mapping;
  /** Values of the label in an earlier file: a file without others may lack the positive one. */
  labelsBefore?: ReadonlySet<string> | undefined;
}

/** Rows that break no rule and are not duplicates. */
export type SoundTableRows = Relation<'row_no' | 'key' | 'subscription_id' | 'month'>;

export interface CheckedRows {
  sound: SoundTableRows;
  /** Rows that are equal to an earlier one. */
  duplicates: Relation<'row_no'>;
}

/**
 * Checks every staged row: by the first rule that it breaks, in the order of `checksOf`, it goes to the rejects. Of rows with
 * one key (and month) the first that breaks no rule is accepted; an equal later one is a duplicate, another is rejected as
 * `key.conflict`.
 * @throws unprocessable if the positive label does not occur or others look like it, or an identifier has lost digits
 */
export async function checkRows(rows: TableRows, rejects: Rejects, options: CheckOptions): Promise<CheckedRows> {
  const { layout, mapping } = options;
  await checkDigits(rows, layout);
  if (layout.label !== undefined) await checkLabel(rows, layout.label, mapping.label!, options.labelsBefore);
  const checks = checksOf(options);
  if (checks.length > 0) {
    const cases = checks.map((check, at) => `when ${check.isBroken} then ${at}`).join('\n');
    const pick = (of: (check: Check) => string): string =>
      `case fault ${checks.map((check, at) => `when ${at} then ${of(check)}`).join(' ')} end`;
    const sql = `insert into ${rejects.name}
      select row_no, file_no, line, ${pick(({ column }) => literal(column.name))}, ${pick(({ rule }) => literal(rule))},
        coalesce(substr(${pick(({ column }) => `c${column.place}`)}, 1, ${REJECTED_CHARS_MAX}), '')
      from (select *, case ${cases} end as fault from ${rows.name}) where fault is not null`;
    await rows.engine.run(sql);
  }
  const duplicates = await findRepeated(rows, rejects, options);
  const sql = `select * from ${rows.name} where row_no not in (select row_no from ${rejects.name})
     and row_no not in (select row_no from ${duplicates.name})`;
  const sound = await rows.engine.viewOf('sound', ['row_no', 'key', 'subscription_id', 'month'], sql);
  return { sound, duplicates };
}

/** Common causes of rejects. */
export async function rejectNotices(rejects: Rejects, { value }: Layout): Promise<Notice[]> {
  const totals = await rejects.count(`rule = 'row.totals'`);
  const negative = await rejects.count(`rule = 'value.negative'`);
  return [
    ...(totals > 0 ? [notice('rows.totals', '', { rows: totals })] : []),
    ...(negative > 0 ? [notice('rows.negativeValue', value!.name, { rows: negative })] : []),
  ];
}

/** @throws unprocessable if identifiers or personal columns have lost digits */
async function checkDigits(rows: TableRows, { columns }: Layout): Promise<void> {
  for (const { place, name, role } of columns) {
    if (role !== 'key' && role !== 'personal') continue;
    const cells = await rows.count(`contains(upper(c${place}), 'E') and ${isScientific(`c${place}`)}`);
    if (cells > 0) throw columnScientific({ column: name, cells });
  }
}

/** The rules of a table, in the order of checking. */
function checksOf({ layout, types, reading, mapping }: CheckOptions): Check[] {
  const { key, month, label, value, unit } = layout;
  const checks: Check[] = [];
  const add = (rule: string, column: HeaderColumn | undefined, isBroken: (cell: string) => string): void => {
    if (column !== undefined) checks.push({ rule, column, isBroken: isBroken(`c${column.place}`) });
  };
  // A first cell with the name of totals counts if it is the key, or if the row has no key.
  const nameless = key === undefined || key.place === 0 ? '' : ` and c${key.place} is null`;
  add('row.totals', key, isTotals);
  add('row.totals', layout.columns[0], (cell) => `${isTotals(cell)}${nameless}`);
  add('key.missing', key, (cell) => `${cell} is null`);
  add('key.tooLong', key, (cell) => `length(${cell}) > ${KEY_CHARS_MAX}`);
  // Rows of another file may have their month from its mapping.
  add('month.missing', month, (cell) => `${cell} is null and month is null`);
  add('month.malformed', month, () => 'month is null');
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
    const typed = `(${typedCell(column.place, type, reading)})`;
    add(`${type}.malformed`, column, (cell) => `${cell} is not null and ${typed} is null`);
  }
  return checks;
}

const LABEL_VALUES_MAX = 1_000;

async function checkLabel(
  rows: TableRows,
  label: HeaderColumn,
  declared: NonNullable<Mapping['label']>,
  before: ReadonlySet<string> = new Set(),
): Promise<void> {
  const cell = `c${label.place}`;
  const sql = `select ${cell} as text, count(*)::integer as rows from ${rows.name} where ${cell} is not null
    group by ${cell} order by rows desc, text limit ${LABEL_VALUES_MAX}`;
  const values = await rows.engine.rows<LabelValue>(sql);
  const positives = await rows.count(`${cell} in (${declared.positive.map(literal).join(', ')})`);
  const hasPositive = positives > 0 || values.every(({ text }) => before.has(text));
  const problem = labelProblem(label.name, values, declared, hasPositive);
  if (problem !== undefined) throw problem;
}

/** Appends conflicts to the rejects; gives the duplicates. */
async function findRepeated(rows: TableRows, rejects: Rejects, { layout }: CheckOptions): Promise<Relation<'row_no'>> {
  const { engine } = rows;
  const duplicates: Relation<'row_no'> = await engine.createTable('duplicates', { row_no: 'ubigint' });
  const { key } = layout;
  if (key === undefined) return duplicates; // the row's number is the key
  const isEqual = layout.columns
    .map(({ place }) => `later.c${place} is not distinct from earlier.c${place}`)
    .join(' and ');
  await engine.dropAfter(async () => {
    const repeatedSql = `with sound as (
        select row_no, subscription_id, month from ${rows.name}
        where row_no not in (select row_no from ${rejects.name})
      ), firsts as (
        select subscription_id, month, min(row_no) as first_row_no from sound
        group by subscription_id, month having count(*) > 1
      )
      select row_no, first_row_no from sound join firsts using (subscription_id, month) where row_no <> first_row_no`;
    const repeated = await engine.tableOf('repeated', ['row_no', 'first_row_no'], repeatedSql);
    const comparedSql = `select later.row_no, later.file_no, later.line, later.key, ${isEqual} as is_equal
      from ${repeated.name} as repeated join ${rows.name} later on later.row_no = repeated.row_no
        join ${rows.name} earlier on earlier.row_no = first_row_no`;
    const compared = await engine.tableOf('compared', ['row_no', 'file_no', 'line', 'key', 'is_equal'], comparedSql);
    await engine.run(`insert into ${duplicates.name} select row_no from ${compared.name} where is_equal`);
    const sql = `insert into ${rejects.name} select row_no, file_no, line, ${literal(key.name)}, 'key.conflict', key
      from ${compared.name} where not is_equal`;
    await engine.run(sql);
  });
  return duplicates;
}
