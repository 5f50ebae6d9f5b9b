import { Purpose, type Stream } from '../randomness/stream.js';
import {
  OLD_ARMS,
  agentQuality,
  isOnList,
  oldEffectFactor,
  oldRuleMonth,
  sampleOldCall,
} from '../treatment/old-rule.js';
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
import { hazardOf } from './causes.js';
import { REACTION_MONTHS, monthsSinceContract, pendingRates, type LifeState } from './life-state.js';
import { isInUse, type Lives } from './lives.js';
import type { TrueHazard } from './true-hazard.js';

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
  isTracked({ exposure, oldExposure }: LifeState, month: number): boolean {
    const isInTrial = exposure !== undefined && month < this.trial + FOLLOW_UP_MONTHS;
    return isInTrial || (oldExposure !== undefined && month < this.oldRule + FOLLOW_UP_MONTHS);
  }

  /**
   * Outcomes of a month in each arm of both. The old-rule campaign ends before the randomised one starts; its remaining
   * effect is the same in every arm of the other.
   * @returns the factor on the rates in the assigned arms
   */
  trackOutcomes(state: LifeState, month: number, rates: Float64Array, uniform: number): number {
    const oldFactor = this.trackOldRule(state, month, rates, uniform);
    return oldFactor * this.trackTrial(state, month, rates, uniform, oldFactor);
  }

  private trackTrial(state: LifeState, month: number, rates: Float64Array, uniform: number, before: number): number {
    const { lives } = this;
    const { at, exposure } = state;
    const after = month - this.trial;
    if (exposure === undefined || after <= 0) return 1;
    if (after === 1 && !state.hasChurned) lives.isJudged[at] = 1;
    if (after <= FOLLOW_UP_MONTHS && lives.isJudged[at] === 1) {
      for (let arm = 0; arm < ARMS.length; arm += 1) {
        const chance = this.hazard.of(at, rates, before * effectFactor(exposure, arm, after));
        state.stayChance[arm]! *= 1 - chance;
        lives.outcomeChance[at * ARMS.length + arm] = 1 - state.stayChance[arm]!;
        if (uniform < chance) lives.outcomes[at]! |= 1 << arm;
      }
    }
    return effectFactor(exposure, lives.arm[at]!, after);
  }

  private trackOldRule(state: LifeState, month: number, rates: Float64Array, uniform: number): number {
    const { lives, stream } = this;
    const { at, oldExposure: exposure } = state;
    const after = month - this.oldRule;
    if (exposure === undefined || after <= 0) return 1;
    const called = oldEffectFactor(exposure, agentQuality(stream, lives.oldAgent[at]!), after);
    if (after === 1 && !state.hasChurned) lives.isOldJudged[at] = 1;
    if (after <= FOLLOW_UP_MONTHS && lives.isOldJudged[at] === 1) {
      for (let arm = 0; arm < OLD_ARMS.length; arm += 1) {
        const chance = this.hazard.of(at, rates, arm === 0 ? 1 : called);
        state.oldStayChance[arm]! *= 1 - chance;
        lives.oldOutcomeChance[at * OLD_ARMS.length + arm] = 1 - state.oldStayChance[arm]!;
        if (uniform < chance) lives.oldOutcomes[at]! |= 1 << arm;
      }
    }
    return lives.isOldCalled[at] === 1 ? called : 1;
  }

  private enrolInOldRule(state: LifeState, month: number): void {
    const { lives, stream, world } = this;
    const { at } = state;
    if (state.joined > month - REACTION_MONTHS - 1) return;
    const risk = hazardOf(pendingRates(state, month));
    const isListed = isOnList(state.billCny, monthsSinceContract(state, month));
    const { agent, isAnswered: wouldAnswer, isCalled } = sampleOldCall(stream, at, isListed);
    const touchDay = firstDayOfMonth(world, month) + 2 + stream.at(Purpose.oldRule, at, 2).below(9);
    const answers = wouldAnswer && isInUse(lives, world.subscriptions.activatedDay[at]!, at, touchDay);
    const type = sampleResponseType(stream, at, state.overpaid, risk);
    state.oldExposure = { type, isCalled: true, isAnswered: answers };
    lives.isOldCalled[at] = isCalled ? 1 : 0;
    lives.oldAgent[at] = agent;
    lives.isOldAnswered[at] = answers ? 1 : 0;
    lives.oldResponseType[at] = type;
    if (isCalled) lives.oldTouchDay[at] = touchDay;
  }

  private enrolInTrial(state: LifeState, month: number, call: HouseholdCall): void {
    const { lives, stream, world } = this;
    const { at } = state;
    if (state.joined > month - REACTION_MONTHS - 1) return;
    const risk = hazardOf(pendingRates(state, month));
    const touchDay = firstDayOfMonth(world, month) + 2 + stream.at(Purpose.response, at, 2).below(9);
    const isCalled = call.called === undefined;
    if (isCalled) {
      call.called = at;
      call.isAnswered = isAnswered(stream, at) && isInUse(lives, world.subscriptions.activatedDay[at]!, at, touchDay);
      lives.touchDay[at] = touchDay;
    }
    const type = sampleResponseType(stream, at, state.overpaid, risk);
    state.exposure = { type, isCalled, isAnswered: call.isAnswered };
    lives.arm[at] = call.arm;
    lives.responseType[at] = type;
    lives.isCalled[at] = isCalled ? 1 : 0;
    lives.isAnswered[at] = call.isAnswered ? 1 : 0;
  }
}
