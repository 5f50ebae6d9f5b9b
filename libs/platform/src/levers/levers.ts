/** What can be done about arrears before a subscription is cut off (CS-14), the mildest first. */
export const LEVERS = ['tacitTolerance', 'instalments', 'cutOffDate'] as const;
export type Lever = (typeof LEVERS)[number];

export const LEVER_TEXTS: Readonly<Record<Lever, Record<'en' | 'zh-CN', string>>> = {
  tacitTolerance: {
    en: 'Tolerate the delay until the next bill: no reminder and no suspension of the service.',
    'zh-CN': '默许延缓：下一账期前不催缴、不停机。',
  },
  instalments: {
    en: 'Offer to pay the arrears in instalments, with a credit limit that fits the usual bill.',
    'zh-CN': '提供欠费分期缴纳，并按月均消费核定信用额度。',
  },
  cutOffDate: {
    en: 'Agree on a last day of payment, and announce that the service is cut off after it.',
    'zh-CN': '约定最后缴费日，并告知逾期将停机。',
  },
};
