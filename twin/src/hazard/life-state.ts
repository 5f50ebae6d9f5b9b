import { Purpose, type Stream } from '../randomness/stream.js';
import type { ContactEffect } from '../treatment/contact-effect.js';
import { OLD_ARMS } from '../treatment/old-rule.js';
import { ARMS, type Exposure } from '../treatment/trial.js';
import type { World } from '../world/world.js';
import { CAUSES } from './causes.js';
import { NO_CONTRACT, SUSPENSION_KINDS, SUSPENSIONS_MAX, type Lives, type SuspensionKind } from './lives.js';
import { LOSS_CAUSES, lossFactor } from './value-loss.js';

/** Months before the span that provide the drivers of its first months; without churn. */
export const BURN_IN = 3;
/** Months after the span of the outlook. */
export const OUTLOOK_MONTHS = 4;
/** Delay between a driver and the hazard. */
export const REACTION_MONTHS = 2;

/** State between months. */
export type LifeState = ReturnType<typeof initialState>;

export function initialState(world: World, stream: Stream, at: number, household: number, joined: number) {
  const { subscriptions, people } = world;
  const firstMonth = Math.max(joined, -BURN_IN);
  const lossLatent = stream.at(Purpose.valueLoss, at).normal();
  const random = stream.at(Purpose.lifeState, at);
  const isOld = firstMonth === -BURN_IN;
  const contract = subscriptions.entryContractMonths[at]!;
  const isUnderContract = contract > 0 && (!isOld || random.chance(0.6));
  const fallback = isOld && random.chance(0.1) ? firstMonth - 1 - random.below(4) : NO_CONTRACT;
  return {
    at,
    household,
    age: people.age[subscriptions.person[at]!]!,
    incomeCny: people.incomeCny[subscriptions.person[at]!]!,
    /** Month of activation, counted from the start of the span. */
    joined,
    /** First simulated month. */
    firstMonth,
    plan: subscriptions.entryPlan[at]!,
    contractEnd: isUnderContract ? firstMonth - 1 + (isOld ? 1 + random.below(contract) : contract) : fallback,
    voiceLog: (isOld ? 0.25 : 0.1) * random.normal(),
    dataLog: (isOld ? 0.35 : 0.1) * random.normal(),
    fade: 0,
    /** Usage that moved elsewhere permanently, as logarithms; see value-loss.ts. */
    voiceMoved: 0,
    dataMoved: 0,
    fadingMonths: 0,
    usual: [] as number[],
    complaints: 0,
    rivalCalls: 0,
    droppedCalls: 0,
    movedMonth: undefined as number | undefined,
    arrearsMonths: 0,
    suspensions: 0,
    wasWarned: false,
    /** Rates of this month and the next two, one slot each. */
    pending: new Float64Array(CAUSES.length * (REACTION_MONTHS + 1)),
    /** Rates of value loss for the next month, and the factor of their latent trait. */
    lossRates: new Float64Array(LOSS_CAUSES.length),
    lossFactor: lossFactor(lossLatent),
    /** Whether the plan was downgraded at the end of the month before. */
    hasDowngraded: false,
    overpaid: 0,
    billCny: 0,
    /** The plan on sale with the lowest bill. */
    bestPlan: subscriptions.entryPlan[at]!,
    hasChurned: false,
    /** No later month matters. */
    isOver: false,
    trial: enrolment(ARMS.length),
    oldRule: enrolment(OLD_ARMS.length),
    /** Effects of contacts in the continuation, and last months of accepted offers. */
    effects: [] as ContactEffect[],
    discountUntil: -Infinity,
    giftUntil: -Infinity,
  };
}

export type Enrolment = ReturnType<typeof enrolment>;

/** State in a past campaign; `stayChance` by arm. */
function enrolment(arms: number) {
  return { exposure: undefined as Exposure | undefined, stayChance: new Float64Array(arms).fill(1) };
}

/** Scheduled rates of a month. @returns a view, not a copy */
export function pendingRates({ pending }: LifeState, month: number): Float64Array {
  const slots = REACTION_MONTHS + 1;
  const from = (((month % slots) + slots) % slots) * CAUSES.length;
  return pending.subarray(from, from + CAUSES.length);
}

/** Negative during the contract, Infinity without one. */
export function monthsSinceContract({ contractEnd }: LifeState, month: number): number {
  return contractEnd === NO_CONTRACT ? Infinity : month - contractEnd;
}

/** @param to first day with service again */
export function suspend(lives: Lives, state: LifeState, from: number, to: number, kind: SuspensionKind): void {
  const spell = state.at * SUSPENSIONS_MAX + state.suspensions;
  lives.suspendedFrom[spell] = from;
  lives.suspendedTo[spell] = to;
  lives.suspensionKind[spell] = SUSPENSION_KINDS.indexOf(kind);
  state.suspensions += 1;
}
