import type { TrainingData } from '@holdfast/contracts/churn_scoring/v1/card';
import type { ExcludedColumn, ModelNotice, Validation } from '@holdfast/contracts/churn_scoring/v1/model';
import { fill, type FailureParams, type Texts } from '@holdfast/platform/errors';
import { modelNotices } from './notices.js';

/** Fewer judged churners give figures with wide intervals. */
const JUDGED_CHURNERS_MIN = 100;
/** Outside of it, probabilities are too extreme or too close to the average. */
const SLOPE = { min: 0.9, max: 1.1 };

const TEXTS = {
  'limit.fewChurners': {
    en: 'It was judged on {positives} churners; below {min} its figures have wide intervals.',
    'zh-CN': '评估仅含流失用户 {positives} 名，少于 {min} 名时各项指标的区间较宽。',
  },
  'limit.tooExtreme': {
    en: 'The slope of the calibration line is {slope}: probabilities are too extreme.',
    'zh-CN': '校准斜率为 {slope}，概率过于极端。',
  },
  'limit.tooCautious': {
    en: 'The slope of the calibration line is {slope}: probabilities are too close to the average.',
    'zh-CN': '校准斜率为 {slope}，概率过于接近平均值。',
  },
  'limit.calibration': {
    en: 'The calibration error is {error}; a calibrated model of this size stays below {ideal} in 95 of 100 cases.',
    'zh-CN': '校准误差为 {error}；同等规模下校准良好的模型有 95% 的可能低于 {ideal}。',
  },
  'limit.notForward': {
    en: 'It was judged on other subscriptions, not on later months: a change over time is not in its figures.',
    'zh-CN': '评估采用其他用户而非之后账期的数据，指标未反映随时间的变化。',
  },
  'limit.sample': {
    en: 'It learned from a sample: {share} of the subscriptions.',
    'zh-CN': '仅使用抽样数据训练，占用户的 {share}。',
  },
  'limit.horizons': {
    en: 'Probabilities within {months} months have no figures.',
    'zh-CN': '{months} 个月内的概率没有评估指标。',
  },
  'limit.suspectedLeak': {
    en: 'Columns that almost equal the label were excluded: {columns}. Check that no other column is known only after the churn.',
    'zh-CN': '已排除与标签几乎等同的列：{columns}。请确认其他列在离网之前即可获得。',
  },
  'limit.imported': {
    en: 'It was trained by another program: the judged rows may be among those that it has learned from.',
    'zh-CN': '该模型由其他程序训练，评估所用数据可能已被其学习过。',
  },
  'limit.population': {
    en: 'Probabilities hold for subscriptions as those of the training months. New tariffs, rivals or systems change them.',
    'zh-CN': '概率适用于与训练账期相似的用户；资费、竞争或系统变化后可能不再准确。',
  },
  'limit.association': {
    en: 'Importance and reasons show what goes together with churn; they do not show what an offer would change.',
    'zh-CN': '重要性与原因反映与流失的关联，不代表采取措施后的效果。',
  },
  'limit.contacted': {
    en: 'Subscribers that were contacted in the training months are included: for them it predicts churn after a contact.',
    'zh-CN': '训练数据包含曾被联系的用户，对其预测的是联系之后的流失。',
  },
  'limit.notContacted': {
    en: 'It predicts churn without a contact: of subscribers that were contacted in the training months it has not learned.',
    'zh-CN': '预测的是未经联系时的流失：训练未使用训练账期内曾被联系的用户。',
  },
} as const satisfies Record<string, Texts>;

/** Limits and known weaknesses of a model: those of its figures, and those of every model. */
export function limitsOf(
  validation: Validation,
  {
    data,
    excluded,
    isImported,
  }: { data: TrainingData | undefined; excluded: readonly ExcludedColumn[]; isImported: boolean },
): ModelNotice[] {
  const limits = modelNotices(validation);
  const add = (key: keyof typeof TEXTS, params: FailureParams = {}): void => {
    const { en, 'zh-CN': zhCn } = TEXTS[key];
    limits.push({ key, textEn: fill(en, params), textZhCn: fill(zhCn, params) });
  };
  const { positives, calibrationSlope: slope, calibrationError, calibrationErrorIdealP95: ideal } = validation;
  if (positives < JUDGED_CHURNERS_MIN) add('limit.fewChurners', { positives, min: JUDGED_CHURNERS_MIN });
  if (slope !== undefined && slope < SLOPE.min) add('limit.tooExtreme', { slope: slope.toFixed(2) });
  if (slope !== undefined && slope > SLOPE.max) add('limit.tooCautious', { slope: slope.toFixed(2) });
  if (calibrationError !== undefined && ideal !== undefined && calibrationError.mean > ideal)
    add('limit.calibration', { error: calibrationError.mean.toFixed(4), ideal: ideal.toFixed(4) });
  if (validation.scheme !== 'forward in time') add('limit.notForward');
  if (data !== undefined && data.sampleShare < 1)
    add('limit.sample', { share: `${(100 * data.sampleShare).toFixed(0)} %` });
  const unknown = validation.horizons.filter(({ auc }) => auc === undefined).map(({ months }) => months);
  if (unknown.length > 0) add('limit.horizons', { months: unknown.join(', ') });
  const leaks = excluded.filter(({ reason }) => reason === 'suspected_leak').map(({ column }) => column);
  if (leaks.length > 0) add('limit.suspectedLeak', { columns: leaks.join(', ') });
  if (isImported) add('limit.imported');
  add('limit.population');
  add('limit.association');
  add((validation.contacted?.treatment ?? 'keep') === 'keep' ? 'limit.contacted' : 'limit.notContacted');
  return limits;
}
