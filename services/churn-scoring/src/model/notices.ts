import type { ModelNotice, Validation } from '@holdfast/contracts/churn_scoring/v1/model';
import { fill, type FailureParams, type Texts } from '@holdfast/platform/errors';
import type { DriftReport } from '../drift/drift-report.js';

/** Factor from which a mean prediction counts as different from the outcome, either way. */
const PREVALENCE_FACTOR = 1.5;
/** And by more standard errors than this: with ten churners a factor of 1.5 is chance. */
const STANDARD_ERRORS_MIN = 2;

/** Columns that have moved; more are counted. */
const COLUMNS_NAMED = 4;

/** AUC of a random order. */
const CHANCE_AUC = 0.5;

const TEXTS = {
  'model.prevalenceDiffers': {
    en: 'In {month} the realised share was {realised}, and {predicted} was predicted: more than a factor of {factor} apart. Probabilities may be off as much.',
    'zh-CN': '{month} 实际比例为 {realised}，预测为 {predicted}，相差超过 {factor} 倍；概率可能同样有偏。',
  },
  'model.fewMonths': {
    en: 'There are too few months with labels to judge forward in time. Judged by folds; the rows of a subscriber stay together.',
    'zh-CN': '带标签的月份过少，无法按时间向前验证，改用交叉验证（同一用户的各行归于同一折）。',
  },
  'model.chance': {
    en: 'The interval of the AUC includes 0.5: the model may rank no better than chance. It becomes champion only if you promote it.',
    'zh-CN': 'AUC 的置信区间包含 0.5：该模型的排序可能不优于随机，须由您手动启用才会成为现役模型。',
  },
  'model.weighted': {
    en: 'All figures are those of a population in which {rate} leave; in the rows that were judged {sample} did.',
    'zh-CN': '所有指标均按自然流失率 {rate} 加权；参与评估的数据中流失率为 {sample}。',
  },
  'run.withdrawn': {
    en: 'The version that was scored was withdrawn: these scores are history, and the current ones are those of another version.',
    'zh-CN': '所评分的版本已撤回：本次评分仅作历史记录，现行评分来自其他版本。',
  },
  'run.drift': {
    en: 'Columns have moved strongly from the training of the model (stability index of {min} or more): {columns}.',
    'zh-CN': '以下列的分布较训练时明显变化（稳定性指数不低于 {min}）：{columns}。',
  },
  'run.scoreDrift': {
    en: 'Probabilities have moved strongly from those at training: stability index {index}.',
    'zh-CN': '概率分布较训练时明显变化：稳定性指数 {index}。',
  },
  'run.prevalenceDiffers': {
    en: 'The mean probability of {predicted} and the churn share of {realised} in {month} differ by more than a factor of {factor}.',
    'zh-CN': '平均概率 {predicted} 与 {month} 的实际流失率 {realised} 相差超过 {factor} 倍。',
  },
} as const satisfies Record<string, Texts>;

/** What a reader of a model's figures must know. */
export function modelNotices(validation: Validation): ModelNotice[] {
  const { lastMonth, rate, rows, positives, scheme } = validation;
  const notices: ModelNotice[] = [];
  if (lastMonth !== undefined) {
    const { month, realised, meanPrediction } = lastMonth;
    if (areApart(meanPrediction, realised, lastMonth.rows))
      notices.push(notice('model.prevalenceDiffers', { month, ...sharesOf(meanPrediction!, realised!) }));
    if (scheme.startsWith('repeated')) notices.push(notice('model.fewMonths'));
  }
  if (!ranksBetterThanChance(validation)) notices.push(notice('model.chance'));
  if (rate !== undefined && rows > 0 && Math.abs(rate - positives / rows) > 1e-9)
    notices.push(notice('model.weighted', { rate: percent(rate), sample: percent(positives / rows) }));
  return notices;
}

/** Whether the whole interval of the AUC is above 0.5; an AUC without an interval counts by itself. */
export function ranksBetterThanChance({ auc }: Pick<Validation, 'auc'>): boolean {
  return auc !== undefined && (auc.low ?? auc.mean) > CHANCE_AUC;
}

/** What a reader of a run must know whose version was withdrawn. */
export function withdrawnNotices(withdrawnAt: Date | null): ModelNotice[] {
  return withdrawnAt === null ? [] : [notice('run.withdrawn')];
}

/** What a reader of a run must know. @param meanProbability of its rows @param validation of its model */
export function runNotices(meanProbability: number | undefined, validation: Validation): ModelNotice[] {
  const { lastMonth } = validation;
  if (lastMonth === undefined || !areApart(meanProbability, lastMonth.realised, lastMonth.rows)) return [];
  const shares = sharesOf(meanProbability!, lastMonth.realised!);
  return [notice('run.prevalenceDiffers', { month: lastMonth.month, ...shares })];
}

/** What a reader of a run must know whose inputs or scores have moved. */
export function driftNotices(report: DriftReport | undefined): ModelNotice[] {
  if (report === undefined) return [];
  const { scores, columns, limits } = report;
  const strong = columns.filter(({ level }) => level === 'strong');
  const named = strong.slice(0, COLUMNS_NAMED).map(({ column, index }) => `${column} ${index.toFixed(2)}`);
  const more = strong.length > named.length ? [`… (${strong.length})`] : [];
  return [
    ...(strong.length === 0
      ? []
      : [notice('run.drift', { min: limits.strong, columns: [...named, ...more].join(', ') })]),
    ...(scores.level === 'strong' ? [notice('run.scoreDrift', { index: scores.index.toFixed(2) })] : []),
  ];
}

/** @param rows that the realised share was counted on */
function areApart(predicted: number | undefined, realised: number | undefined, rows: number): boolean {
  if (predicted === undefined || realised === undefined || rows === 0) return false;
  const isFactor = predicted > PREVALENCE_FACTOR * realised || realised > PREVALENCE_FACTOR * predicted;
  const standardError = Math.sqrt((predicted * (1 - predicted)) / rows);
  return isFactor && Math.abs(predicted - realised) > STANDARD_ERRORS_MIN * standardError;
}

function sharesOf(predicted: number, realised: number): FailureParams {
  return { predicted: percent(predicted), realised: percent(realised), factor: PREVALENCE_FACTOR };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function notice(key: keyof typeof TEXTS, params: FailureParams = {}): ModelNotice {
  const { en, 'zh-CN': zhCn } = TEXTS[key];
  return { key, textEn: fill(en, params), textZhCn: fill(zhCn, params) };
}
