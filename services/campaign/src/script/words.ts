import type { Language } from '@holdfast/platform/errors';
import { causeWords } from './words-of-causes.js';
import { offerWords } from './words-of-offers.js';
import { timingWords } from './words-of-timing.js';

export const SECTION_KEYS = [
  'churnTendency',
  'region',
  'arpu',
  'behaviour',
  'priority',
  'levers',
  'reasons',
  'offer',
  'planFit',
  'household',
  'opening',
  'notAvailable',
] as const;
export type SectionKey = (typeof SECTION_KEYS)[number];

/** A half-open band as text; at least one end is present. */
export interface TextBand {
  from?: string;
  to?: string;
}

const en = {
  ...causeWords.en,
  ...offerWords.en,
  ...timingWords.en,
  titles: {
    churnTendency: 'Tendency to leave',
    region: 'Region',
    arpu: 'Revenue per month',
    behaviour: 'Behaviour',
    priority: 'Priority',
    levers: 'What to do about arrears',
    reasons: 'Why the customer may leave',
    offer: 'What is offered',
    planFit: 'Fitted plan',
    household: 'Household',
    opening: 'Opening',
    notAvailable: 'Not available',
  } satisfies Record<SectionKey, string>,
  origins: {
    model: 'model',
    table: 'table',
    parameter: 'parameter',
    profile: 'profile',
    plan: 'plan',
    run: 'run',
    campaign: 'campaign',
  } as Readonly<Record<string, string>>,
  sources: 'Sources',
  megabytes: (number: string) => `${number} MB`,
  minutes: (number: string) => `${number} minutes`,
  probability: (percent: string) => `Probability of leaving: ${percent}.`,
  atRiskFrom: (percent: string) => `A customer is at risk from ${percent}.`,
  region: (names: readonly string[]) => `${names.join(' / ')}.`,
  regionUnknown: 'No org unit below the operator is known.',
  arpu: (money: string) => `${money} per month.`,
  arpuUnknown: 'Not known.',
  rank: (rank: string, items: string) => `Rank ${rank} of ${items} on the list.`,
  priority: (priority: string) => `Priority ${priority}: probability × revenue per month ÷ cost of a contact.`,
  priorityWithoutValue: (priority: string) =>
    `Priority ${priority}: the probability only, since the revenue is not known.`,
  contactCost: (money: string) => `Cost of a contact: ${money}.`,
  quadrants: {
    A: 'Quadrant A: low risk, low retention efficiency.',
    B: 'Quadrant B: low risk, high retention efficiency.',
    C: 'Quadrant C: high risk, high retention efficiency. Contact first.',
    D: 'Quadrant D: high risk, low retention efficiency.',
  } as Readonly<Record<string, string>>,
  involuntary: (percent: string) =>
    `Leaving for arrears is likelier than leaving for another reason: ${percent}. Settle the arrears before any offer.`,
  is: (column: string, value: string) => `${column}: ${value}`,
  isUnknown: (column: string) => `${column}: not known`,
  applies: (column: string, isTrue: boolean) => `“${column}” ${isTrue ? 'applies' : 'does not apply'}`,
  shares: (withValue: string, all: string) => `; ${withValue} of such subscribers churned, compared with ${all} of all`,
  bandShares: (band: string, inBand: string, all: string) =>
    `; of those ${band}, ${inBand} churned, compared with ${all} of all`,
  numberBand: ({ from, to }: TextBand) => {
    if (from === undefined) return `with less than ${to}`;
    return to === undefined ? `with ${from} or more` : `with ${from} or more but less than ${to}`;
  },
  dateBand: ({ from, to }: TextBand) => {
    if (from === undefined) return `before ${to}`;
    return to === undefined ? `from ${from} on` : `from ${from} on but before ${to}`;
  },
  /** Where the comparison does not support the contribution, which also depends on other columns. */
  raisesInCombination: '; combined with the other values, it raises the risk',
  lowersInCombination: '; combined with the other values, it lowers the risk',
  endOfSentence: '.',
  reasonToStay: (sentence: string) => `Reason to stay: ${sentence}`,
  nothingNotable: 'No notable values.',
  openings: {
    call: 'Hello, this is customer care of your network operator. Do you have two minutes to talk about your service?',
    hall: 'Hello and welcome. While you are here: how satisfied are you with your service?',
    written: 'Hello from customer care of your network operator. How satisfied are you with your service?',
  } as Readonly<Record<string, string>>,
  planMissing: 'Fitted plan: the list has no plans and no usage.',
  arpuMissing: 'Revenue per month: the list has none.',
  regionMissing: 'Region: the list has none.',
};

