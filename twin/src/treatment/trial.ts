import { Purpose, type Stream } from '../randomness/stream.js';

/**
 * The past randomised campaign: households are assigned to one of two offers or the control group, with one call per
 * treated household.
 */
export const ARMS = ['control', 'discount', 'video'] as const;
export const ARM_SHARES = [0.34, 0.33, 0.33] as const;
export const UNASSIGNED = 255;

/** Months after the campaign's month in which churn counts as the outcome. */
export const FOLLOW_UP_MONTHS = 3;
/** Months of the span that a trial needs: drivers before it, outcomes after it. */
const SPAN_MIN = 6;

export const RESPONSE_TYPES = ['persuadable', 'sure', 'lost', 'sleepingDog'] as const;
export type ResponseType = (typeof RESPONSE_TYPES)[number];

/** Effect on the logarithm of the voluntary rates in the first month, by type and arm. */
const EFFECT: Record<ResponseType, readonly number[]> = {
  persuadable: [0, -1.7, -1.1],
  sure: [0, -0.1, -0.1],
  lost: [0, 0, 0],
  sleepingDog: [0, 0.5, 0.8],
};

/** Remaining share of an effect per month. */
export const DECAY = 0.8;
/** Share of the effect on other members. */
export const SPILL_OVER = 0.35;
const ANSWERED = 0.72;

/** Index of the campaign's month in the span; undefined in a short span. */
export function trialMonth(months: number): number | undefined {
  return months < SPAN_MIN ? undefined : Math.max(1, months - 6);
}

export function assignedArm(stream: Stream, household: number): number {
  return stream.at(Purpose.assignment, household).weighted(ARM_SHARES);
}

export function isAnswered(stream: Stream, subscription: number): boolean {
  return stream.at(Purpose.response, subscription).chance(ANSWERED);
}

/**
 * Overpaying customers are persuadable more often; customers with a low risk are sleeping dogs more often.
 * @param overpaid see Drivers @param risk observable probability of churn within a month
 */
export function sampleResponseType(stream: Stream, subscription: number, overpaid: number, risk: number): number {
  const persuadable = overpaid > 0.3 ? 0.55 : 0.35;
  const sleeping = risk < 0.008 ? 0.16 : 0.05;
  return stream.at(Purpose.effectType, subscription).weighted([persuadable, 0.25, 0.2, sleeping]);
}

export interface Exposure {
  type: number;
  /** Whether the call goes to this subscription or to another of the household. */
  isCalled: boolean;
  isAnswered: boolean;
}

/**
 * Factor on the voluntary rates if the household were in an arm.
 * @param monthsAfter 1 for the month after the campaign's
 */
export function effectFactor(exposure: Exposure, arm: number, monthsAfter: number): number {
  if (!exposure.isAnswered || arm === 0) return 1;
  const reach = exposure.isCalled ? 1 : SPILL_OVER;
  return Math.exp(reach * EFFECT[RESPONSE_TYPES[exposure.type]!][arm]! * DECAY ** (monthsAfter - 1));
}

export function acceptsOffer(stream: Stream, subscription: number, type: number): boolean {
  const chance = { persuadable: 0.62, sure: 0.45, lost: 0.1, sleepingDog: 0.03 }[RESPONSE_TYPES[type]!];
  return stream.at(Purpose.response, subscription, 1).chance(chance);
}
