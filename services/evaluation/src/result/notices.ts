import type { ResultNotice } from '@holdfast/contracts/evaluation/v1/results';
import { fill, type FailureParams } from '@holdfast/platform/errors';

/** Notices of results by key; `{name}` is replaced by a parameter. */
const TEXTS = {
  outcomesDue: {
    en: 'No outcomes yet: the last ones are due in {month}.',
    'zh-CN': '尚无结果：最后的结果将于 {month} 得出。',
  },
  partial: {
    en: 'Outcomes of {months} of {of} months are available. Figures may change until {month}.',
    'zh-CN': '目前只有 {of} 个月中的 {months} 个月有结果，在 {month} 之前仍可能变化。',
  },
  notRandomised: {
    en:
      'No record shows that the groups were randomised. The customers without an offer are not a valid control group, so ' +
      'no effect is given: a difference would reflect the selection of customers, not the campaign.',
    'zh-CN':
      '没有记录表明各组是随机分配的。未营销的客户不能作为对照组，因此不给出效果：差异反映的是客户的挑选，而不是活动的作用。',
  },
  noControl: {
    en: 'The campaign has no control group, so its effect cannot be estimated.',
    'zh-CN': '该活动没有对照组，无法估计其效果。',
  },
  sampleRatio: {
    en:
      'Sample ratio mismatch: the sizes of the groups do not match the planned shares (p-value {pValue}). The ' +
      'randomisation or its record is faulty, so no effect is given.',
    'zh-CN': '样本比例不匹配：各组的规模与设定的占比不符（p 值 {pValue}）。随机分配或其记录有误，因此不给出效果。',
  },
  clustered: {
    en:
      'The record states randomisation by subscription, but subscriptions of one account or household are always in the ' +
      'same group. Intervals are clustered by account and household.',
    'zh-CN': '记录为按用户随机分配，但同一账户或家庭的用户总在同一组。置信区间按账户和家庭聚类计算。',
  },
  unitsUnknown: {
    en: '{units} assigned households have no known member and are excluded.',
    'zh-CN': '{units} 个已分配的家庭没有已知成员，未计入。',
  },
  unevenLoss: {
    en:
      'The groups lost different shares of their members before the outcome months (p-value {pValue}), so the remaining ' +
      'members may not be comparable.',
    'zh-CN': '在结果月份之前各组流失的成员比例不同（p 值 {pValue}），余下的成员可能不可比。',
  },
  rough: {
    en: 'There are few members or few churners: the interval is approximate.',
    'zh-CN': '成员或离网用户很少：置信区间仅为近似值。',
  },
  tooFew: { en: 'A group has too few members for an effect.', 'zh-CN': '有的组人数太少，无法得出效果。' },
  controlTouched: {
    en: '{subscriptions} subscriptions of the control group were contacted. They still count as control group.',
    'zh-CN': '对照组中有 {subscriptions} 个用户被接触，仍按对照组计算。',
  },
  controlNamed: {
    en: 'The group {names} counts as the control group (parameter eval.controlNames of evaluation).',
    'zh-CN': '组 {names} 按对照组计算（evaluation 服务参数 eval.controlNames）。',
  },
  looksLikeControl: {
    en:
      'The group {names} looks like a control group but counts as an offer. If it is one, add its name to the parameter ' +
      'eval.controlNames of evaluation, or name it control in the table assignments; then evaluate again.',
    'zh-CN':
      '组 {names} 疑似对照组，但目前按营销方案计算。如确为对照组，请将其名称加入 evaluation 服务参数 eval.controlNames，' +
      '或在 assignments 表中命名为 control，然后重新评估。',
  },
  spellingsJoined: {
    en: 'The spellings {names} of one group differ only in case or blanks and are counted as one group, {arm}.',
    'zh-CN': '组名 {names} 仅大小写或空格不同，按同一组“{arm}”计算。',
  },
  inSeveralGroups: {
    en:
      '{subscriptions} subscriptions were assigned to more than one group of this campaign ({groups}). The right group is ' +
      'unknown, so they are excluded from all groups; correct the table assignments to include them.',
    'zh-CN':
      '有 {subscriptions} 个用户被分到本活动的多个组（{groups}）。无法确定以哪个组为准，已从各组中剔除；如需计入，请更正 assignments 表。',
  },
  touchesUnknown: {
    en: 'No extract has the table touches, so the contacted customers are unknown: touched and accepted are 0.',
    'zh-CN': '数据包中没有 touches 表，无法得知接触了哪些用户：接触数和接受数因此显示为 0。',
  },
  costsMissing: {
    en: 'The cost of {uncosted} of {touches} contacts is unknown: the costs shown are those of the others.',
    'zh-CN': '{touches} 次接触中有 {uncosted} 次成本未知：所示成本仅为其余接触的成本。',
  },
} as const;

export type NoticeKey = keyof typeof TEXTS;

export function noticeOf(key: NoticeKey, params: FailureParams = {}): ResultNotice {
  const texts = TEXTS[key];
  return { key: `results.${key}`, textEn: fill(texts.en, params), textZhCn: fill(texts['zh-CN'], params) };
}