/** All texts of a script in one language; figures are formatted by the caller. */
export type Words = typeof en;

/** A space before Chinese text, unless Chinese text precedes it. */
function gapAfter(text: string): string {
  return /\p{Script=Han}$/u.test(text) ? '' : ' ';
}

const zhCN: Words = {
  ...causeWords['zh-CN'],
  ...offerWords['zh-CN'],
  ...timingWords['zh-CN'],
  titles: {
    churnTendency: '离网倾向',
    region: '归属地区',
    arpu: '月均收入（ARPU）',
    behaviour: '行为特征',
    priority: '行动优先级',
    levers: '欠费处理',
    reasons: '可能离网的原因',
    offer: '优惠内容',
    planFit: '适配套餐',
    household: '家庭',
    opening: '开场白',
    notAvailable: '暂缺内容',
  },
  origins: {
    model: '模型',
    table: '数据表',
    parameter: '参数',
    profile: '客户档案',
    plan: '套餐',
    run: '批次',
    campaign: '营销活动',
  },
  sources: '数据来源',
  megabytes: (number) => `${number} MB`,
  minutes: (number) => `${number} 分钟`,
  probability: (percent) => `离网概率：${percent}。`,
  atRiskFrom: (percent) => `达到 ${percent} 即视为有离网风险。`,
  region: (names) => `${names.join(' / ')}。`,
  regionUnknown: '未提供下级单位。',
  arpu: (money) => `每月 ${money}。`,
  arpuUnknown: '未知。',
  rank: (rank, items) => `在名单的 ${items} 人中排第 ${rank} 位。`,
  priority: (priority) => `优先级 ${priority}：离网概率 × 月收入 ÷ 单次接触成本。`,
  priorityWithoutValue: (priority) => `优先级 ${priority}：收入未知，仅按离网概率计算。`,
  contactCost: (money) => `单次接触成本：${money}。`,
  quadrants: {
    A: 'A 象限：风险低，维系效率低。',
    B: 'B 象限：风险低，维系效率高。',
    C: 'C 象限：风险高，维系效率高，应优先维系。',
    D: 'D 象限：风险高，维系效率低。',
  },
  involuntary: (percent) => `因欠费离网的可能性高于其他原因：${percent}。请先处理欠费，再谈优惠。`,
  is: (column, value) => `${column}：${value}`,
  isUnknown: (column) => `${column}：未知`,
  applies: (column, isTrue) => `${isTrue ? '符合' : '不符合'}“${column}”`,
  shares: (withValue, all) => `；此类用户的离网比例为 ${withValue}，全体为 ${all}`,
  bandShares: (band, inBand, all) => `；${band}的用户离网比例为 ${inBand}，全体为 ${all}`,
  numberBand: ({ from, to }) => {
    const below = to === undefined ? '' : `低于 ${to}${gapAfter(to)}`;
    if (from === undefined) return below;
    return `${from}${gapAfter(from)}及以上${below === '' ? '' : `、${below}`}`;
  },
  dateBand: ({ from, to }) => {
    if (from === undefined) return `早于 ${to} `;
    return to === undefined ? `${from} 及以后` : `${from} 及以后、早于 ${to} `;
  },
  raisesInCombination: '；结合其他情况，这一点提高了离网风险',
  lowersInCombination: '；结合其他情况，这一点降低了离网风险',
  endOfSentence: '。',
  reasonToStay: (sentence) => `有利于留网：${sentence}`,
  nothingNotable: '无突出特征。',
  openings: {
    call: '您好，这里是您的通信运营商客户服务。想占用您两分钟，了解一下您对我们服务的感受，方便吗？',
    hall: '您好，欢迎光临。趁您在店里，想了解一下您对我们服务是否满意？',
    written: '您好，这里是您的通信运营商客户服务，想了解一下您对我们服务是否满意。',
  },
  planMissing: '适配套餐：名单没有套餐和用量数据。',
  arpuMissing: '月均收入：名单没有此项数据。',
  regionMissing: '归属地区：名单没有此项数据。',
};

export const WORDS: Readonly<Record<Language, Words>> = { en, 'zh-CN': zhCN };
