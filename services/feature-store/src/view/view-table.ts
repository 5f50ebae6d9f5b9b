import { createHash } from 'node:crypto';
import type { CheckedColumn, ExclusionReason } from '../column/column.js';
import { EXACT_ROWS_MAX, identifierMin } from '../column/distinct.js';
import { CATEGORY_VALUES_MAX } from '../column/examine-column.js';
import { findLeaks } from '../column/leak.js';
import { literal, type Engine } from '../engine/engine.js';
import type { TableVersion } from '../lake/catalogue.js';
import { hashRows } from '../table/read-table.js';
import { STORED_COLUMNS, type StoredRows } from '../table/type-rows.js';
import type { Feature } from './definition.js';
import type { ViewPlan } from './view-plan.js';

/** Outcome columns of a row (see `labelQuery`): never features, but readable for training, validation and reports. */
const OUTCOMES = [
  { name: 'lost_in_gap', type: 'flag', en: 'left before the month of the label', zh: '在间隔期内流失' },
  { name: 'left_after_months', type: 'number', en: 'months until it left', zh: '距流失的月数' },
  { name: 'left_involuntarily', type: 'flag', en: 'left involuntarily', zh: '非自愿离网' },
  { name: 'value_lost', type: 'flag', en: 'lost value', zh: '价值流失' },
  { name: 'value_lost_by_leaving', type: 'flag', en: 'lost value by leaving', zh: '因离网而价值流失' },
  { name: 'leave_reason', type: 'category', en: 'reason code of leaving', zh: '离网原因代码' },
  { name: 'contacted', type: 'flag', en: 'contacted by a campaign before the label', zh: '标签月前被营销接触' },
] as const;
export const OUTCOME_NAMES = OUTCOMES.map(({ name }) => name);

/** Money a month. */
const VALUE_FEATURE = 'arpu_mean_3m_cny';

/** Columns whose distinct values are counted at a time: each has a table of them in memory. */
const COLUMNS_PER_PASS = 24;
/** Labelled rows that show a suspected leak well enough: with some hundred churners an AUC of 0.995 is not chance. */
const LEAK_ROWS = 10_000;
/** A feature known in fewer of the labelled months than this shows models the month rather than the customer. */
const LABELLED_MONTHS_MIN_SHARE = 0.5;

type WrittenView = Pick<
  TableVersion,
  'columns' | 'months' | 'units' | 'rows' | 'labelledRows' | 'positiveRows' | 'rowsHash'
>;

/**
 * Writes the blocks of a view as one table of the lake in the order of shards, subscriptions and months. Blocks are streamed
 * one after the other, so that memory does not grow with them.
 * @param blocks files in the order of their shards, with the features, `label` and OUTCOMES
 */
export async function writeViewTable(
  engine: Engine,
  plan: ViewPlan,
  blocks: readonly string[],
  file: string,
): Promise<{ stored: StoredRows; written: WrittenView }> {
  const { features } = plan.definition;
  const sql = `create or replace view block_row as select * from read_parquet([${blocks.map(literal).join(', ')}])`;
  await engine.run(sql);
  const months = await makeDictionary(engine, 'view_months', 'month');
  const units = await makeDictionary(engine, 'view_units', 'org_unit_path');
  const columns = [...subjectColumns(), ...features.map(featureColumn), ...OUTCOMES.map(outcomeColumn)];
  columns.forEach((column, place) => (column.place = place));
  for (const column of columns) {
    if (hasDictionary(column)) {
      column.dictionary = await makeDictionary(engine, `view_d${column.place}`, column.name, CATEGORY_VALUES_MAX + 1);
      column.isStored = column.dictionary.length <= CATEGORY_VALUES_MAX;
    }
  }
  const cells = columns.filter(({ isStored }) => isStored).map((column) => `${cellOf(column)} as f${column.place}`);
  const { blockRows } = await engine.numbers<'blockRows'>(`select count(*) as "blockRows" from block_row`);
  await engine.writeSorted(
    `select shard::utinyint as shard, subscription_id, enum_code(month::view_months)::uinteger as month,
       enum_code(org_unit_path::view_units)::uinteger as unit, is_last, false as had_left, label,
       null::double as split, ${VALUE_FEATURE} as value, ${cells.join(',\n')}
     from block_row`,
    file,
    blockRows,
  );
  const stored = await engine.viewOf('stored', STORED_COLUMNS, `select * from read_parquet(${literal(file)})`);
  const { subscribers, ...counts } = await engine.numbers<'rows' | 'labelledRows' | 'positiveRows' | 'subscribers'>(
    `select count(*) as rows, count(label) as "labelledRows", sum(label) as "positiveRows",
       count(*) filter (where is_last) as subscribers from ${stored.name}`,
  );
  const { rows } = counts;
  await countValues(stored, columns, rows);
  const coverage = await coveredMonths(stored, columns);
  for (const column of columns.filter(({ role }) => role === 'feature' || role === 'value')) {
    const excluded = leftOutOf(column, rows, subscribers, coverage);
    if (excluded !== undefined) column.excluded = excluded;
  }
  for (const [column] of await findLeaks(stored, columns, LEAK_ROWS)) column.excluded = 'suspected_leak';
  const rowsHash = await hashRows(stored, columns, [months, units]);
  return { stored, written: { columns, months, units, ...counts, rowsHash } };
}

/**
 * The version that the lake's catalogue has of it. Its name follows from what was planned and from the rows that came of
 * it, so that equal extracts give the same name everywhere, and the same name never means other rows.
 */
