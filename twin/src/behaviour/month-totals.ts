import { SECONDS_PER_DAY } from '../calendar/calendar.js';
import { billedMinutes } from './bill.js';
import { CALL, KIND, NETWORK, type EventColumns } from './event-columns.js';

/** Calls of a kind. */
class Calls {
  count = 0;
  seconds = 0;

  add(seconds: number): void {
    this.count += 1;
    this.seconds += seconds;
  }
}

/** Values of a `usage` row. */
export class MonthTotals {
  readonly out = new Calls();
  readonly in = new Calls();
  readonly localOut = new Calls();
  readonly localIn = new Calls();
  readonly longDistance = new Calls();
  readonly roaming = new Calls();
  readonly onNet = new Calls();
  readonly offNet = new Calls();
  /** Outgoing: local, long distance, roaming. */
  readonly billedMinutes = [0, 0, 0];
  /** Messages within the network and to others. */
  readonly smsOut = [0, 0];
  readonly smsIn = [0, 0];
  dataMilliMb = 0;
  activeDays = 0;
  hotlineCalls = 0;

  /** @param order indexes of one subscription's events in order of time */
  constructor(events: EventColumns, order: Uint32Array | readonly number[]) {
    let lastDay = -1;
    for (const at of order) {
      this.add(events, at);
      const day = Math.floor(events.moment[at]! / SECONDS_PER_DAY);
      if (day !== lastDay && events.kind[at] !== KIND.location) {
        this.activeDays += 1;
        lastDay = day;
      }
    }
  }

  private add(events: EventColumns, at: number): void {
    const kind = events.kind[at]!;
    const isOnNet = events.network[at] === NETWORK.own;
    if (kind === KIND.voice_out || kind === KIND.voice_in) this.addCall(events, at, isOnNet);
    else if (kind === KIND.sms_out) this.smsOut[isOnNet ? 0 : 1]! += 1;
    else if (kind === KIND.sms_in) this.smsIn[isOnNet ? 0 : 1]! += 1;
    else if (kind === KIND.data) this.dataMilliMb += events.volumeMilliMb[at]!;
  }

  private addCall(events: EventColumns, at: number, isOnNet: boolean): void {
    const seconds = events.durationS[at]!;
    const callType = events.callType[at]!;
    const isOut = events.kind[at] === KIND.voice_out;
    if (isOut) {
      this.billedMinutes[callType]! += billedMinutes(seconds);
      this.hotlineCalls += events.isHotline[at]!;
    }
    (isOut ? this.out : this.in).add(seconds);
    if (callType === CALL.local) (isOut ? this.localOut : this.localIn).add(seconds);
    else (callType === CALL.roaming ? this.roaming : this.longDistance).add(seconds);
    (isOnNet ? this.onNet : this.offNet).add(seconds);
  }
}
