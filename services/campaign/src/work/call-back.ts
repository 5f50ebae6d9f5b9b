import { DAY_MS } from '@holdfast/platform/calendar';
import { isQuiet, minuteOf, minuteOfDay } from '../contact/quiet-hours.js';

export const NOTE_CHARS_MAX = 500;

/** What an agent records about a call back. */
export interface RequestedCallBack {
  outcome: string;
  callBackAt?: Date | undefined;
  note: string;
}

/** What limits a call back. */
export interface CallBackLimits {
  /** Time of the contact. */
  at: Date;
  /** End of the contact period of the campaign, exclusive; null on the queue of a plain table. */
  contactUntil: Date | null;
  /** Longest time from the contact on; the only end on the queue of a plain table. */
  daysMax: number;
  /** Of the customer; empty if unknown. */
  timeZone: string;
  /** In force at the time of the call back. */
  quietHours: { from: string; to: string };
}

/** The key of the reason against a call back, if any. The gate checks it again at its time. */
export function refusalOfCallBack(
  { outcome, callBackAt, note }: RequestedCallBack,
  { at, contactUntil, daysMax, timeZone, quietHours }: CallBackLimits,
): string | undefined {
  if (callBackAt === undefined && note === '') return undefined;
  if (outcome !== 'call_back') return 'callBack.otherOutcome';
  if (callBackAt === undefined) return 'callBack.timeMissing';
  if (note.length > NOTE_CHARS_MAX) return 'callBack.noteTooLong';
  if (callBackAt <= at) return 'callBack.past';
  if (contactUntil !== null && callBackAt >= contactUntil) return 'callBack.contactPeriodOver';
  if (callBackAt.getTime() > at.getTime() + daysMax * DAY_MS) return 'callBack.tooLate';
  const minute = minuteOfDay(callBackAt, timeZone);
  const quiet = { fromMinute: minuteOf(quietHours.from), toMinute: minuteOf(quietHours.to) };
  return minute !== undefined && isQuiet(quiet, minute) ? 'callBack.quietHours' : undefined;
}
