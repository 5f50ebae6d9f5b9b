import type { Texts } from '@holdfast/platform/errors';

/** Texts of the seven churn causes (CS-11) in one language. */
export interface CauseWords {
  causes: Readonly<Record<string, string>>;
  cause(statement: string, controllable: boolean): string;
  /** With the probability that this is the cause, if the customer churns. */
  probableCause(statement: string, percent: string): string;
  noClearReason: string;
  /** What would have to change, with the probability of churn then. */
  change(levers: readonly string[], percent: string): string;
  levers: Readonly<Record<string, string>>;
  usual(value: string): string;
  sinceMonths(months: number): string;
}

const CAUSES: Readonly<Record<string, Texts>> = {
  misfit: { en: 'The plan does not fit the usage', 'zh-CN': '套餐与实际使用不匹配' },
  contractEnd: { en: 'A contract or benefit ends soon', 'zh-CN': '合约或优惠即将到期' },
  habit: { en: 'The customer uses the service differently than before', 'zh-CN': '使用习惯发生变化' },
  service: { en: 'The customer has had problems with the service', 'zh-CN': '服务方面遇到问题' },
  rival: { en: 'A competitor is targeting the customer', 'zh-CN': '竞争对手正在争取该客户' },
  network: { en: 'The network quality is poor in this area', 'zh-CN': '客户所在区域网络质量不佳' },
  move: { en: 'The customer is moving to another area', 'zh-CN': '客户活动区域发生迁移' },
};

export const causeWords: Readonly<Record<keyof Texts, CauseWords>> = {
  en: {
    causes: textsIn('en'),
    cause: (statement, controllable) => `${statement}.${controllable ? '' : ' An offer cannot change this.'}`,
    probableCause: (statement, percent) => `${statement} (${percent} of such churners)`,
    levers: {
      plan: 'the plan',
      contract: 'the contract',
      service: 'the service',
      price: 'the price of use beyond the plan',
    },
    change: (levers, percent) =>
      `What would have to change: ${levers.join(' and ')}. With the usual one, the probability would be ${percent}.`,
    noClearReason: 'No clear reason: nothing distinguishes this customer from others of the same tenure and plan.',
    usual: (value) => `; usual for this tenure and plan: ${value}`,
    sinceMonths: (months) => `; for ${months} months`,
  },
  'zh-CN': {
    causes: textsIn('zh-CN'),
    cause: (statement, controllable) => `${statement}。${controllable ? '' : '优惠无法改变此原因。'}`,
    probableCause: (statement, percent) => `${statement}（此类离网用户中占 ${percent}）`,
    levers: { plan: '套餐', contract: '合约', service: '服务', price: '套餐外资费' },
    change: (levers, percent) => `需改变：${levers.join('和')}。若与同类用户一致，离网概率为 ${percent}。`,
    noClearReason: '无明确原因：与网龄、套餐相同的用户相比没有明显差异。',
    usual: (value) => `；同网龄同套餐用户通常为 ${value}`,
    sinceMonths: (months) => `；已持续 ${months} 个月`,
  },
};

function textsIn(language: keyof Texts): Record<string, string> {
  return Object.fromEntries(Object.entries(CAUSES).map(([cause, texts]) => [cause, texts[language]]));
}
