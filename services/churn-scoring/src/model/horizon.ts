import type { HorizonProbability } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { probabilityWithin } from '@holdfast/learning/horizon-hazards';
import { fill, type Texts } from '@holdfast/platform/errors';

/** Months within which a subscription may leave (CS-20): near, mid and long term. */
export const HORIZONS = [1, 2, 3, 6] as const;
export const HORIZON_MAX = 6;

const TEXTS = {
  'horizon.noDates': {
    en: 'The table has no months in which subscriptions churned.',
    'zh-CN': '该表未提供用户流失的月份。',
  },
  'horizon.fewMonths': {
    en: 'In the months at hand too few churned {months} months after a row.',
    'zh-CN': '现有账期中，{months} 个月后的流失用户过少。',
  },
  'horizon.notJudged': {
    en: 'No month is early enough to judge it forward in time.',
    'zh-CN': '没有足够早的账期可供时间外推验证。',
  },
} as const satisfies Record<string, Texts>;
export type HorizonReason = keyof typeof TEXTS;

/** What is stored with a model; see `fitHazardLines`. */
export interface StoredHorizons {
  /** Of the months from the second on. */
  readonly lines: readonly { readonly intercept: number; readonly slope: number }[];
  /** Why there are no more of them; null where none is missing. */
  readonly reason: HorizonReason | null;
}

export function horizonReason(
  key: HorizonReason,
  months: number,
): { reason: string; reasonEn: string; reasonZhCn: string } {
  const { en, 'zh-CN': zhCn } = TEXTS[key];
  return { reason: key, reasonEn: fill(en, { months }), reasonZhCn: fill(zhCn, { months }) };
}

const NO_REASON = { reason: '', reasonEn: '', reasonZhCn: '' };

/**
 * Probabilities within each horizon. They are not stored: each follows from the probability of the row and the lines of
 * its model, and rises with it, so that a list by probability is one by each horizon. The first is the probability itself.
 * @param stored null for models of former releases and for kinds without horizons
 */
export function horizonsOfScore(probability: number, stored: StoredHorizons | null): HorizonProbability[] {
  if (stored === null) return [];
  return HORIZONS.map((months) => {
    const within =
      stored.reason === 'horizon.noDates' ? undefined : probabilityWithin(months, probability, stored.lines);
    const why = within === undefined ? horizonReason(stored.reason ?? 'horizon.fewMonths', months) : NO_REASON;
    return { months, probability: within, ...why };
  });
}
