import type { Language } from '@holdfast/client/rest-client';
import { EXCLUSION_TEXTS } from '@holdfast/platform/terms';
import {
  aucText,
  capacityLines,
  causeLines,
  causeValidationText,
  isMonth,
  monthHeading,
  monthLines,
} from './month-summary.js';
import type { ListEntry, ModelSummary, Summary } from './summary.js';
import { moneyText, percentText, tableLines, widthOf, type Columns } from './text.js';

/** More than that are summed up. */
const TABLES_SHOWN = 3;
/** More notices of an import are counted. */
const NOTICES_SHOWN = 4;
const REASONS_SHOWN = 4;
const SCRIPT_LINES_SHOWN = 8;
const COLUMNS = 100;
/** Beginning of the one line that no screen holds: the token. */
const LONG_LINE = 'AUTH="';
/** Steps of the main job; those of a launcher are in the report only. */
const STEPS: readonly string[] = [
  ...['import', 'profiles', 'features', 'train', 'score', 'plan fit', 'households', 'campaign', 'list', 'script'],
  'effect',
];

/** Methods that are judged against the boosted trees. */
const TREATMENTS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  keep: { en: 'kept', 'zh-CN': '保留' },
  exclude: { en: 'excluded', 'zh-CN': '剔除' },
  weight: { en: 'represented by weighted others', 'zh-CN': '由加权的未接触用户代表' },
};

const METHODS: Record<string, Record<Language, string>> = {
  'weight-of-evidence': { en: 'weight of evidence', 'zh-CN': '证据权重回归' },
  survival: { en: 'survival', 'zh-CN': '生存模型' },
  network: { en: 'recurrent network', 'zh-CN': '循环神经网络' },
};

const WORDS = {
  en: {
    imported: 'Imported',
    rows: 'rows',
    tables: (count: number) => `${count} tables`,
    accepted: 'accepted',
    rejected: 'rejected',
    duplicates: 'duplicates',
    rejects: 'which rows, and why',
    moreNotices: (count: number) => `${count} more notices`,
    model: 'Model',
    excluded: 'excluded',
    why: (reason: string) => EXCLUSION_TEXTS[reason]?.en ?? reason,
    auc: 'AUC',
    averagePrecision: 'average precision',
    calibration: 'calibration error',
    notAvailable: 'not available',
    lastMonth: (month: string, churned: string, predicted: string) =>
      `In ${month} ${churned} churned, ${predicted} had been predicted`,
    meanProbability: 'mean probability',
    challengers: 'Challengers, AUC minus that of the trees',
    method: (method: string) => METHODS[method]?.en ?? method,
    serving: (method: string) => `serving: ${method}`,
    separator: '; ',
    trees: 'boosted trees',
    contacted: (rows: number, share: string, treatment: string) =>
      `${rows} rows (${share}) had been contacted by a campaign and are ${treatment}`,
    treatment: (treatment: string) => TREATMENTS[treatment]?.en ?? treatment,
    contactedChange: (difference: string, other: string) =>
      `on rows that were not contacted the AUC minus that with them ${other} is ${difference}`,
    trained: (model: string) => `Trained ${model}`,
    isChampion: 'it is champion now',
    isNotChampion: 'the champion stays',
    compared: (auc: string, champion: string, rows: number, months: string) =>
      `AUC ${auc}, the champion's ${champion} on the same ${rows} rows${months === '' ? '' : ` of ${months}`}`,
    difference: 'difference',
    precisions: (own: number, champion: number) =>
      `precision at capacity ${own.toFixed(3)}, the champion's ${champion.toFixed(3)}`,
    atRisk: 'At risk',
    atRiskText: (count: number, percent: string) => `${count} subscribers with a probability of ${percent} or more`,
    because: 'mostly because of',
    list: 'First on the list',
    header: ['rank', 'subscription', 'probability', 'value per month', 'quadrant', 'first reason'],
    script: 'What the agent reads',
    unavailable: 'Not available',
    tryIt: 'Try it (the token lasts an hour)',
    seconds: 'Seconds',
  },
  'zh-CN': {
    imported: '导入',
    rows: '行',
    tables: (count: number) => `${count} 张表`,
    accepted: '接受',
    rejected: '拒绝',
    duplicates: '重复',
    rejects: '查看被拒绝的行',
    moreNotices: (count: number) => `另有 ${count} 条提示`,
    model: '模型',
    excluded: '未采用的列',
    why: (reason: string) => EXCLUSION_TEXTS[reason]?.['zh-CN'] ?? reason,
    auc: 'AUC',
    averagePrecision: '平均精度',
    calibration: '校准误差',
    notAvailable: '不可用',
    lastMonth: (month: string, churned: string, predicted: string) =>
      `${month} 实际流失 ${churned}，此前预测 ${predicted}`,
    meanProbability: '平均概率',
    challengers: '挑战者（AUC 与提升树之差）',
    method: (method: string) => METHODS[method]?.['zh-CN'] ?? method,
    serving: (method: string) => `现用：${method}`,
    separator: '；',
    trees: '提升树',
    contacted: (rows: number, share: string, treatment: string) => `曾被营销接触的 ${rows} 行（${share}）${treatment}`,
    treatment: (treatment: string) => TREATMENTS[treatment]?.['zh-CN'] ?? treatment,
    contactedChange: (difference: string, other: string) =>
      `在未被接触的数据行上，AUC 与将其${other}之差为 ${difference}`,
    trained: (model: string) => `本期训练 ${model}`,
    isChampion: '已成为现役模型',
    isNotChampion: '现役模型不变',
    compared: (auc: string, champion: string, rows: number, months: string) =>
      `在相同的 ${rows} 行${months === '' ? '' : `（${months}）`}上 AUC ${auc}，现役模型 ${champion}`,
    difference: '差值',
    precisions: (own: number, champion: number) =>
      `按联系容量的命中率 ${own.toFixed(3)}，现役模型 ${champion.toFixed(3)}`,
    atRisk: '流失风险',
    atRiskText: (count: number, percent: string) => `${count} 名用户的流失概率不低于 ${percent}`,
    because: '主要原因',
    list: '名单前五',
    header: ['排名', '用户', '概率', '月收入', '象限', '首要原因'],
    script: '坐席话术',
    unavailable: '暂不可用',
    tryIt: '试一试（令牌有效期一小时）',
    seconds: '耗时（秒）',
  },
} as const;

