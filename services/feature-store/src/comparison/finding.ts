import { fill, type Texts } from '@holdfast/platform/errors';
import type { Notice } from '../notices.js';

/** Notices about a table of an extract of which nothing was imported. */
const STOPPED = ['table.stopped', 'table.parentStopped'] as const;

/** A difference from the version before, a value above a limit, or a table that was stopped. */
export interface Finding {
  key: FindingKey | (typeof STOPPED)[number];
  table: string;
  /** Empty for the whole table. */
  column: string;
  /** Whether the import is held until it is confirmed. */
  holds: boolean;
  text: Texts;
}

/** That keys match if a difference of spelling is ignored. */
const matching = (differences: string, zh: string): Texts => ({
  en: `Table {table}: {matches} of {keys} keys match when ${differences} ignored.`,
  'zh-CN': `表 {table}：忽略${zh}后，{keys} 个键中有 {matches} 个相符。`,
});

const TEXTS = {
  'rejects.tooMany': {
    en: 'Table {table}: {rejected} of {read} rows were rejected; at most {max} may be (rejectShareMax).',
    'zh-CN': '表 {table}：{read} 行中有 {rejected} 行被拒绝，最多允许 {max} 行（rejectShareMax）。',
  },
  'rejects.all': {
    en: 'Table {table}: all of its {read} rows were rejected. Nothing of it would become visible; its earlier rows stay.',
    'zh-CN': '表 {table}：全部 {read} 行均被拒绝，不会发布任何数据；之前的数据保持不变。',
  },
  'keys.fewKept': {
    en: 'Table {table}: {kept} of {keys} keys are in both versions ({share}; at least {limit} expected): {added} subscribers would be new, {gone} gone.',
    'zh-CN':
      '表 {table}：两个版本共有的键为 {keys} 个中的 {kept} 个（{share}，至少应为 {limit}）：将新增 {added} 个用户，减少 {gone} 个用户。',
  },
  'keys.matchZeros': matching('leading zeros are', '前导零'),
  'keys.matchSpaces': matching('spaces, hyphens and quotes are', '空格、连字符和引号'),
  'keys.matchCase': matching('capitals are', '大小写'),
  'keys.matchPrefix': matching('the country prefix 86 is', '国家代码 86 '),
  'keys.matchDecimals': matching('an ending .0 is', '末尾的 .0 '),
  'keys.matchAll': matching('zeros, spaces, capitals, prefixes and decimals are', '前导零、空格、大小写、前缀和小数'),
  'keys.otherSpace': {
    en: 'Table {table}: its keys identified by "{before}", and now by "{now}": no subscriber of the version before is one of this one.',
    'zh-CN': '表 {table}：键的识别方式由“{before}”变为“{now}”：上一版本的用户与本版本的用户互不相同。',
  },
  'rows.changed': {
    en: 'Table {table}: {rows} rows of the newest month, {before} before.',
    'zh-CN': '表 {table}：最新月份有 {rows} 行，上一版本为 {before} 行。',
  },
  'rows.monthChanged': {
    en: 'Table {table}: {rows} rows of {month}, {before} in the earlier file, all of which they replace.',
    'zh-CN': '表 {table}：{month} 有 {rows} 行，将整体取代此前文件中该月的 {before} 行。',
  },
  'column.gone': { en: 'Column {column} is gone.', 'zh-CN': '列 {column} 不再存在。' },
  'column.renamed': {
    en: 'Column {column} is gone; {other} may be its new name.',
    'zh-CN': '列 {column} 不再存在；{other} 可能是它的新名称。',
  },
  'column.added': { en: 'Column {column} is new.', 'zh-CN': '列 {column} 为新增列。' },
  'column.retyped': {
    en: 'Column {column} was a {before} and is a {now}.',
    'zh-CN': '列 {column} 的类型由 {before} 变为 {now}。',
  },
  'column.recoded': {
    en: 'Column {column} has other codes: {share} of the rows have a code that the other version has, too (before: {before}; now: {now}).',
    'zh-CN': '列 {column} 的编码已变：仅 {share} 的行使用两个版本共有的编码（原：{before}；现：{now}）。',
  },
  'column.rescaled': {
    en: 'Column {column} has another scale: {factor} times the values before (median {before}, now {now}).',
    'zh-CN': '列 {column} 的量级已变：为原值的 {factor} 倍（中位数原为 {before}，现为 {now}）。',
  },
  'column.shifted': {
    en: 'Column {column} is distributed otherwise: stability index {psi} (median {before}, now {now}).',
    'zh-CN': '列 {column} 的分布已变：稳定性指数 {psi}（中位数原为 {before}，现为 {now}）。',
  },
  'column.codesShifted': {
    en: 'Column {column} is distributed otherwise: stability index {psi}.',
    'zh-CN': '列 {column} 的分布已变：稳定性指数 {psi}。',
  },
  'column.missing': {
    en: 'Column {column} lacks {now} of its values, {before} before.',
    'zh-CN': '列 {column} 的缺失比例为 {now}，原为 {before}。',
  },
  'column.unusable': {
    en: 'Column {column}, which models used, can no longer be used: {reason}.',
    'zh-CN': '模型曾使用的列 {column} 已无法使用：{reason}。',
  },
  'label.prevalence': {
    en: 'Label {column} is positive in {now} of the rows, {before} before.',
    'zh-CN': '标签列 {column} 的正类比例为 {now}，原为 {before}。',
  },
} as const satisfies Record<string, Texts>;

export type FindingKey = keyof typeof TEXTS;

/** The finding that nothing of a table was imported because of its files, its header or the manifest; undefined for other notices. */
export function stoppedFinding({ key, column: table, text }: Notice): Finding | undefined {
  const found = STOPPED.find((stopped) => stopped === key);
  return found === undefined ? undefined : { key: found, table, column: '', holds: true, text };
}

export function finding(
  key: FindingKey,
  of: { table: string; column?: string; holds: boolean },
  figures: Record<string, string | number> = {},
): Finding {
  const { table, column = '', holds } = of;
  const all = { table, column, ...figures };
  const { en, 'zh-CN': zh } = TEXTS[key];
  return { key, table, column, holds, text: { en: fill(en, all), 'zh-CN': fill(zh, all) } };
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A figure for a sentence: four significant digits. */
export function figure(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}
