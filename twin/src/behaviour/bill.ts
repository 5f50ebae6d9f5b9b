import type { Plan, SpecialRate } from '../world/plans.js';
import { LONG_DISTANCE, ROAMING } from './event-columns.js';

const SECONDS_PER_BILLED_MINUTE = 60;

/** What a month costs, in cents, by its parts. They add up to `totalCents`. */
export interface Bill {
  /** The plan's fee, and what is missing to the least spend where a plan has one. */
  rentCents: number;
  localCents: number;
  longDistanceCents: number;
  roamingCents: number;
  dataCents: number;
  smsCents: number;
  totalCents: number;
}

export interface BilledMonth {
  bill: Bill;
  vasCents: number;
  discountCents: number;
  isPaid: boolean;
}

/** Billed revenue net of discount. */
export function arpuCents({ bill, vasCents, discountCents }: BilledMonth): number {
  return bill.totalCents + vasCents - discountCents;
}

/**
 * Rates one month of one subscription on one plan, as the contract writes the formula: outgoing calls at home use up
 * the plan's minutes in the order in which they are made, each begun minute counting; what is beyond is charged at the
 * most special rate that fits; every component is rounded half up to the cent once. Calls while travelling are never
 * covered.
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

  /** An outgoing call; the calls of a month in the order of time. @param hour at which it began */
  addCall(callType: number, isOnNet: boolean, hour: number, durationS: number): void {
    const minutes = billedMinutes(durationS);
    if (callType === ROAMING) {
      this.roamingMyriad += minutes * this.plan.roamingMyriad;
      return;
    }
    const covered = Math.min(minutes, this.minutesLeft);
    this.minutesLeft -= covered;
    const beyond = minutes - covered;
    if (beyond === 0) return;
    if (callType === LONG_DISTANCE) this.longDistanceMyriad += beyond * this.rateOf('long_distance', isOnNet, hour);
    else this.localMyriad += beyond * this.rateOf('local', isOnNet, hour);
  }

  addSms(messages = 1): void {
    this.sms += messages;
  }

  /** @param milliMb thousandths of a MB */
  addData(milliMb: number): void {
    this.milliMb += milliMb;
  }

  bill(): Bill {
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

/** Half up. */
function centsOf(myriad: number): number {
  return Math.floor((myriad + 50) / 100);
}
