import type { ResultNotice } from '@holdfast/contracts/evaluation/v1/results';
import { fill, type FailureParams } from '@holdfast/platform/errors';

/** What a reader of results must know, by key. `{name}` stands for a figure. */
const TEXTS = {
  outcomesDue: {
    en: 'No outcomes yet: the last are due in {month}.',
    'zh-CN': '尚无结果：最后的结果将于 {month} 得出。',
  },
  partial: {
    en: 'Only {months} of {of} months are in. What is shown may change until {month}.',
    'zh-CN': '目前只有 {of} 个月中的 {months} 个月有结果，在 {month} 之前仍可能变化。',
  },
  notRandomised: {
    en:
      'Nothing says that who was offered something was drawn by lot. Those left alone are no comparison, so no effect ' +
      'is given: a difference would tell who was chosen, not what the campaign did.',
    'zh-CN':
      '没有依据表明营销对象是随机抽取的。未营销的客户不能作为对照，因此不给出效果：差异只反映挑选了谁，而不反映活动的作用。',
  },
  noControl: {
    en: 'Nobody was left alone, so there is nothing to compare with.',
    'zh-CN': '没有未营销的对照组，无从比较。',
  },
  sampleRatio: {
    en:
      'The groups do not have the sizes that were meant (probability of such sizes by chance {pValue}). Something ' +
      'went wrong with the draw or its record, so no effect is given.',
    'zh-CN': '各组的规模与设定不符（偶然出现的概率为 {pValue}）。抽取或记录有误，因此不给出效果。',
  },
  clustered: {
    en:
      'Written down as drawn one by one, but those who share an account or a household always got the same. ' +
      'Intervals take them as drawn together.',
    'zh-CN': '记录为逐个抽取，但同一账户或家庭的成员总是得到相同的方案。区间按整体抽取计算。',
  },
  unitsUnknown: {
    en: '{units} assigned households have no known member and are left out.',
    'zh-CN': '{units} 个已分配的家庭没有已知成员，未计入。',
  },
  unevenLoss: {
    en:
      'The groups lost members unevenly before the months that count (probability by chance {pValue}), so that the ' +
      'rest may not be comparable.',
    'zh-CN': '在计算期之前各组流失的成员不均衡（偶然出现的概率为 {pValue}），余下的成员可能不可比。',
  },
  rough: {
    en: 'Few were drawn, or few left: the interval is a rough one.',
    'zh-CN': '抽取或离网的人数很少：区间仅为粗略估计。',
  },
  tooFew: { en: 'A group has too few members for an effect.', 'zh-CN': '有的组人数太少，无法得出效果。' },
  controlTouched: {
    en: '{subscriptions} of those who were to be left alone were approached all the same. They count as left alone.',
    'zh-CN': '对照组中有 {subscriptions} 个用户仍被接触，仍按对照组计算。',
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
      '{subscriptions} subscriptions were assigned to more than one group of this campaign ({groups}). Nothing says which ' +
      'counts, so they are left out of all groups; correct the table assignments to include them.',
    'zh-CN':
      '有 {subscriptions} 个用户被分到本活动的多个组（{groups}）。无法确定以哪个组为准，已从各组中剔除；如需计入，请更正 assignments 表。',
  },
  touchesUnknown: {
    en: 'No extract has the table touches, so who was approached is not known: touched and accepted are 0 for that reason.',
    'zh-CN': '数据包中没有 touches 表，无法得知接触了哪些用户：接触数和接受数因此显示为 0。',
  },
  costsMissing: {
    en: 'No cost is known of {uncosted} of {touches} contacts: the costs shown are those of the others.',
    'zh-CN': '{touches} 次接触中有 {uncosted} 次成本未知：所示成本仅为其余接触的成本。',
  },
} as const;

export type NoticeKey = keyof typeof TEXTS;

export function noticeOf(key: NoticeKey, params: FailureParams = {}): ResultNotice {
  const texts = TEXTS[key];
  return { key: `results.${key}`, textEn: fill(texts.en, params), textZhCn: fill(texts['zh-CN'], params) };
}
