import { refusalOfCallBack, type CallBackLimits, type RequestedCallBack } from './call-back.js';

const at = new Date('2026-09-03T10:00:00+08:00');
const limits: CallBackLimits = {
  at,
  contactUntil: new Date('2026-09-10T00:00:00+08:00'),
  daysMax: 30,
  timeZone: 'Asia/Shanghai',
  quietHours: { from: '21:00', to: '09:00' },
};
const refusal = (changed: Partial<RequestedCallBack>, more: Partial<CallBackLimits> = {}) =>
  refusalOfCallBack({ outcome: 'call_back', note: '', ...changed }, { ...limits, ...more });
const day = (days: number, minutes = 0) => new Date(at.getTime() + days * 86_400_000 + minutes * 60_000);
const on = (time: string) => ({ callBackAt: new Date(`2026-09-${time}+08:00`) });

describe('a call back', () => {
  it.each([
    ['without a time', refusal({}), undefined],
    ['with a time', refusal({ ...on('04T15:00'), note: 'x'.repeat(500) }), undefined],
    ['of another outcome', refusal({ outcome: 'no_answer', ...on('04T15:00') }), 'callBack.otherOutcome'],
    ['a note of another outcome', refusal({ outcome: 'declined', note: 'x' }), 'callBack.otherOutcome'],
    ['a note without a time', refusal({ note: 'x' }), 'callBack.timeMissing'],
    ['a long note', refusal({ ...on('04T15:00'), note: 'x'.repeat(501) }), 'callBack.noteTooLong'],
    ['at the time of the contact', refusal({ callBackAt: at }), 'callBack.past'],
    ['a minute after the contact', refusal(on('03T10:01')), undefined],
    ['in the last minute before quiet', refusal(on('03T20:59')), undefined],
    ['in the first quiet minute', refusal(on('03T21:00')), 'callBack.quietHours'],
    ['in the last quiet minute', refusal(on('04T08:59')), 'callBack.quietHours'],
    ['in quiet hours of another zone', refusal(on('03T21:00'), { timeZone: 'UTC' }), undefined],
    ['in an unknown zone', refusal(on('03T21:00'), { timeZone: '' }), undefined],
    ['on the last day of the campaign', refusal(on('09T20:00')), undefined],
    ['after the contact period', refusal(on('10T00:00')), 'callBack.contactPeriodOver'],
    ['without a campaign', refusal(on('20T10:00'), { contactUntil: null }), undefined],
    ['without a campaign on the last day', refusal({ callBackAt: day(30) }, { contactUntil: null }), undefined],
    [
      'without a campaign a minute later',
      refusal({ callBackAt: day(30, 1) }, { contactUntil: null }),
      'callBack.tooLate',
    ],
    ['of a long campaign', refusal({ callBackAt: day(31) }, { contactUntil: day(90) }), 'callBack.tooLate'],
  ])('%s', (_, refused, expected) => {
    expect(refused).toBe(expected);
  });
});
