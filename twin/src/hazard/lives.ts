import { NEVER } from '../calendar/calendar.js';
import { OLD_ARMS } from '../treatment/old-rule.js';
import { ARMS, UNASSIGNED } from '../treatment/trial.js';
import { sharedBytes, sharedDoubles, sharedFloats, sharedInts, sharedShorts } from '../world/shared.js';
import { CAUSES } from './causes.js';
import { allocateOutlook, type OutlookColumns } from './outlook-columns.js';

export const NO_CONTRACT = -32768;
export const SUSPENSIONS_MAX = 2;

export const SUSPENSION_KINDS = ['voluntary', 'one_way', 'two_way'] as const;
export type SuspensionKind = (typeof SUSPENSION_KINDS)[number];

/** How somebody went. */
export const DEPARTURE_WAYS = ['cancelled', 'portOut', 'suspended', 'nonPayment'] as const;

/**
 * What becomes of every subscription, month by month. Monthly columns have the place `subscription × months + month`,
 * months counted from the start of the span.
 */
export interface Lives {
  months: number;
  plan: Uint8Array;
  /** Use relative to what the world says. */
  voiceScale: Float32Array;
  dataScale: Float32Array;
  /** Last month under contract, counted from the start of the span; NO_CONTRACT without one. */
  contractEnd: Int16Array;
  droppedCalls: Uint8Array;
  rivalCalls: Uint8Array;
  complaints: Uint8Array;
  /** Months that bills have been unpaid. */
  arrearsMonths: Uint8Array;
  /** What began to lower the bill in the month, see LOSS_CAUSES, plus 1; 0 for nothing. */
  lossCause: Uint8Array;
  /** Observable chance that something does. */
  lossChance: Float32Array;
  /** Chance to leave in the month, latent traits and the campaign included; 0 where nobody is at risk. */
  hazard: Float32Array;
  /** The same for somebody who sees the columns of two months before only. */
  observableHazard: Float32Array;
  /** Observable rates, place × CAUSES + cause. */
  rates: Float32Array;
  /** Month of leaving, counted from the start of the span; -1 for those who stay. */
  churnMonth: Int16Array;
  /** First day not in use for good. */
  churnDay: Int32Array;
  cancelledDay: Int32Array;
  cause: Uint8Array;
  isVisible: Uint8Array;
  departureWay: Uint8Array;
  /** subscription × SUSPENSIONS_MAX + spell; days from … before to; NEVER where there is none. */
  suspendedFrom: Int32Array;
  suspendedTo: Int32Array;
  suspensionKind: Uint8Array;
  /** The past campaign: arm or UNASSIGNED, response type, whether called, whether the call was answered. */
  arm: Uint8Array;
  responseType: Uint8Array;
  isCalled: Uint8Array;
  isAnswered: Uint8Array;
  touchDay: Int32Array;
  /** 1 for those whom the trial judges: assigned, and still there at the end of the campaign's month. */
  isJudged: Uint8Array;
  /** Bit a: leaves within the follow-up if the household is in arm a. */
  outcomes: Uint8Array;
  /** Chance of that, subscription × ARMS + arm. */
  outcomeChance: Float32Array;
  /** The campaign by an old rule: called or not, by which agent, on which day, whether it is (or would be) answered. */
  isOldCalled: Uint8Array;
  oldAgent: Uint8Array;
  oldTouchDay: Int32Array;
  isOldAnswered: Uint8Array;
  oldResponseType: Uint8Array;
  /** 1 for those who were there before the campaign and at the end of its month. */
  isOldJudged: Uint8Array;
  /** Bit 0: leaves within the follow-up if left alone; bit 1: if called. And the chances, subscription × 2 + bit. */
  oldOutcomes: Uint8Array;
  oldOutcomeChance: Float32Array;
  /** In the continuation: 1 in the months with a discount that a contact brought. */
  hasDiscount: Uint8Array;
  /** Day on which a gift was taken in it. */
  giftDay: Int32Array;
  /** Day on which a voucher for a handset was first taken in it. */
  handsetDay: Int32Array;
  /** For those who are there when it begins: the chance to stay to its end, and what they are expected to pay, CNY. */
  stayChance: Float64Array;
  valueCny: Float64Array;
  /** What the months after the span would bring. */
  outlook: OutlookColumns;
}

export function allocateLives(subscriptions: number, months: number): Lives {
  const places = subscriptions * months;
  return {
    months,
    plan: sharedBytes(places),
    voiceScale: sharedFloats(places),
    dataScale: sharedFloats(places),
    contractEnd: sharedShorts(places, NO_CONTRACT),
    droppedCalls: sharedBytes(places),
    rivalCalls: sharedBytes(places),
    complaints: sharedBytes(places),
    arrearsMonths: sharedBytes(places),
    lossCause: sharedBytes(places),
    lossChance: sharedFloats(places),
    hazard: sharedFloats(places),
    observableHazard: sharedFloats(places),
    rates: sharedFloats(places * CAUSES.length),
    churnMonth: sharedShorts(subscriptions, -1),
    churnDay: sharedInts(subscriptions, NEVER),
    cancelledDay: sharedInts(subscriptions, NEVER),
    cause: sharedBytes(subscriptions),
    isVisible: sharedBytes(subscriptions),
    departureWay: sharedBytes(subscriptions),
    suspendedFrom: sharedInts(subscriptions * SUSPENSIONS_MAX, NEVER),
    suspendedTo: sharedInts(subscriptions * SUSPENSIONS_MAX, NEVER),
    suspensionKind: sharedBytes(subscriptions * SUSPENSIONS_MAX),
    arm: sharedBytes(subscriptions).fill(UNASSIGNED),
    responseType: sharedBytes(subscriptions),
    isCalled: sharedBytes(subscriptions),
    isAnswered: sharedBytes(subscriptions),
    touchDay: sharedInts(subscriptions, NEVER),
    isJudged: sharedBytes(subscriptions),
    outcomes: sharedBytes(subscriptions),
    outcomeChance: sharedFloats(subscriptions * ARMS.length),
    isOldCalled: sharedBytes(subscriptions),
    oldAgent: sharedBytes(subscriptions),
    oldTouchDay: sharedInts(subscriptions, NEVER),
    isOldAnswered: sharedBytes(subscriptions),
    oldResponseType: sharedBytes(subscriptions),
    isOldJudged: sharedBytes(subscriptions),
    oldOutcomes: sharedBytes(subscriptions),
    oldOutcomeChance: sharedFloats(subscriptions * OLD_ARMS.length),
    hasDiscount: sharedBytes(places),
    giftDay: sharedInts(subscriptions, NEVER),
    handsetDay: sharedInts(subscriptions, NEVER),
    stayChance: sharedDoubles(subscriptions),
    valueCny: sharedDoubles(subscriptions),
    outlook: allocateOutlook(subscriptions),
  };
}

/** Whether a subscription can be used on a day: activated, not suspended, not cancelled. */
export function isInUse(lives: Lives, activatedDay: number, subscription: number, day: number): boolean {
  if (day < activatedDay || day >= lives.cancelledDay[subscription]!) return false;
  for (let spell = subscription * SUSPENSIONS_MAX; spell < (subscription + 1) * SUSPENSIONS_MAX; spell += 1) {
    if (day >= lives.suspendedFrom[spell]! && day < lives.suspendedTo[spell]!) return false;
  }
  return true;
}
