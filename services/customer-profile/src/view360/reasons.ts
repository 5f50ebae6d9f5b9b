import type { Language } from '@holdfast/platform/errors';

/** Why something is not in a view, in both languages. */
export type Reason = Readonly<Record<Language, string>>;

export function needsTable(table: string): Reason {
  return { en: `not available: needs table ${table}`, 'zh-CN': `暂无：需要数据表 ${table}` };
}

export const doesNotAnswer: Reason = {
  en: 'not available: feature-store does not answer',
  'zh-CN': '暂无：特征服务未响应',
};

/** A table without a history is valid from its extract on; earlier states are unknown. */
export function knownSince(table: string, date: string): Reason {
  return {
    en: `not available: ${table} is known from ${date} on only`,
    'zh-CN': `暂无：数据表 ${table} 自 ${date} 起才有记录`,
  };
}

export const noClosedMonth: Reason = { en: 'not available: no month is closed', 'zh-CN': '暂无：没有已关账的月份' };

export const needsSourceSystem: Reason = {
  en: 'not available: the extract names no source system (column source_system)',
  'zh-CN': '暂无：数据包未提供源系统（列 source_system）',
};

export const numberContested: Reason = {
  en: 'more than one subscription holds this number at this time',
  'zh-CN': '同一时间有多个用户持有该号码',
};
