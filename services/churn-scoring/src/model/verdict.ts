import type { ModelComparison, Validation, Verdict } from '@holdfast/contracts/churn_scoring/v1/model';
import { fill, type FailureParams, type Texts } from '@holdfast/platform/errors';
import type { ChurnScoringParameters } from '../parameters.js';
import { ranksBetterThanChance } from './notices.js';

/** When a trained model replaces the champion by itself. */
export interface PromotionRule {
  readonly policy: 'by-rule' | 'by-hand';
  /** AUC of the model minus that of the champion, at least. */
  readonly differenceMin: number;
  /** Figure that is compared with it. */
  readonly figure: 'mean' | 'low';
}

export async function promotionRule(parameters: Pick<ChurnScoringParameters, 'get'>): Promise<PromotionRule> {
  return {
    policy: await parameters.get('promotion.policy'),
    differenceMin: await parameters.get('promotion.differenceMin'),
    figure: await parameters.get('promotion.figure'),
  };
}

/** What a model was compared with. */
export type Opponent =
  /** The table has no champion. */
  | { readonly kind: 'none' }
  /** The champion cannot score the table, such as for missing columns. */
  | { readonly kind: 'unfit'; readonly championId: string }
  /** The champion has learned from all rows on which the model was judged. */
  | { readonly kind: 'informed'; readonly championId: string }
  | { readonly kind: 'compared'; readonly comparison: ModelComparison }
  /** The model is imported: the rows on which it was judged may be among those that it has learned from. */
  | { readonly kind: 'imported'; readonly comparison: ModelComparison | undefined };

const TEXTS = {
  'promotion.first': {
    en: 'It is the first model of the table that ranks better than chance.',
    'zh-CN': '它是该表第一个排序优于随机的模型。',
  },
  'promotion.notWorse': {
    en: 'On the same {rows} rows its AUC minus that of the champion is {difference}, and the rule requires {min} or more.',
    'zh-CN': '在相同的 {rows} 行上，其 AUC 与现役模型之差为 {difference}，规则要求不小于 {min}。',
  },
  'promotion.worse': {
    en: 'On the same {rows} rows its AUC minus that of the champion is {difference}; the rule requires {min} or more.',
    'zh-CN': '在相同的 {rows} 行上，其 AUC 与现役模型之差为 {difference}，未达到规则要求的 {min}。',
  },
  'promotion.championUnfit': {
    en: 'The champion cannot score this version of the table.',
    'zh-CN': '现役模型无法对该表的这一版本评分。',
  },
  'promotion.notComparable': {
    en: 'The champion has learned from all rows on which the model was judged, so the two cannot be compared.',
    'zh-CN': '评估所用的数据行现役模型均已学习过，两者无法比较。',
  },
  'promotion.chance': {
    en: 'The interval of its AUC includes 0.5: it may rank no better than chance.',
    'zh-CN': '其 AUC 的置信区间包含 0.5，排序可能不优于随机。',
  },
  'promotion.imported': {
    en: 'It is an imported model. The rows on which it was judged may be among those that it has learned from.',
    'zh-CN': '该模型为导入模型，评估所用的数据行可能已被其学习过。',
  },
  'promotion.byHand': {
    en: 'Models become champion on request only (promotion.policy).',
    'zh-CN': '模型仅可手动启用（promotion.policy）。',
  },
  'promotion.championChanged': {
    en: 'It was compared with another model than the present champion.',
    'zh-CN': '该模型当时的比较对象并非当前的现役模型。',
  },
} as const satisfies Record<string, Texts>;

/**
 * Decides whether a trained model becomes champion by itself.
 * @param currentId id of the champion at the time of the decision; undefined without one
 */
export function verdictOn(
  validation: Pick<Validation, 'auc'>,
  opponent: Opponent,
  rule: PromotionRule,
  currentId: string | undefined,
): Verdict {
  const comparison = 'comparison' in opponent ? opponent.comparison : undefined;
  const verdict = (promoted: boolean, key: keyof typeof TEXTS, params: FailureParams = {}): Verdict => {
    const { en, 'zh-CN': zhCn } = TEXTS[key];
    return { promoted, key, textEn: fill(en, params), textZhCn: fill(zhCn, params), comparison };
  };
  if (!ranksBetterThanChance(validation)) return verdict(false, 'promotion.chance');
  if (opponent.kind === 'imported') return verdict(false, 'promotion.imported');
  if (rule.policy === 'by-hand') return verdict(false, 'promotion.byHand');
  if (currentId === undefined) return verdict(true, 'promotion.first');
  if (currentId !== championIdOf(opponent)) return verdict(false, 'promotion.championChanged');
  if (opponent.kind === 'unfit') return verdict(true, 'promotion.championUnfit');
  if (comparison === undefined) return verdict(false, 'promotion.notComparable');
  const { mean, low } = comparison.difference!;
  const difference = rule.figure === 'low' ? (low ?? -1) : mean;
  const params = { rows: comparison.rows, difference: difference.toFixed(4), min: rule.differenceMin };
  const isEnough = difference >= rule.differenceMin;
  return verdict(isEnough, isEnough ? 'promotion.notWorse' : 'promotion.worse', params);
}

/**
 * Whether the rule accepts a stored model against the present champion, whatever the policy; with the comparison of its
 * training, which counts only if it was made with that champion.
 */
export function verdictOnRequest(
  { validation, verdict, isImported }: { validation: Validation; verdict: Verdict | undefined; isImported: boolean },
  rule: PromotionRule,
  currentId: string | undefined,
): Verdict {
  const comparison = verdict?.comparison;
  return verdictOn(
    validation,
    opponentOf(comparison, isImported, currentId),
    { ...rule, policy: 'by-rule' },
    currentId,
  );
}

function opponentOf(
  comparison: ModelComparison | undefined,
  isImported: boolean,
  currentId: string | undefined,
): Opponent {
  if (isImported) return { kind: 'imported', comparison };
  if (comparison !== undefined) return { kind: 'compared', comparison };
  return currentId === undefined ? { kind: 'none' } : { kind: 'informed', championId: currentId };
}

function championIdOf(opponent: Exclude<Opponent, { kind: 'imported' }>): string | undefined {
  if (opponent.kind === 'none') return undefined;
  return opponent.kind === 'compared' ? opponent.comparison.championId : opponent.championId;
}
