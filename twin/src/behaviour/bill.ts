import { SECONDS_PER_DAY } from '../calendar/calendar.js';
import type { Plan, SpecialRate } from '../world/plans.js';
import { CALL, KIND, NETWORK, EventColumns } from './event-columns.js';

const SECONDS_PER_BILLED_MINUTE = 60;

export interface BilledMonth {
  bill: ReturnType<BillMeter['bill']>;
  vasCents: number;
  discountCents: number;
  isPaid: boolean;
}

/** Billed revenue net of discount. */
export function arpuCents({ bill, vasCents, discountCents }: BilledMonth): number {
  return bill.totalCents + vasCents - discountCents;
}

/**
 * Rates a month of a subscription on a plan by the contract's formula: outgoing national calls use the plan's minutes
 * in order of time, per started minute; the rest costs the most specific rate; each component is rounded half up to the
 * cent once. Roaming calls are never covered.
 */
export class BillMeter {
  private minutesLeft: number;
  private localMyriad = 0;
  private longDistanceMyriad = 0;
  private roamingMyriad = 0;
  private sms = 0;
  private milliMb = 0;

  constructor(private readonly plan: Plan) {
    this.minutesLeft = plan.voiceMinutes;
  }

  /** Adds an event, in order of time. */
  add({ kind, callType, network, durationS, volumeMilliMb, moment }: EventColumns, at: number): void {
    const hour = Math.floor((moment[at]! % SECONDS_PER_DAY) / 3600);
    if (kind[at] === KIND.voice_out) this.addCall(callType[at]!, network[at] === NETWORK.own, hour, durationS[at]!);
    else if (kind[at] === KIND.sms_out) this.addSms();
    else if (kind[at] === KIND.data) this.addData(volumeMilliMb[at]!);
  }

  /** Outgoing calls, in order of time. @param hour of the start */
  addCall(callType: number, isOnNet: boolean, hour: number, durationS: number): void {
    const minutes = billedMinutes(durationS);
    if (callType === CALL.roaming) {
      this.roamingMyriad += minutes * this.plan.roamingMyriad;
      return;
    }
    const covered = Math.min(minutes, this.minutesLeft);
    this.minutesLeft -= covered;
    const beyond = minutes - covered;
    if (beyond === 0) return;
    if (callType === CALL.long_distance)
      this.longDistanceMyriad += beyond * this.rateOf('long_distance', isOnNet, hour);
    else this.localMyriad += beyond * this.rateOf('local', isOnNet, hour);
  }

  addSms(messages = 1): void {
    this.sms += messages;
  }

  /** @param milliMb thousandths of a MB */
  addData(milliMb: number): void {
    this.milliMb += milliMb;
  }

  /** Parts of the bill with their sum; `rentCents` is the plan's fee, and the difference to the minimum spend. */
  bill() {
    const { plan } = this;
    const dataBeyond = Math.max(0, this.milliMb - plan.dataMb * 1000);
    const localCents = centsOf(this.localMyriad);
    const longDistanceCents = centsOf(this.longDistanceMyriad);
    const roamingCents = centsOf(this.roamingMyriad);
    const dataCents = Math.floor((dataBeyond * plan.dataMyriad + 50_000) / 100_000);
    const smsCents = centsOf(Math.max(0, this.sms - plan.smsCount) * plan.smsMyriad);
    const charges = plan.feeCents + localCents + longDistanceCents + roamingCents + dataCents + smsCents;
    const totalCents = Math.max(charges, plan.minSpendCents ?? 0);
    const rentCents = plan.feeCents + totalCents - charges;
    return { rentCents, localCents, longDistanceCents, roamingCents, dataCents, smsCents, totalCents };
  }

  private rateOf(item: SpecialRate['item'], isOnNet: boolean, hour: number): number {
    const special = this.plan.special?.find((rate) => rate.item === item && fits(rate, isOnNet, hour));
    return special?.rateMyriad ?? (item === 'local' ? this.plan.localMyriad : this.plan.longDistanceMyriad);
  }
}

export function billedMinutes(durationS: number): number {
  return Math.ceil(durationS / SECONDS_PER_BILLED_MINUTE);
}

function fits({ peerNetwork, hours }: SpecialRate, isOnNet: boolean, hour: number): boolean {
  if (peerNetwork === 'own' && !isOnNet) return false;
  if (hours === undefined) return true;
  const [from, to] = hours;
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}

function centsOf(myriad: number): number {
  return Math.floor((myriad + 50) / 100);
}
