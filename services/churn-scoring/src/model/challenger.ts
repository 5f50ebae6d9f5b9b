import { fill, type Texts } from '@holdfast/platform/errors';

/** Methods that are judged on the same rows as the boosted trees. */
export const CHALLENGERS = ['weight-of-evidence', 'survival', 'network'] as const;
export type ChallengerName = (typeof CHALLENGERS)[number];

/** Column of the view over extracts that is the time axis of `survival`. */
export const TENURE_COLUMN = 'tenure_months';

const REASONS = {
  'challenger.noTenure': {
    en: 'The table has no number column {column}, the time axis of survival.',
    'zh-CN': '该表没有数值列 {column}，无法作为生存模型的时间轴。',
  },
  'challenger.monotone': {
    en: 'The table names monotone columns, which only boosted trees keep.',
    'zh-CN': '该表指定了单调列，仅提升树能够遵守。',
  },
} as const satisfies Record<string, Texts>;
export type ChallengerReason = keyof typeof REASONS;

/** Why a challenger was not judged, in the fields of a message. */
export function challengerReason(reason: ChallengerReason): { reason: string; reasonEn: string; reasonZhCn: string } {
  const params = { column: TENURE_COLUMN };
  return { reason, reasonEn: fill(REASONS[reason].en, params), reasonZhCn: fill(REASONS[reason]['zh-CN'], params) };
}
