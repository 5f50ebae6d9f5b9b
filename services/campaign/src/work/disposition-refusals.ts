import type { Disposition, RecordedDisposition } from '@holdfast/contracts/campaign/v1/work';
import type { Texts } from '@holdfast/platform/errors';
import { OUTCOMES } from '@holdfast/platform/terms';
import { NOTE_CHARS_MAX } from './call-back.js';

/** Why a row is refused, by key. */
const REFUSALS: Readonly<Record<string, Texts>> = {
  'disposition.outcomeUnknown': {
    en: `Unknown outcome. Use one of: ${OUTCOMES.join(', ')}.`,
    'zh-CN': `没有此结果。可用结果：${OUTCOMES.join(', ')}。`,
  },
  'disposition.conflict': {
    en: 'Another outcome was recorded with this lease before.',
    'zh-CN': '此租约已记录了另一结果。',
  },
  'disposition.outsideLease': {
    en: 'The time of the contact is not within the lease.',
    'zh-CN': '接触时间不在租约期内。',
  },
  'lease.unknown': { en: 'There is no such lease.', 'zh-CN': '没有此工作租约。' },
  'lease.gone': { en: 'The lease has ended.', 'zh-CN': '工作租约已结束。' },
  'callBack.otherOutcome': {
    en: 'callBackAt and note are for the outcome call_back only.',
    'zh-CN': 'callBackAt 和 note 仅用于结果 call_back。',
  },
  'callBack.timeMissing': {
    en: 'A note needs callBackAt, the time of the call back.',
    'zh-CN': '填写 note 时须同时填写回拨时间 callBackAt。',
  },
  'callBack.noteTooLong': {
    en: `The note has at most ${NOTE_CHARS_MAX} characters.`,
    'zh-CN': `备注最多 ${NOTE_CHARS_MAX} 个字符。`,
  },
  'callBack.past': { en: 'callBackAt must be after the contact.', 'zh-CN': '回拨时间 callBackAt 必须晚于本次接触。' },
  'callBack.contactPeriodOver': {
    en: 'callBackAt is after the contact period of the campaign.',
    'zh-CN': '回拨时间 callBackAt 晚于活动的接触期。',
  },
  'callBack.tooLate': {
    en: 'callBackAt is too long after the contact (parameter callBack.daysMax).',
    'zh-CN': '回拨时间 callBackAt 距本次接触过久（参数 callBack.daysMax）。',
  },
  'callBack.quietHours': {
    en: 'callBackAt is within the quiet hours of the customer (parameter contact.quietHours).',
    'zh-CN': '回拨时间 callBackAt 处于客户的免打扰时段（参数 contact.quietHours）。',
  },
};

export function recordedRow({ clientRowId }: Disposition, touchId: string): RecordedDisposition {
  return { clientRowId, touchId, failureKey: '', failureEn: '', failureZhCn: '' };
}

export function refusedRow({ clientRowId }: Disposition, failureKey: string): RecordedDisposition {
  const text = REFUSALS[failureKey]!;
  return { clientRowId, touchId: '', failureKey, failureEn: text.en, failureZhCn: text['zh-CN'] };
}