export function viewTableVersion(
  plan: ViewPlan,
  written: WrittenView,
  orgUnitPath: string,
  loadedAt: Date,
): TableVersion {
  return {
    ...written,
    table: plan.definition.view,
    version: createHash('sha256').update(`${plan.key} ${written.rowsHash}`).digest('hex').slice(0, 16),
    importId: null,
    extractSequence: plan.extracts.at(-1)!.sequence,
    origin: 'view',
    labelLeadMonths: 1 + plan.rules.gapMonths,
    orgUnitPath,
    currency: plan.currency,
    hasSplit: false,
    loadedAt,
  };
}

async function makeDictionary(engine: Engine, type: string, column: string, max = 100_000): Promise<string[]> {
  const sql = `select distinct ${column} as text from block_row where ${column} is not null order by text limit ${max}`;
  const dictionary = await engine.texts(sql);
  if (dictionary.length > 0) await engine.run(`create type ${type} as enum (${dictionary.map(literal).join(', ')})`);
  return dictionary;
}

/** The categories that are stored as codes: features, and what happened to them. */
function hasDictionary({ type, role }: CheckedColumn): boolean {
  return type === 'category' && (role === 'feature' || role === 'excluded');
}

function cellOf(column: CheckedColumn): string {
  const { name, place, dictionary } = column;
  if (!hasDictionary(column)) return name;
  return dictionary.length === 0 ? 'null::uinteger' : `enum_code(${name}::view_d${place})::uinteger`;
}

const NEW_COLUMN = { place: 0, displayName: {}, missing: 0, distinct: 0, isStored: true, dictionary: [] };

function subjectColumns(): CheckedColumn[] {
  const subjects = [
    ['subscription_id', 'key', 'category'],
    ['month', 'month', 'category'],
    ['org_unit_path', 'unit', 'category'],
    ['label', 'label', 'flag'],
  ] as const;
  return subjects.map(([name, role, type]) => ({ ...NEW_COLUMN, name, role, type, isStored: false }));
}

function featureColumn({ name, type, reason, monotone, label }: Feature): CheckedColumn {
  const role = name === VALUE_FEATURE ? 'value' : 'feature';
  return {
    ...NEW_COLUMN,
    name,
    type,
    role,
    displayName: label,
    ...(reason === '' ? {} : { reason }),
    ...(monotone === undefined ? {} : { monotone }),
  };
}

function outcomeColumn({ name, type, en, zh }: (typeof OUTCOMES)[number]): CheckedColumn {
  const displayName = { en, 'zh-CN': zh };
  return { ...NEW_COLUMN, name, displayName, role: 'excluded', type, excluded: 'excluded' };
}

/** Categories have as many values as texts in their dictionary, flags two at most; of numbers, many are estimated. */
async function countValues(written: StoredRows, columns: readonly CheckedColumn[], rows: number): Promise<void> {
  const stored = columns.filter(({ isStored }) => isStored);
  const isExact = rows <= EXACT_ROWS_MAX;
  const counted = isExact ? 'count(distinct ' : 'approx_count_distinct(';
  for (let at = 0; at < stored.length; at += COLUMNS_PER_PASS) {
    const pass = stored.slice(at, at + COLUMNS_PER_PASS);
    const sums = pass.flatMap(({ place: p, type }) => [
      `count(f${p}) as n${p}`,
      `(min(f${p}) <> max(f${p}))::integer as v${p}`,
      ...(type === 'number' || type === 'date' || isExact ? [`${counted}f${p}) as d${p}`] : []),
    ]);
    const sql = `select ${sums.join(', ')} from ${written.name}`;
    const counts = await written.engine.row<Record<string, bigint | number | null>>(sql);
    for (const column of pass) {
      const { place, type, dictionary } = column;
      const present = Number(counts[`n${place}`]);
      const few = present === 0 ? 0 : 1 + Number(counts[`v${place}`]);
      column.missing = rows - present;
      column.distinct = Math.max(few, Math.min(present, Number(counts[`d${place}`] ?? 0)));
      if (few < 2) column.distinct = few;
      else if (hasDictionary(column)) column.distinct = dictionary.length;
      else if (!isExact && type !== 'flag') column.isEstimate = true;
    }
  }
}

/** Share of the labelled months (of all, where none has a label) in which a column has any value, by place. */
async function coveredMonths(written: StoredRows, columns: readonly CheckedColumn[]): Promise<Map<number, number>> {
  const stored = columns.filter(({ isStored }) => isStored);
  const sums = stored.map(({ place }) => `count(f${place}) as n${place}`);
  const sql = `select count(label) as labelled, ${sums.join(', ')} from ${written.name} group by month`;
  const months = await written.engine.rows<Record<string, bigint>>(sql);
  const labelled = months.filter(({ labelled: rows }) => rows! > 0n);
  const judged = labelled.length === 0 ? months : labelled;
  return new Map(
    stored.map(({ place }) => [place, judged.filter((month) => month[`n${place}`]! > 0n).length / judged.length]),
  );
}

function leftOutOf(
  { place, type, missing, distinct, isStored }: CheckedColumn,
  rows: number,
  subscribers: number,
  coverage: ReadonlyMap<number, number>,
): ExclusionReason | undefined {
  if (!isStored) return 'too_many_values';
  if (missing === rows) return 'empty';
  if (distinct === 1 && missing === 0) return 'constant';
  const names = Math.min(rows - missing, subscribers);
  if (type === 'category' && distinct >= identifierMin(names)) return 'identifier';
  return coverage.get(place)! < LABELLED_MONTHS_MIN_SHARE ? 'uncovered' : undefined;
}
