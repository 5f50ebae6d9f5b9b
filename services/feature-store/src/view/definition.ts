import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import { failure } from '@holdfast/platform/errors';
import { CAUSES, type Cause } from '@holdfast/platform/terms';
import { MONOTONE, type ColumnType, type Monotone } from '../column/column.js';
import { readExpression } from './dialect.js';
import { exactInDuckDb } from './exact.js';
import { RELATIONS, historyOf, snapshotOf, type History } from './relations.js';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const label = z.strictObject({ en: z.string().min(1).max(60), 'zh-CN': z.string().min(1).max(60) });
const common = {
  name,
  from: z.string(),
  needs: z.array(z.string()).default([]),
  type: z.enum(['number', 'flag', 'category']).default('number'),
  history: z.enum(['monthly', 'dated', 'snapshot']).optional(),
  reason: z.enum(CAUSES).optional(),
  /** How churn may follow it; not of a category. */
  monotone: z.enum(MONOTONE).optional(),
  label,
};
const written = z.union([
  /** One feature: an aggregate over the rows of a relation, or an expression over features (`from: features`). */
  z.strictObject({ ...common, value: z.string(), absent: z.number().optional() }),
  /** Four features: a column of monthly rows this month, in the two before, and its mean over the three. */
  z.strictObject({ ...common, monthly: z.string(), unit: name.optional() }),
]);
const file = z.strictObject({ features: z.array(written).min(1) });

export interface Feature {
  name: string;
  family: string;
  /** A relation (see relations.ts), or `features`. */
  from: string;
  /** SQL over the rows of one subscription, or over other features. */
  sql: string;
  /** Value of a subscription without any row; NULL by default. */
  absent?: number;
  /** Tables, and columns (`table.column`) that an extract may lack. */
  needs: string[];
  type: ColumnType;
  history: History;
  reason: Cause | '';
  monotone?: Monotone;
  label: { en: string; 'zh-CN': string };
}

/** The features of a view, those over features last, in an order in which each finds what it is made of. */
export interface Definition {
  view: string;
  /** First 16 hex digits of the hash over all definitions and the SQL that works them out. */
  version: string;
  features: Feature[];
}

const definitionMalformed = failure('invalid', 'view.definitionMalformed', {
  en: '{file}: {problem}',
  'zh-CN': '{file}：{problem}',
});
const columnUnknown = failure('invalid', 'view.columnUnknown', {
  en: '{feature} names {column}, which is no feature before it.',
  'zh-CN': '{feature} 引用了 {column}，其之前没有该特征。',
});
const snapshotRefused = failure('invalid', 'view.snapshotRefused', {
  en: '{feature} is made of {table}, which has the state on the day of an extract only.',
  'zh-CN': '{feature} 取自 {table}，该表只说明提取当日的情况，不说明从何时起。',
});
const historyMistaken = failure('invalid', 'view.historyMistaken', {
  en: '{feature} declares the history {declared}; that of {relation} is {history}.',
  'zh-CN': '{feature} 声明的历史为 {declared}，而 {relation} 的历史为 {history}。',
});

const WINDOWS = [
  { suffix: 'm0', sql: 'max(case when lag = 0 then {x} end)', en: 'this month', zh: '当月' },
  { suffix: 'm1', sql: 'max(case when lag = 1 then {x} end)', en: 'last month', zh: '上月' },
  { suffix: 'm2', sql: 'max(case when lag = 2 then {x} end)', en: 'the month before last', zh: '前月' },
  { suffix: 'mean_3m', sql: 'avg(case when lag <= 2 then {x} end)', en: 'mean of three months', zh: '近三个月平均' },
] as const;

const ANY_MONTH = { month: "'2026-01'", nextDay: "date '2026-02-01'", endsAt: 'null', timeZone: "'UTC'" };

/** Where the definitions of the views are. All processes run in the project's root folder. */
export const VIEWS_FOLDER = path.join('services', 'feature-store', 'views');

/**
 * Reads the definitions of a monthly view: a folder for each family, YAML files in it.
 * @throws invalid, naming the file or the feature
 */
export function readDefinition(view: string, folder: string): Definition {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((each) => each.endsWith('.yaml'))
    .sort();
  const texts = files.map((each) => ({ file: each, text: readFileSync(path.join(folder, each), 'utf8') }));
  return definitionOf(view, texts);
}

