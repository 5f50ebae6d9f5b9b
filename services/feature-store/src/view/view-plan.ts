import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { addMonths } from '@holdfast/platform/calendar';
import { createHash } from 'node:crypto';
import { needsTable, type FactsOptions } from '../facts/facts.js';
import { closedMonthsOf, type ExtractTable, type LoadedExtract } from '../facts/extracts.js';
import type { StatusRule } from '../facts/status-months.js';
import { pointInTimeOf, type PointInTime } from './point-in-time.js';
import type { Definition } from './definition.js';
import type { LabelRules } from './labels.js';
import type { Availability } from './month-features.js';
import { MONTHS_BACK } from './relation.js';
import { RELATIONS } from './relations.js';

/** Tables that risk, churn and value need. */
const NEEDED = ['subscriptions', 'status_history', 'billing', 'usage'];
/** Rows of a block of shards, all months together: some hundred MB of doubles. */
const ROWS_PER_BLOCK = 500_000;
const BLOCKS_MAX = 256;

/** The parameters that a view's rows depend on. */
export interface ViewRules extends LabelRules {
  status: StatusRule;
  historyMonths: number;
  asOfLagDays: number;
}

/** A range of logical shards, `from` to before `to`. */
export type Block = ShardRange;

/** What a materialised view will have: everything that its rows depend on. */
export interface ViewPlan {
  definition: Definition;
  rules: ViewRules;
  /** One for each month with rows, ascending. */
  pointsInTime: PointInTime[];
  /** First month of facts. */
  firstMonth: string;
  /** Last closed month: labels are known up to it. */
  lastMonth: string;
  /** When the newest extract was written: labels are as known then. */
  labelledAt: Date;
  extracts: readonly LoadedExtract[];
  currency: string;
  timeZone: string;
  availability: Availability;
  blocks: Block[];
  /** First 16 hex digits of the hash over definitions, rules and extracts; names an operator's view. */
  key: string;
}

/**
 * Plans a view over all closed months that have enough history.
 * @param extracts by sequence
 * @throws precondition `facts.needsTable`
 */
export function planView(definition: Definition, rules: ViewRules, extracts: readonly LoadedExtract[]): ViewPlan {
  const availability = availabilityOf(extracts);
  const lacking = NEEDED.find((table) => !availability.tables.has(table));
  if (lacking !== undefined) throw needsTable({ table: lacking });
  const newest = extracts.at(-1)!;
  const labelledAt = new Date(Math.max(...extracts.map(({ extractedAt }) => extractedAt.getTime())));
  const closed = closedMonthsOf(extracts);
  const historyOf = (month: string): string[] =>
    Array.from({ length: rules.historyMonths }, (_, back) => addMonths(month, -back));
  const months = closed.filter((month) => historyOf(month).every((one) => closed.includes(one)));
  const sequences = extracts.map(({ sequence }) => sequence);
  return {
    definition,
    rules,
    pointsInTime: months.map((month) => pointInTimeOf(month, newest.timeZone, rules.asOfLagDays, labelledAt)),
    firstMonth: closed[0] ?? '',
    lastMonth: closed.at(-1) ?? '',
    labelledAt,
    extracts,
    currency: newest.currency,
    timeZone: newest.timeZone,
    availability,
    blocks: blocksOf(rowsOf(extracts, 'usage')),
    key: viewKey(definition, rules, sequences),
  };
}

/** Names a view after certain extracts, within one operator: another operator's extracts have the same numbers. */
export function viewKey(definition: Definition, rules: ViewRules, sequences: readonly number[]): string {
  const made = JSON.stringify([definition.view, definition.version, rules, sequences]);
  return createHash('sha256').update(made).digest('hex').slice(0, 16);
}

/** The facts that a month's features are computed from, of a range of shards. */
export function factsOf(
  { definition, availability }: Pick<ViewPlan, 'definition' | 'availability'>,
  { month, knowledgeTime }: PointInTime,
  shards: Block,
): FactsOptions {
  const tables = new Set(NEEDED.filter((table) => table !== 'subscriptions'));
  for (const { from } of definition.features) {
    const needs = RELATIONS[from]?.needs ?? [];
    if (needs.every((table) => availability.tables.has(table))) needs.forEach((table) => tables.add(table));
  }
  return { knowledgeTime, fromMonth: addMonths(month, -MONTHS_BACK), toMonth: month, shards, tables: [...tables] };
}

/**
 * Names what a month's rows in a block of shards depend on: equal names, equal rows. An extract that was written after
 * the month's knowledge time matters only if it has tables or months that no earlier one has: its corrections count later.
 */
export function partName(
  { definition, rules, extracts }: Pick<ViewPlan, 'definition' | 'rules' | 'extracts'>,
  { month, knowledgeTime }: PointInTime,
  { from, to }: Block,
): string {
  const sequences = extracts
    .filter((extract, at) => extract.extractedAt <= knowledgeTime || bringsNews(extract, extracts.slice(0, at), month))
    .map(({ sequence }) => sequence);
  const made = JSON.stringify([definition.version, rules.status, month, knowledgeTime, from, to, sequences]);
  return `${month}-${from}-${to}-${createHash('sha256').update(made).digest('hex').slice(0, 16)}`;
}

/** Whether an extract has a table, or months up to this one, that no earlier one has whole. */
function bringsNews(extract: LoadedExtract, earlier: readonly LoadedExtract[], month: string): boolean {
  const last = extract.to < month ? extract.to : month;
  const covers = ({ tables, from, to }: LoadedExtract, { table }: ExtractTable): boolean =>
    tables.some((known) => known.table === table) && from <= extract.from && to >= last;
  return extract.from <= month && extract.tables.some((table) => !earlier.some((known) => covers(known, table)));
}

/** What the extracts have, all together. */
export function availabilityOf(extracts: readonly LoadedExtract[]): Availability {
  const all = extracts.flatMap(({ tables }) => tables);
  const firstMonths = new Map<string, string>();
  for (const { table, months } of all) {
    const before = firstMonths.get(table);
    if (months.length > 0 && (before === undefined || months[0]! < before)) firstMonths.set(table, months[0]!);
  }
  return {
    tables: new Set(all.map(({ table }) => table)),
    freeColumns: new Set(all.flatMap(({ table, freeColumns }) => freeColumns.map(({ name }) => `${table}.${name}`))),
    firstMonths,
  };
}

function rowsOf(extracts: readonly LoadedExtract[], table: string): number {
  const found = extracts.flatMap(({ tables }) => tables.filter((one) => one.table === table));
  return found.reduce((sum, { rows }) => sum + rows, 0);
}

/** Powers of two, so that an operator that grows keeps the parts that it has until it doubles. */
function blocksOf(rows: number): Block[] {
  let blocks = 1;
  while (blocks < BLOCKS_MAX && rows / blocks > ROWS_PER_BLOCK) blocks *= 2;
  const width = BLOCKS_MAX / blocks;
  return Array.from({ length: blocks }, (_, at) => ({ from: at * width, to: (at + 1) * width }));
}
