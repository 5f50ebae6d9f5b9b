import { NEVER } from '../calendar/calendar.js';
import { CHANNELS, OFFER_KINDS, type Channel, type OfferKind } from '../treatment/contact.js';
import { OLD_ARMS } from '../treatment/old-rule.js';
import { ARMS, UNASSIGNED } from '../treatment/trial.js';
import { sharedBytes, sharedDoubles, sharedFloats, sharedInts, sharedShorts } from '../world/shared.js';
import type { World } from '../world/world.js';
import { CAUSES } from './causes.js';

export const NO_CONTRACT = -32768;
export const SUSPENSIONS_MAX = 2;

export const SUSPENSION_KINDS = ['voluntary', 'one_way', 'two_way'] as const;
export type SuspensionKind = (typeof SUSPENSION_KINDS)[number];

export const DEPARTURE_WAYS = ['cancelled', 'portOut', 'suspended', 'nonPayment'] as const;

/**
 * The simulated history of every subscription. Monthly columns have the index `subscription × months + month`, months
 * counted from the start of the span.
 */
export type Lives = ReturnType<typeof allocateLives>;

export function allocateLives(subscriptions: number, months: number) {
  const places = subscriptions * months;
  return {
    months,
    plan: sharedBytes(places),
    /** Usage relative to the world's columns. */
    voiceScale: sharedFloats(places),
    dataScale: sharedFloats(places),
    /** Last month under contract, counted from the start of the span. */
    contractEnd: sharedShorts(places, NO_CONTRACT),
    droppedCalls: sharedBytes(places),
    rivalCalls: sharedBytes(places),
    complaints: sharedBytes(places),
    /** Months that bills have been unpaid. */
    arrearsMonths: sharedBytes(places),
    /** Cause of value loss that begins in the month: index in LOSS_CAUSES plus 1; 0 for none. */
    lossCause: sharedBytes(places),
    /** Observable probability of such a beginning. */
    lossChance: sharedFloats(places),
    /** Probability of churn in the month with latent traits and campaigns; 0 if not at risk. */
    hazard: sharedFloats(places),
    /** The same by the columns of two months before. */
    observableHazard: sharedFloats(places),
    /** Observable rates, index × CAUSES + cause. */
    rates: sharedFloats(places * CAUSES.length),
    /** Counted from the start of the span; -1 without churn. */
    churnMonth: sharedShorts(subscriptions, -1),
    /** First day permanently out of use. */
    churnDay: sharedInts(subscriptions, NEVER),
    cancelledDay: sharedInts(subscriptions, NEVER),
    cause: sharedBytes(subscriptions),
    isVisible: sharedBytes(subscriptions),
    departureWay: sharedBytes(subscriptions),
    /** subscription × SUSPENSIONS_MAX + spell: first day, and first day after it. */
    suspendedFrom: sharedInts(subscriptions * SUSPENSIONS_MAX, NEVER),
    suspendedTo: sharedInts(subscriptions * SUSPENSIONS_MAX, NEVER),
    suspensionKind: sharedBytes(subscriptions * SUSPENSIONS_MAX),
    trial: allocateCampaign(subscriptions, ARMS.length),
    oldRule: { ...allocateCampaign(subscriptions, OLD_ARMS.length), agent: sharedBytes(subscriptions) },
    /** Continuation: 1 in the months with a discount from a contact; days of a gift and of the first handset voucher. */
    hasDiscount: sharedBytes(places),
    giftDay: sharedInts(subscriptions, NEVER),
    handsetDay: sharedInts(subscriptions, NEVER),
    /** Subscriptions active at its start: probability to stay to its end, and expected revenue, CNY. */
    stayChance: sharedDoubles(subscriptions),
    valueCny: sharedDoubles(subscriptions),
    outlook: allocateOutlook(subscriptions),
  };
}

/** Enrolment in a past campaign, and its outcomes. */
export type CampaignColumns = ReturnType<typeof allocateCampaign>;

function allocateCampaign(subscriptions: number, arms: number) {
  return {
    arm: sharedBytes(subscriptions).fill(UNASSIGNED),
    responseType: sharedBytes(subscriptions),
    isCalled: sharedBytes(subscriptions),
    /** In the campaign by the old rule also for calls that were not made. */
    isAnswered: sharedBytes(subscriptions),
    touchDay: sharedInts(subscriptions, NEVER),
    /** 1 if assigned and still active at the end of the campaign's month: counts for its effect. */
    isJudged: sharedBytes(subscriptions),
    /** Bit a: churns within the follow-up in arm a. */
    outcomes: sharedBytes(subscriptions),
    /** Probability of that outcome, subscription × arms + arm. */
    outcomeChance: sharedFloats(subscriptions * arms),
  };
}

/** Whether a subscription is activated, not suspended and not cancelled on a day. */
export function isInUse({ subscriptions }: World, lives: Lives, at: number, day: number): boolean {
  if (day < subscriptions.activatedDay[at]! || day >= lives.cancelledDay[at]!) return false;
  for (let spell = at * SUSPENSIONS_MAX; spell < (at + 1) * SUSPENSIONS_MAX; spell += 1) {
    if (day >= lives.suspendedFrom[spell]! && day < lives.suspendedTo[spell]!) return false;
  }
  return true;
}

/** All combinations of offer and channel. */
export const TREATMENTS: readonly { offer: OfferKind; channel: Channel }[] = OFFER_KINDS.flatMap((offer) =>
  CHANNELS.map((channel) => ({ offer, channel })),
);

/**
 * Expectations for the months after the span, by subscription; all 0 after churn. A treatment is its index in TREATMENTS
 * plus 1, 0 if no contact is best. The spill-over on the household is part of a gain.
 */
export type OutlookColumns = ReturnType<typeof allocateOutlook>;

function allocateOutlook(subscriptions: number) {
  return {
    /** Probability to stay, and expected revenue, CNY, without contact. */
    noContactStays: sharedFloats(subscriptions),
    noContactCny: sharedFloats(subscriptions),
    responseType: sharedBytes(subscriptions),
    /** The treatments with the highest revenue net of all costs, and with the highest probability to stay. */
    maxValue: allocateTreatments(subscriptions),
    maxRetention: allocateTreatments(subscriptions),
  };
}

/** Treatments with their gains. */
export type TreatmentColumns = ReturnType<typeof allocateTreatments>;

function allocateTreatments(subscriptions: number) {
  return {
    treatment: sharedBytes(subscriptions),
    cny: sharedFloats(subscriptions),
    stays: sharedFloats(subscriptions),
  };
}