/** The summary for one screen: at most 40 lines of 100 columns, but for what is missing and the line with the token. */
export function formatSummary(summary: Summary, language: Language): string {
  const found = [
    ...(isMonth(summary) ? monthHeading(summary, language) : []),
    ...importLines(summary, language),
    ...modelLines(summary, language),
    ...trainedLines(summary, language),
    ...riskLines(summary, language),
    ...(isMonth(summary) ? [...causeLines(summary, language), ...monthLines(summary, language)] : []),
    ...listLines(summary, language),
    ...scriptLines(summary, language),
  ];
  const commands = [...curlLines(summary, language), ...secondsLines(summary, language)];
  return [
    ...found.map(truncated),
    ...unavailableLines(summary, language),
    ...commands.map((line) => (line.startsWith(LONG_LINE) ? line : truncated(line))),
  ].join('\n');
}

/** Whole, since the end of a reason is often what has to be done. */
function unavailableLines({ unavailable }: Summary, language: Language): string[] {
  // Failures of services begin with the same words.
  return unavailable.map(
    ({ what, needs }) => `${WORDS[language].unavailable}: ${what}: ${needs.replace(/^(Not available: |不可用：)/, '')}`,
  );
}

/** A table has a line; the many tables of an extract have one together. */
function importLines({ imports, importNotices = [] }: Summary, language: Language): string[] {
  const tables = imports.length <= TABLES_SHOWN ? imports.map((one) => [one]) : [imports];
  const more = importNotices.length - NOTICES_SHOWN;
  const importId = imports[0]?.importId;
  return [
    ...tables.flatMap((some) => importLine(some, language)),
    ...importNotices.slice(0, NOTICES_SHOWN).flatMap((notice) => wrapped(`! ${notice}`)),
    ...(more <= 0 || importId === undefined
      ? []
      : [`  ${WORDS[language].moreNotices(more)}: ./holdfast imports show ${importId}`]),
  ];
}

