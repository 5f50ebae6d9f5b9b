import { billedMinutes } from './bill.js';
import { CALL, KIND, type EventColumns } from './event-columns.js';

const OWN = 0;

/** Values of a `usage` row. */
export class MonthTotals {
  voiceOut = 0;
  voiceIn = 0;
  voiceOutS = 0;
  voiceInS = 0;
  localOutS = 0;
  localInS = 0;
  longDistance = 0;
  longDistanceS = 0;
  roaming = 0;
  roamingS = 0;
  onNet = 0;
  onNetS = 0;
  offNet = 0;
  offNetS = 0;
  /** Outgoing: local, long distance, roaming. */
  readonly billedMinutes = [0, 0, 0];
  smsOutOnNet = 0;
  smsOutOffNet = 0;
  smsInOnNet = 0;
  smsInOffNet = 0;
  dataMilliMb = 0;
  activeDays = 0;
  hotlineCalls = 0;

  /** @param order indexes of one subscription's events in order of time */
  constructor(events: EventColumns, order: Uint32Array | readonly number[]) {
    let lastDay = -1;
    for (const at of order) {
      this.add(events, at);
      const day = Math.floor(events.moment[at]! / 86_400);
      if (day !== lastDay && events.kind[at] !== KIND.location) {
        this.activeDays += 1;
        lastDay = day;
      }
    }
  }

  private add(events: EventColumns, at: number): void {
    const isOnNet = events.network[at] === OWN;
    switch (events.kind[at]!) {
      case KIND.voice_out:
      case KIND.voice_in:
        this.addCall(events, at, isOnNet);
        break;
      case KIND.sms_out:
        if (isOnNet) this.smsOutOnNet += 1;
        else this.smsOutOffNet += 1;
        break;
      case KIND.sms_in:
        if (isOnNet) this.smsInOnNet += 1;
        else this.smsInOffNet += 1;
        break;
      case KIND.data:
        this.dataMilliMb += events.volumeMilliMb[at]!;
        break;
    }
  }

  private addCall(events: EventColumns, at: number, isOnNet: boolean): void {
    const seconds = events.durationS[at]!;
    const callType = events.callType[at]!;
    const isOut = events.kind[at] === KIND.voice_out;
    if (isOut) {
      this.voiceOut += 1;
      this.voiceOutS += seconds;
      this.billedMinutes[callType]! += billedMinutes(seconds);
      this.hotlineCalls += events.isHotline[at]!;
    } else {
      this.voiceIn += 1;
      this.voiceInS += seconds;
    }
    if (callType === CALL.local && isOut) this.localOutS += seconds;
    if (callType === CALL.local && !isOut) this.localInS += seconds;
    if (callType === CALL.long_distance) {
      this.longDistance += 1;
      this.longDistanceS += seconds;
    }
    if (callType === CALL.roaming) {
      this.roaming += 1;
      this.roamingS += seconds;
    }
    if (isOnNet) {
      this.onNet += 1;
      this.onNetS += seconds;
    } else {
      this.offNet += 1;
      this.offNetS += seconds;
    }
  }
}

export function minutesOf(totals: MonthTotals, callType: keyof typeof CALL): number {
  return totals.billedMinutes[CALL[callType]]!;
}