/** @param files with their paths: the first folder is the family */
export function definitionOf(view: string, files: readonly { file: string; text: string }[]): Definition {
  const all = files.flatMap(({ file: from, text }) => featuresOfFile(from, text));
  const features = [...all.filter(({ from }) => from !== 'features'), ...all.filter(({ from }) => from === 'features')];
  const known = new Set<string>();
  for (const feature of features) {
    checkColumns(feature, known);
    if (known.has(feature.name))
      throw definitionMalformed({ file: feature.family, problem: `${feature.name} is there twice` });
    known.add(feature.name);
  }
  const made = JSON.stringify([features, features.map(({ sql }) => exactInDuckDb(sql)), relationsOf(features)]);
  const version = createHash('sha256').update(made).digest('hex').slice(0, 16);
  return { view, version, features: features.map((feature) => withNeeds(feature, features)) };
}

/** SQL of the relations that features are made of, as of any month. */
function relationsOf(features: readonly Feature[]): [string, string][] {
  const names = [...new Set(features.map(({ from }) => from))].filter((from) => from !== 'features').sort();
  return names.map((name) => [name, RELATIONS[name]!.sql(ANY_MONTH)]);
}

function featuresOfFile(from: string, text: string): Feature[] {
  const parsed = file.safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw definitionMalformed({ file: from, problem: `${issue!.path.join('.')}: ${issue!.message}` });
  }
  const family = from.split(/[\\/]/)[0]!;
  return parsed.data.features.flatMap((each) => expand(family, each));
}

function expand(family: string, said: z.output<typeof written>): Feature[] {
  const { from, needs, type } = said;
  const reason: Feature['reason'] = said.reason ?? '';
  const direction = said.monotone === undefined ? {} : { monotone: said.monotone };
  if (said.monotone !== undefined && type === 'category')
    throw definitionMalformed({ file: family, problem: `${said.name} is a category, and cannot be monotone` });
  const shared = { family, from, type, reason, ...direction, needs: [...(RELATIONS[from]?.needs ?? []), ...needs] };
  const history = historyChecked(said.name, from, said.history);
  if (!('monthly' in said)) {
    const feature: Feature = { ...shared, history, name: said.name, sql: said.value.trim(), label: said.label };
    if (said.absent !== undefined) feature.absent = said.absent;
    return [feature];
  }
  return WINDOWS.map(({ suffix, sql, en, zh }): Feature => {
    const isMean = suffix === 'mean_3m';
    const words = isMean ? [said.name, suffix, said.unit] : [said.name, said.unit, suffix];
    return {
      ...shared,
      history,
      name: words.filter((word) => word !== undefined).join('_'),
      sql: sql.replace('{x}', said.monthly.trim()),
      label: { en: `${said.label.en}, ${en}`, 'zh-CN': `${said.label['zh-CN']}（${zh}）` },
    };
  });
}

function historyChecked(feature: string, from: string, declared: History | undefined): History {
  if (from === 'features') return declared ?? 'monthly';
  const relation = RELATIONS[from];
  if (relation === undefined) throw definitionMalformed({ file: feature, problem: `there is no relation ${from}` });
  const history = historyOf(relation);
  if (declared !== undefined && declared !== history)
    throw historyMistaken({ feature, declared, relation: from, history });
  // A monthly view has rows for months before any extract was written.
  if (history === 'snapshot') throw snapshotRefused({ feature, table: snapshotOf(relation)! });
  return history;
}

function checkColumns(feature: Feature, known: ReadonlySet<string>): void {
  const { columns, isAggregate } = readExpression(feature.name, feature.sql);
  if (feature.from === 'features') {
    const unknown = columns.find((column) => !known.has(column));
    if (unknown !== undefined) throw columnUnknown({ feature: feature.name, column: unknown });
  }
  if (isAggregate === (feature.from === 'features')) {
    const problem = isAggregate ? 'is over features and cannot add up rows' : 'must give one value for many rows';
    throw definitionMalformed({ file: feature.family, problem: `${feature.name} ${problem}` });
  }
}

/** A feature over features needs what they need. */
function withNeeds(feature: Feature, features: readonly Feature[]): Feature {
  if (feature.from !== 'features') return feature;
  const byName = new Map(features.map((each) => [each.name, each]));
  const needs = new Set<string>(feature.needs);
  const collect = (sql: string): void => {
    for (const column of readExpression(feature.name, sql).columns) {
      const part = byName.get(column)!;
      if (part.from === 'features') collect(part.sql);
      else part.needs.forEach((need) => needs.add(need));
    }
  };
  collect(feature.sql);
  return { ...feature, needs: [...needs] };
}