/** The end of a notice has the advice, so it is wrapped instead of truncated. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<= )|(?<=[，。；：])/)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last + word.trimEnd()) <= COLUMNS - 2) lines[lines.length - 1] = last + word;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines.map((line) => `  ${line.trimEnd()}`);
}

function importLine(imports: Summary['imports'], language: Language): string[] {
  const word = WORDS[language];
  const sum = (count: 'read' | 'accepted' | 'rejected' | 'duplicates'): number =>
    imports.reduce((total, one) => total + one[count], 0);
  const [{ table, importId }] = imports as [Summary['imports'][number]];
  const what = imports.length === 1 ? table : word.tables(imports.length);
  const rejected = sum('rejected');
  return [
    `${word.imported} ${what}: ${sum('read')} ${word.rows}, ${word.accepted} ${sum('accepted')}, ` +
      `${word.rejected} ${rejected}, ${word.duplicates} ${sum('duplicates')}`,
    ...(rejected === 0 || importId === undefined ? [] : [`  ${word.rejects}: ./holdfast rejects ${importId}`]),
  ];
}

function modelLines({ model }: Summary, language: Language): string[] {
  if (model === null) return [];
  const word = WORDS[language];
  const figure = (value: number | null | undefined): string => value?.toFixed(3) ?? word.notAvailable;
  const { auc, lastMonth } = model;
  return [
    `${word.model} ${model.version} (${model.method}; ${model.scheme}, ${model.rows} ${word.rows})`,
    `  ${word.auc} ${auc === null ? word.notAvailable : aucText(auc)}  ` +
      `${word.averagePrecision} ${figure(model.averagePrecision)}  ` +
      `${word.calibration} ${figure(model.calibrationError)}`,
    ...capacityLines(model.capacity, language),
    ...(lastMonth === null || lastMonth === undefined
      ? []
      : [`  ${word.lastMonth(lastMonth.month, rate(lastMonth.realised, word), rate(lastMonth.meanPrediction, word))}`]),
    ...challengerLines(model.challengers ?? [], language),
    ...contactedLines(model.contacted ?? null, language),
    ...(model.causes === null || model.causes === undefined
      ? []
      : [`  ${causeValidationText(model.causes, language)}`]),
    ...(model.notices ?? []).map(({ message }) => `  ${message}`),
    ...(model.excluded.length === 0
      ? []
      : [
          listing(
            word.excluded,
            model.excluded.map(({ column, reason }) => `${column} (${word.why(reason)})`),
          ),
        ]),
  ];
}

/** By how much other methods were better or worse on the same rows, and which one the model is of. */
function challengerLines(challengers: NonNullable<ModelSummary['challengers']>, language: Language): string[] {
  const judged = challengers.filter(({ difference }) => difference !== null);
  if (judged.length === 0) return [];
  const word = WORDS[language];
  const each = judged.map(({ method, difference }) => `${word.method(method)} ${aucText(difference!)}`);
  const chosen = judged.find((challenger) => challenger.chosen);
  const serving = word.serving(chosen === undefined ? word.trees : word.method(chosen.method));
  return wrapped(`${word.challengers}: ${[...each, serving].join(word.separator)}`);
}

/** How many training rows had been contacted, and what their treatment changed. */
function contactedLines(contacted: NonNullable<ModelSummary['contacted']> | null, language: Language): string[] {
  if (contacted === null) return [];
  const word = WORDS[language];
  const { rows, share, treatment, comparedWith, difference } = contacted;
  const counts = word.contacted(rows, `${(100 * share).toFixed(1)} %`, word.treatment(treatment));
  const change = difference === null ? [] : [word.contactedChange(aucText(difference), word.treatment(comparedWith))];
  return wrapped([counts, ...change].join(word.separator));
}

/** The model of this month, compared with the champion of then. */
function trainedLines({ trained }: Summary, language: Language): string[] {
  if (trained === null || trained === undefined || trained.verdict === null) return [];
  const { version, verdict } = trained;
  const { comparison, promoted } = verdict;
  if (comparison === null) return promoted ? [] : wrapped(`${WORDS[language].trained(version)}: ${verdict.message}`);
  const word = WORDS[language];
  const { championAuc, auc, difference, rows, months } = comparison;
  const precisions = [comparison.precisionAtCapacity, comparison.championPrecisionAtCapacity];
  return [
    `${word.trained(version)}: ${promoted ? word.isChampion : word.isNotChampion}`,
    `  ${word.compared(auc.toFixed(3), championAuc.toFixed(3), rows, months.join(', '))}` +
      (difference === null ? '' : `, ${word.difference} ${aucText(difference)}`),
    ...(isKnown(precisions) ? [`  ${word.precisions(...precisions)}`] : []),
  ];
}

