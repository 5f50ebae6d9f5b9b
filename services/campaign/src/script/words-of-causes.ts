import type { Texts } from '@holdfast/platform/errors';

/** What a script says of the seven reasons of leaving (CS-11), in one language. */
export interface CauseWords {
  /** By cause. */
  causes: Readonly<Record<string, string>>;
  /** A cause with the columns that speak for it. */
  cause(statement: string, columns: readonly string[], controllable: boolean): string;
}

const CAUSES: Readonly<Record<string, Texts>> = {
  misfit: { en: 'The plan does not fit how the customer uses it', 'zh-CN': '套餐与实际使用不匹配' },
  contractEnd: { en: 'A contract or a granted benefit runs out', 'zh-CN': '合约或优惠即将到期' },
  habit: { en: 'The customer uses the service differently than before', 'zh-CN': '使用习惯发生变化' },
  service: { en: 'The customer has had trouble with the service', 'zh-CN': '服务方面遇到问题' },
  rival: { en: 'A rival courts the customer', 'zh-CN': '竞争对手正在争取该客户' },
  network: { en: 'The network is poor where the customer is', 'zh-CN': '客户所在区域网络质量不佳' },
  move: { en: 'The customer is moving away', 'zh-CN': '客户活动区域发生迁移' },
};

export const causeWords: Readonly<Record<keyof Texts, CauseWords>> = {
  en: {
    causes: textsIn('en'),
    cause: (statement, columns, controllable) =>
      `${statement}, as far as the figures tell (${columns.join('; ')}).` +
      (controllable ? '' : ' Nothing that is offered changes this.'),
  },
  'zh-CN': {
    causes: textsIn('zh-CN'),
    cause: (statement, columns, controllable) =>
      `从数据看，${statement}（${columns.join('；')}）。${controllable ? '' : '优惠无法改变此原因。'}`,
  },
};

function textsIn(language: keyof Texts): Record<string, string> {
  return Object.fromEntries(Object.entries(CAUSES).map(([cause, texts]) => [cause, texts[language]]));
}
