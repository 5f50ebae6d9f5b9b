import type { Language, Texts } from '@holdfast/platform/errors';

type Statement = readonly [yes: Texts, no: Texts];

/** What the flags of the monthly view state. Flags of a plain table are read by their label. */
export const FLAGS: Readonly<Record<string, Statement>> = {
  night_cell_changed: [
    { en: 'Nights are spent in another place than last month', 'zh-CN': '夜间驻留地点较上月有变化' },
    { en: 'Nights are spent in the same place as last month', 'zh-CN': '夜间驻留地点与上月相同' },
  ],
  main_cell_changed: [
    { en: 'Most use is in another place than last month', 'zh-CN': '主要使用地点较上月有变化' },
    { en: 'Most use is in the same place as last month', 'zh-CN': '主要使用地点与上月相同' },
  ],
  handset_has_5g: [
    { en: 'The handset supports 5G', 'zh-CN': '手机支持 5G' },
    { en: 'The handset does not support 5G', 'zh-CN': '手机不支持 5G' },
  ],
  handset_bundled: [
    { en: 'The handset came with a contract', 'zh-CN': '手机为合约机' },
    { en: 'The handset did not come with a contract', 'zh-CN': '手机不是合约机' },
  ],
  plan_still_sold: [
    { en: 'The plan is still on sale', 'zh-CN': '套餐仍在售' },
    { en: 'The plan is no longer on sale', 'zh-CN': '套餐已停售' },
  ],
  under_contract: [
    { en: 'The customer is under contract', 'zh-CN': '客户在合约期内' },
    { en: 'The customer is not under contract', 'zh-CN': '客户不在合约期内' },
  ],
  contract_ends_now: [
    { en: 'The contract ends soon or has just ended', 'zh-CN': '合约即将或刚刚到期' },
    { en: 'The contract does not end soon', 'zh-CN': '合约近期不到期' },
  ],
  number_ported_in: [
    { en: 'The number came from another network', 'zh-CN': '号码由他网携入' },
    { en: 'The number did not come from another network', 'zh-CN': '号码不是由他网携入' },
  ],
  fell_into_arrears: [
    { en: 'The customer fell into arrears this month', 'zh-CN': '客户当月新欠费' },
    { en: 'The customer did not fall into arrears this month', 'zh-CN': '客户当月未新欠费' },
  ],
};

/** Codes of the contract that are categories of the monthly view; a code that only the operator can read is not shown. */
const CODES: Readonly<Record<string, Readonly<Record<string, Texts>> | Texts>> = {
  plan_id: { en: 'the present one', 'zh-CN': '现有套餐' },
  plan_kind: {
    personal: { en: 'for one person', 'zh-CN': '个人套餐' },
    household: { en: 'for a household', 'zh-CN': '家庭套餐' },
    group: { en: 'for a group', 'zh-CN': '集团套餐' },
  },
};

/** Whether all values of a column read alike, so that one alone states nothing. */
export function isOpaque(column: string): boolean {
  return Object.hasOwn(CODES, column) && isTexts(CODES[column]!);
}

/** The statement of a known flag; undefined for one of a plain table. */
export function flagStatement(column: string, isTrue: boolean, language: Language): string | undefined {
  return Object.hasOwn(FLAGS, column) ? FLAGS[column]![isTrue ? 0 : 1][language] : undefined;
}

/** The words for a code; undefined where the text has none. */
export function codeText(column: string, code: string, language: Language): string | undefined {
  const words = Object.hasOwn(CODES, column) ? CODES[column]! : undefined;
  if (words === undefined) return undefined;
  return isTexts(words) ? words[language] : words[code]?.[language];
}

function isTexts(words: Readonly<Record<string, Texts>> | Texts): words is Texts {
  return typeof words['en' as never] === 'string';
}
