import { Purpose, type Stream } from '../randomness/stream.js';
import { FOLLOW_UP_MONTHS, effectFactor, trialMonth, type Exposure } from './trial.js';

/**
 * The campaign before the randomised one, aimed by an old rule: whose bill is high and whose contract ends gets a call
 * with the discount. Those are the ones about to leave, so whoever compares them with the rest finds that calling
 * drives customers away. The call reaches the one who is called, nobody else at home.
 */
export const OLD_ARMS = ['notCalled', 'called'] as const;

/** Expected bill from which the rule calls it high. */
export const HIGH_BILL_CNY = 55;
/** Agents leave out some of the list and call a few others of their own choice, so that the groups overlap. */
const CALLED_ON_LIST = 0.85;
const CALLED_OFF_LIST = 0.01;
const ANSWERED = 0.66;
/** The arm of the randomised campaign whose effect this one's calls have. */
const DISCOUNT_ARM = 1;

export const AGENTS = 24;
/** Agents 1 to 24 of this campaign stand behind those of the randomised one in the list of staff. */
export const FIRST_AGENT = 100;

/** The campaign's month as a position in the span, judged before the randomised one begins; undefined if too short. */
export function oldRuleMonth(months: number): number | undefined {
  const trial = trialMonth(months);
  return trial === undefined || trial <= FOLLOW_UP_MONTHS + 1 ? undefined : trial - FOLLOW_UP_MONTHS - 1;
}

/** What the rule looks at. @param monthsSinceContract at the campaign's month; negative while the contract runs */
export function isOnList(billCny: number, monthsSinceContract: number): boolean {
  return billCny >= HIGH_BILL_CNY && monthsSinceContract >= -1 && monthsSinceContract <= 1;
}

/** Who would call, whether it would be answered, and whether the call was made: drawn for everybody. */
export interface OldCall {
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

/** How much of the effect an agent brings about: 0.5 to 1.3. */
export function agentQuality(stream: Stream, agent: number): number {
  return 0.5 + 0.8 * stream.at(Purpose.agent, agent).next();
}

/** The factor on the voluntary rates if the call were made. @param monthsAfter 1 for the month after the campaign's */
export function oldEffectFactor(exposure: Exposure, quality: number, monthsAfter: number): number {
  return effectFactor(exposure, DISCOUNT_ARM, monthsAfter) ** quality;
}

/** Whether an answered call is taken up; a good agent sells more. */
export function acceptsOldOffer(stream: Stream, subscription: number, type: number, quality: number): boolean {
  const chance = [0.6, 0.45, 0.1, 0.03][type]!;
  return stream.at(Purpose.oldRule, subscription, 1).chance(chance * quality);
}
