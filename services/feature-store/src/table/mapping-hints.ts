import type { Texts } from '@holdfast/platform/errors';

/** The expected value of each key of a mapping, for messages. */
export const HINTS = {
  table: {
    en: 'a name of lower-case letters, digits, ".", "_" and "-", at most 63 characters',
    'zh-CN': '由小写字母、数字和 “.”“_”“-” 组成的名称，最长 63 个字符',
  },
  key: { en: 'the name of a column', 'zh-CN': '列名' },
  asOf: { en: 'a month such as 2020-01, or { column: NAME }', 'zh-CN': '月份（如 2020-01）或 { column: 列名 }' },
  label: {
    en:
      '{ column: NAME, positive: "value of churners" }, and negative where it is known, either may be a list; or ' +
      '{ from: disappearance }; lead (1 to 12 months) and gap (fewer months than lead) where needed',
    'zh-CN':
      '{ column: 列名, positive: "流失的取值" }，已知时可加 negative，两者均可为列表；或 { from: disappearance }；' +
      '可加 lead（1 至 12 个月）与 gap（小于 lead）',
  },
  value: { en: 'the name of a column', 'zh-CN': '列名' },
  currency: { en: 'an ISO 4217 code such as CNY', 'zh-CN': 'ISO 4217 货币代码，如 CNY' },
  unit: { en: 'the name of a column', 'zh-CN': '列名' },
  personal: {
    en: '{ name: NAME OF A COLUMN, … }, none of them called key',
    'zh-CN': '{ name: 列名, … }，名称不能为 key',
  },
  exclude: { en: 'a list of columns', 'zh-CN': '列名的列表' },
  keep: { en: 'a list of columns', 'zh-CN': '列名的列表' },
  types: { en: '{ COLUMN: number | category | flag | date }', 'zh-CN': '{ 列名: number | category | flag | date }' },
  labels: {
    en: '{ COLUMN: { en: "text", zh-CN: "text" } }, one of the two or both, at most 60 characters each',
    'zh-CN': '{ 列名: { en: "文本", zh-CN: "文本" } }，可只写其一，每项最长 60 个字符',
  },
  monotone: {
    en: '{ COLUMN: increasing | decreasing }, columns of numbers, flags or dates',
    'zh-CN': '{ 列名: increasing | decreasing }，仅限数值、是否或日期列',
  },
  missing: { en: 'a list of texts', 'zh-CN': '文本的列表' },
  split: {
    en: '{ column: NAME, train: "value", test: "value" }',
    'zh-CN': '{ column: 列名, train: "取值", test: "取值" }',
  },
  experiment: {
    en: '{ arm: COLUMN, control: "value", outcomes: [columns] }',
    'zh-CN': '{ arm: 列名, control: "取值", outcomes: [列名] }',
  },
  delimiter: { en: 'one of "," ";" "|" and a tab', 'zh-CN': '“,”“;”“|” 或制表符之一' },
  decimal: { en: '"." or ","', 'zh-CN': '“.” 或 “,”' },
  disappearance: {
    en: '{ from: disappearance }, and lead (1 to 12 months), gap (fewer than lead), absentMonths (1 to 12) where needed',
    'zh-CN': '{ from: disappearance }，必要时加 lead（1 至 12 个月）、gap（小于 lead）、absentMonths（1 至 12 个月）',
  },
  keySpace: {
    en: 'table (keys are of this table only) or operator (they are subscription identifiers of the extracts)',
    'zh-CN': 'table（键仅属于本表）或 operator（键即提取包中的用户标识）',
  },
  rejectShareMax: { en: 'a share from 0 to 1, such as 0.02', 'zh-CN': '0 到 1 之间的比例，如 0.02' },
  limits: {
    en: '{ keysKept: 0.5, rows: 0.5, scale: 3, codes: 0.5, shift: 5, missing: 0.5, prevalence: 3 }, each optional',
    'zh-CN': '{ keysKept: 0.5, rows: 0.5, scale: 3, codes: 0.5, shift: 5, missing: 0.5, prevalence: 3 }，均可省略',
  },
  consent: {
    en:
      '{ column: NAME, granted: "value of those who allow marketing" }, or a list of { column, granted, refused, ' +
      'purpose (marketing, profiling, research), channel (call, sms, email, app, hall, any), since: COLUMN, evidence }, ' +
      'each purpose and channel once',
    'zh-CN':
      '{ column: 列名, granted: "同意营销的取值" }，或由 { column, granted, refused, purpose（marketing、profiling、' +
      'research）, channel（call、sms、email、app、hall、any）, since: 列名, evidence } 组成的列表，每个用途与渠道只写一次',
  },
} satisfies Record<string, Texts>;
