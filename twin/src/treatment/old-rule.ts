import { Purpose, type Stream } from '../randomness/stream.js';
import { FOLLOW_UP_MONTHS, effectFactor, trialMonth, type Exposure } from './trial.js';

/**
 * The campaign before the randomised one, targeted by an old rule: high bill and ending contract get a call with the
 * discount. These customers are about to churn, so a naive comparison of called and uncalled customers shows that calls
 * drive customers away. The call has no spill-over.
 */
export const OLD_ARMS = ['notCalled', 'called'] as const;

/** Minimum expected bill on the list. */
const HIGH_BILL_CNY = 55;
/** Agents skip some of the list and call others, so that the groups overlap. */
const CALLED_ON_LIST = 0.85;
const CALLED_OFF_LIST = 0.01;
const ANSWERED = 0.66;
/** The calls have the effect of this arm. */
const DISCOUNT_ARM = 1;

export const AGENTS = 24;
/** Staff numbers 100 to 123, after those of the randomised campaign. */
export const FIRST_AGENT = 100;

/** Index of the campaign's month in the span, before the randomised campaign starts; undefined in a short span. */
export function oldRuleMonth(months: number): number | undefined {
  const trial = trialMonth(months);
  return trial === undefined || trial <= FOLLOW_UP_MONTHS + 1 ? undefined : trial - FOLLOW_UP_MONTHS - 1;
}

/** @param monthsSinceContract at the campaign's month; negative during the contract */
export function isOnList(billCny: number, monthsSinceContract: number): boolean {
  return billCny >= HIGH_BILL_CNY && monthsSinceContract >= -1 && monthsSinceContract <= 1;
}

/** Sampled for all subscriptions, called or not. */
interface OldCall {
  agent: number;
  isAnswered: boolean;
  isCalled: boolean;
}

export function sampleOldCall(stream: Stream, subscription: number, isListed: boolean): OldCall {
  const random = stream.at(Purpose.oldRule, subscription);
  const agent = random.below(AGENTS);
  const isAnswered = random.chance(ANSWERED);
  return { agent, isAnswered, isCalled: random.chance(isListed ? CALLED_ON_LIST : CALLED_OFF_LIST) };
}

/** Factor on the effect: 0.5 to 1.3. */
export function agentQuality(stream: Stream, agent: number): number {
  return 0.5 + 0.8 * stream.at(Purpose.agent, agent).next();
}

/** Factor on the voluntary rates after a call. @param monthsAfter 1 for the month after the campaign's */
export function oldEffectFactor(exposure: Exposure, quality: number, monthsAfter: number): number {
  return effectFactor(exposure, DISCOUNT_ARM, monthsAfter) ** quality;
}

/** Better agents have a higher acceptance rate. */
export function acceptsOldOffer(stream: Stream, subscription: number, type: number, quality: number): boolean {
  const chance = [0.6, 0.45, 0.1, 0.03][type]!;
  return stream.at(Purpose.oldRule, subscription, 1).chance(chance * quality);
}