/** Comparisons of former releases have no such figures. */
function isKnown(figures: readonly (number | null | undefined)[]): figures is [number, number] {
  return figures.every((figure) => typeof figure === 'number');
}

function riskLines(summary: Summary, language: Language): string[] {
  const { atRisk } = summary;
  if (atRisk === null) return [];
  const word = WORDS[language];
  const reasons = Object.entries(atRisk.byReason).slice(0, REASONS_SHOWN);
  return [
    `${word.atRisk}: ${word.atRiskText(atRisk.count, percent(atRisk.probabilityMin))}` +
      (typeof atRisk.meanProbability === 'number'
        ? `, ${word.meanProbability} ${rate(atRisk.meanProbability, word)}`
        : ''),
    ...(atRisk.notices ?? []).map(({ message }) => `  ${message}`),
    ...(reasons.length === 0
      ? []
      : [
          listing(
            word.because,
            reasons.map(([column, count]) => `${labelOf(column, summary, language)} ${count}`),
          ),
        ]),
  ];
}

function listLines(summary: Summary, language: Language): string[] {
  const { list } = summary;
  if (list.length === 0) return [];
  const columns: Columns<ListEntry>[string][] = [
    'rank',
    'subscriptionId',
    ({ probability }) => percent(probability),
    ({ value }) => moneyText(value),
    'quadrant',
    ({ firstReason }) => firstReason && labelOf(firstReason, summary, language),
  ];
  const headed = WORDS[language].header.map((heading, index) => [heading, columns[index]!] as const);
  return [`${WORDS[language].list}:`, ...tableLines(list, Object.fromEntries(headed)).map((line) => `  ${line}`)];
}

/** A column by its label; by its name, where it has none in this language. */
function labelOf(column: string, { columnLabels }: Summary, language: Language): string {
  return columnLabels?.[column]?.[language] ?? column;
}

function scriptLines({ script }: Summary, language: Language): string[] {
  if (script === null) return [];
  const lines = script.text[language].split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, SCRIPT_LINES_SHOWN).map((line) => `  | ${line}`);
  return [`${WORDS[language].script}:`, ...shown, ...(lines.length > SCRIPT_LINES_SHOWN ? ['  | …'] : [])];
}

/** The token and the address once, so that the commands stay short; they go without indentation, to be pasted. */
function curlLines({ curl }: Summary, language: Language): string[] {
  const header = /"(Authorization: Bearer [^"]+)"/.exec(curl[0] ?? '')?.[1];
  const api = /"(http[^"]+?\/api\/v1)\//.exec(curl[0] ?? '')?.[1];
  if (header === undefined || api === undefined) return curl;
  const short = curl.map((command) => command.replace(header, '$AUTH').replace(api, '$API'));
  return [`${WORDS[language].tryIt}:`, `${LONG_LINE}${header}"`, `API=${api}`, ...short];
}

/** As many of the entries as a line holds whole, but at least the first. */
function listing(heading: string, entries: readonly string[]): string {
  const line = (shown: number): string =>
    `  ${heading}: ${entries.slice(0, shown).join(', ')}${shown < entries.length ? ', …' : ''}`;
  let shown = entries.length;
  while (shown > 1 && widthOf(line(shown)) > COLUMNS) shown -= 1;
  return line(shown);
}

/** In the order in which they were done, as many to a line as fit. */
function secondsLines({ seconds }: Summary, language: Language): string[] {
  const lines = [`${WORDS[language].seconds}:`];
  for (const step of STEPS.filter((name) => seconds[name] !== undefined)) {
    const entry = ` ${step} ${seconds[step]!.toFixed(1)},`;
    if (widthOf(lines.at(-1)! + entry) > COLUMNS) lines.push('  ');
    lines[lines.length - 1] += entry;
  }
  return [...lines.slice(0, -1), lines.at(-1)!.replace(/,$/, '')];
}

function rate(share: number | null, word: { notAvailable: string }): string {
  return share === null ? word.notAvailable : percentText(share);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** A curl command stays whole: a truncated one does not work. */
function truncated(line: string): string {
  if (widthOf(line) <= COLUMNS || line.startsWith('curl ')) return line;
  let width = 0;
  let kept = '';
  for (const character of line) {
    width += widthOf(character);
    if (width > COLUMNS - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
