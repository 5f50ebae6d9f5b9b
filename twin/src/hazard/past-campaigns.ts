import { Purpose, type Stream } from '../randomness/stream.js';
import { agentQuality, isOnList, oldEffectFactor, oldRuleMonth, sampleOldCall } from '../treatment/old-rule.js';
import {
  ARMS,
  FOLLOW_UP_MONTHS,
  assignedArm,
  effectFactor,
  isAnswered,
  sampleResponseType,
  trialMonth,
} from '../treatment/trial.js';
import { firstDayOfMonth, type World } from '../world/world.js';
import { hazardOf, type TrueHazard } from './causes.js';
import { REACTION_MONTHS, monthsSinceContract, pendingRates, type Enrolment, type LifeState } from './life-state.js';
import { isInUse, type CampaignColumns, type Lives } from './lives.js';

/** Call of the randomised campaign to a household. */
export interface HouseholdCall {
  arm: number;
  /** The called subscription, once known. */
  called: number | undefined;
  isAnswered: boolean;
}

/** Enrolment in the two past campaigns, and outcomes in each of their arms. */
export class PastCampaigns {
  /** Month of the campaign; Infinity without one. */
  private readonly trial: number;
  /** Month of the campaign by the old rule. */
  private readonly oldRule: number;

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
    private readonly stream: Stream,
    private readonly hazard: TrueHazard,
  ) {
    this.trial = trialMonth(world.historyMonths) ?? Infinity;
    this.oldRule = oldRuleMonth(world.historyMonths) ?? Infinity;
  }

  householdCall(household: number): HouseholdCall {
    return { arm: assignedArm(this.stream, household), called: undefined, isAnswered: false };
  }

  /** @param month for all that were active at its start */
  enrol(state: LifeState, month: number, call: HouseholdCall): void {
    if (month === this.oldRule) this.enrolInOldRule(state, month);
    if (month === this.trial) this.enrolInTrial(state, month, call);
  }

  /** Whether a churned life continues: outcomes in the other arms, until the end of the follow-up. */
  isTracked({ trial, oldRule }: LifeState, month: number): boolean {
    const isInTrial = trial.exposure !== undefined && month < this.trial + FOLLOW_UP_MONTHS;
    return isInTrial || (oldRule.exposure !== undefined && month < this.oldRule + FOLLOW_UP_MONTHS);
  }

  /**
   * Outcomes of a month in each arm of both. The old-rule campaign ends before the randomised one starts; its remaining
   * effect is the same in every arm of the other.
   * @param uniform random number that decides on churn
   * @returns the factor on the rates in the assigned arms
   */
  trackOutcomes(state: LifeState, month: number, rates: Float64Array, uniform: number): number {
    const { lives, stream } = this;
    const { at, trial, oldRule } = state;
    const [afterTrial, afterOldRule] = [month - this.trial, month - this.oldRule];
    let factor = 1;
    if (oldRule.exposure !== undefined && afterOldRule > 0) {
      const called = oldEffectFactor(oldRule.exposure, agentQuality(stream, lives.oldRule.agent[at]!), afterOldRule);
      const factors = [1, called];
      this.track(state, oldRule, lives.oldRule, afterOldRule, factors, rates, uniform);
      factor = factors[lives.oldRule.arm[at]!]!;
    }
    if (trial.exposure !== undefined && afterTrial > 0) {
      const effects = ARMS.map((_, arm) => effectFactor(trial.exposure!, arm, afterTrial));
      const factors = effects.map((effect) => factor * effect);
      this.track(state, trial, lives.trial, afterTrial, factors, rates, uniform);
      factor *= effects[lives.trial.arm[at]!]!;
    }
    return factor;
  }

  /** @param factors on the rates by arm */
  private track(
    { at, hasChurned }: LifeState,
    { stayChance }: Enrolment,
    campaign: CampaignColumns,
    monthsAfter: number,
    factors: readonly number[],
    rates: Float64Array,
    uniform: number,
  ): void {
    if (monthsAfter === 1 && !hasChurned) campaign.isJudged[at] = 1;
    if (monthsAfter > FOLLOW_UP_MONTHS || campaign.isJudged[at] !== 1) return;
    factors.forEach((factor, arm) => {
      const chance = this.hazard.of(at, rates, factor);
      stayChance[arm]! *= 1 - chance;
      campaign.outcomeChance[at * factors.length + arm] = 1 - stayChance[arm]!;
      if (uniform < chance) campaign.outcomes[at]! |= 1 << arm;
    });
  }

  private enrolInOldRule(state: LifeState, month: number): void {
    const { lives, stream } = this;
    const { at } = state;
    const entry = this.entryOf(state, month, Purpose.oldRule, lives.oldRule);
    if (entry === undefined) return;
    const isListed = isOnList(state.billCny, monthsSinceContract(state, month));
    const { agent, isAnswered: wouldAnswer, isCalled } = sampleOldCall(stream, at, isListed);
    const answers = wouldAnswer && entry.isReachable;
    state.oldRule.exposure = { type: entry.type, isCalled: true, isAnswered: answers };
    lives.oldRule.arm[at] = isCalled ? 1 : 0;
    lives.oldRule.isCalled[at] = isCalled ? 1 : 0;
    lives.oldRule.agent[at] = agent;
    lives.oldRule.isAnswered[at] = answers ? 1 : 0;
    if (isCalled) lives.oldRule.touchDay[at] = entry.touchDay;
  }

  private enrolInTrial(state: LifeState, month: number, call: HouseholdCall): void {
    const { lives, stream } = this;
    const { at } = state;
    const entry = this.entryOf(state, month, Purpose.response, lives.trial);
    if (entry === undefined) return;
    const isCalled = call.called === undefined;
    if (isCalled) {
      call.called = at;
      call.isAnswered = isAnswered(stream, at) && entry.isReachable;
      lives.trial.touchDay[at] = entry.touchDay;
    }
    state.trial.exposure = { type: entry.type, isCalled, isAnswered: call.isAnswered };
    lives.trial.arm[at] = call.arm;
    lives.trial.isCalled[at] = isCalled ? 1 : 0;
    lives.trial.isAnswered[at] = call.isAnswered ? 1 : 0;
  }

  /** Undefined for subscriptions too new for a campaign. */
  private entryOf(
    state: LifeState,
    month: number,
    purpose: number,
    { responseType }: CampaignColumns,
  ): { type: number; touchDay: number; isReachable: boolean } | undefined {
    const { lives, stream, world } = this;
    const { at } = state;
    if (state.joined > month - REACTION_MONTHS - 1) return undefined;
    const type = sampleResponseType(stream, at, state.overpaid, hazardOf(pendingRates(state, month)));
    const touchDay = firstDayOfMonth(world, month) + 2 + stream.at(purpose, at, 2).below(9);
    responseType[at] = type;
    return { type, touchDay, isReachable: isInUse(world, lives, at, touchDay) };
  }
}
