import type { Texts } from '@holdfast/platform/errors';

/** Texts of the seven churn causes (CS-11) in one language. */
export interface CauseWords {
  causes: Readonly<Record<string, string>>;
  cause(statement: string, controllable: boolean): string;
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
  },
  'zh-CN': {
    causes: textsIn('zh-CN'),
    cause: (statement, controllable) => `${statement}。${controllable ? '' : '优惠无法改变此原因。'}`,
  },
};

function textsIn(language: keyof Texts): Record<string, string> {
  return Object.fromEntries(Object.entries(CAUSES).map(([cause, texts]) => [cause, texts[language]]));
}
