import { Purpose, Stream } from '../randomness/stream.js';
import {
  OLD_ARMS,
  agentQuality,
  drawOldCall,
  isOnList,
  oldEffectFactor,
  oldRuleMonth,
} from '../treatment/old-rule.js';
import {
  ARMS,
  FOLLOW_UP_MONTHS,
  armOf,
  effectFactor,
  isAnswered,
  responseTypeOf,
  trialMonth,
  type Exposure,
} from '../treatment/trial.js';
import { faultOf } from '../world/geography.js';
import { FAMILY_PLAN, PLANS, bestOpenPlan, expectedBillCny } from '../world/plans.js';
import { LATENTS } from '../world/subscriptions.js';
import { daysOfMonth, firstDayOfMonth, homeCellOf, type World } from '../world/world.js';
import { monthOfDay } from '../calendar/calendar.js';
import { ARREARS, CAUSES, fillObservableRates, hazardOf, isVisible, latentFactor, type Drivers } from './causes.js';
import { NO_CONTRACT, SUSPENSIONS_MAX, SUSPENSION_KINDS, WAYS_OUT, isInUse, type Lives } from './lives.js';

/** Months lived before the span, so that the drivers of its first months exist. Nobody leaves in them. */
const BURN_IN = 3;
/** What happens in a month shows in the hazard so many months later. */
export const REACTION_MONTHS = 2;
/** Months are part of the key of randomness, which takes no negative ones. */
const MONTH_KEY = 8;
const FADING = 0.6;

/**
 * Lives through the whole span with every member of a household, the only ones who touch each other (a call reaches
 * the others at home). Households are independent, so blocks of them may be lived in any order.
 */
export class LifeSimulator {
  private readonly stream: Stream;
  /** Position of the campaign's month; beyond every month where there is none. */
  private readonly trial: number;
  /** The same of the campaign by the old rule. */
  private readonly oldRule: number;
  private readonly rates = new Float64Array(CAUSES.length);
  private readonly trueRates = new Float64Array(CAUSES.length);

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
  ) {
    this.stream = new Stream(world.seed);
    this.trial = trialMonth(world.months) ?? Infinity;
    this.oldRule = oldRuleMonth(world.months) ?? Infinity;
  }

  liveHousehold(household: number): void {
    const { households, subscriptions } = this.world;
    const first = subscriptions.firstOfPerson[households.firstPerson[household]!]!;
    const after = subscriptions.firstOfPerson[households.firstPerson[household + 1]!]!;
    const call: HouseholdCall = { arm: armOf(this.stream, household), called: undefined, isAnswered: false };
    for (let at = first; at < after; at += 1) this.live(at, household, call);
  }

  private live(at: number, household: number, call: HouseholdCall): void {
    const { world } = this;
    const joined = monthOfDay(world.subscriptions.activatedDay[at]!) - world.firstMonth;
    const state = this.begin(at, household, Math.max(joined, -BURN_IN));
    for (let month = state.firstMonth; month < world.months; month += 1) {
      this.liveMonth(state, month);
      const wasThere = !state.hasLeft;
      if (month >= state.firstMonth + REACTION_MONTHS && month >= 0) this.risk(state, month);
      if (month === this.oldRule && wasThere) this.enterOldRule(state, month, joined);
      if (month === this.trial && wasThere) this.enterTrial(state, month, joined, call);
      // the others of the household and the other arms go on without those who left, until the campaign is judged
      const isFollowed =
        (state.exposure !== undefined && month < this.trial + FOLLOW_UP_MONTHS) ||
        (state.oldExposure !== undefined && month < this.oldRule + FOLLOW_UP_MONTHS);
      if (state.hasLeft && !isFollowed) return;
    }
  }

  private begin(at: number, household: number, firstMonth: number): State {
    const { subscriptions, people } = this.world;
    const random = this.stream.at(Purpose.lifeState, at);
    const isOld = firstMonth === -BURN_IN;
    const contract = subscriptions.entryContractMonths[at]!;
    const isUnderContract = contract > 0 && (!isOld || random.chance(0.6));
    const fallback = isOld && random.chance(0.1) ? firstMonth - 1 - random.below(4) : NO_CONTRACT;
    return {
      at,
      household,
      age: people.age[subscriptions.person[at]!]!,
      incomeCny: people.incomeCny[subscriptions.person[at]!]!,
      firstMonth,
      plan: subscriptions.entryPlan[at]!,
      contractEnd: isUnderContract ? firstMonth - 1 + (isOld ? 1 + random.below(contract) : contract) : fallback,
      voiceLog: (isOld ? 0.25 : 0.1) * random.normal(),
      dataLog: (isOld ? 0.35 : 0.1) * random.normal(),
      fade: 0,
      fadingMonths: 0,
      usual: [],
      complaints: 0,
      rivalCalls: 0,
      droppedCalls: 0,
      arrearsMonths: 0,
      suspensions: 0,
      wasWarned: false,
      pending: new Float64Array(CAUSES.length * (REACTION_MONTHS + 1)),
      overpaid: 0,
      billCny: 0,
      hasLeft: false,
      exposure: undefined,
      stayChance: new Float64Array(ARMS.length).fill(1),
      oldExposure: undefined,
      oldStayChance: new Float64Array(OLD_ARMS.length).fill(1),
    };
  }

  /** What happens in a month and what it does to the rates of two months later. */
  private liveMonth(state: State, month: number): void {
    const { world, lives } = this;
    const { at } = state;
    const random = this.stream.at(Purpose.lifeState, at, month + MONTH_KEY);
    this.drift(state, random);
    this.contract(state, month, random);
    const thinksOfPlan = random.chance(0.03);
    const wouldSign = random.chance(0.5);
    const events = this.happen(state, month);
    const voiceScale = Math.exp(state.voiceLog + state.fade) * seasonOf(world.firstMonth + month);
    const dataScale = Math.exp(state.dataLog + state.fade);
    const minutes = world.minutesOut[at]! * voiceScale;
    const dataMb = world.subscriptions.dataMb[at]! * dataScale;
    const sms = world.subscriptions.smsSent[at]!;
    const best = bestOpenPlan(minutes, dataMb, sms);
    state.billCny = expectedBillCny(PLANS[state.plan]!, minutes, dataMb, sms);
    state.overpaid = Math.max(0, Math.log(state.billCny / best.billCny));
    if (month >= 0 && !state.hasLeft) {
      const place = at * lives.months + month;
      lives.plan[place] = state.plan;
      lives.voiceScale[place] = voiceScale;
      lives.dataScale[place] = dataScale;
      lives.contractEnd[place] = state.contractEnd;
      lives.droppedCalls[place] = events.dropped;
      lives.rivalCalls[place] = events.rival;
      lives.complaints[place] = events.complaints;
      lives.arrearsMonths[place] = state.arrearsMonths;
    }
    this.foresee(state, month);
    // a new plan holds from the next month on
    const mayChange = state.plan !== FAMILY_PLAN && state.contractEnd <= month && best.plan !== state.plan;
    if (mayChange && state.overpaid > 0.2 && thinksOfPlan) {
      state.plan = best.plan;
      if (wouldSign) state.contractEnd = month + 12;
    }
  }

  private drift(state: State, random: Stream): void {
    state.voiceLog += 0.05 * random.normal();
    state.dataLog += 0.01 + 0.07 * random.normal();
    const begins = random.chance(0.018);
    if (state.fadingMonths === 0 && begins) state.fadingMonths = 3;
    if (state.fadingMonths > 0) {
      state.fade -= 0.25 + 0.3 * random.next();
      state.fadingMonths -= 1;
    } else {
      state.fade *= 0.8;
    }
  }

  private contract(state: State, month: number, random: Stream): void {
    const since = month - state.contractEnd;
    const renews = random.chance(since > 0 && since <= 4 ? 0.2 : 0.012);
    if (since > 0 && renews) state.contractEnd = month - 1 + (random.chance(0.6) ? 12 : 24);
  }

  private happen(state: State, month: number): { dropped: number; rival: number; complaints: number } {
    const { world, stream } = this;
    const { at, household } = state;
    const person = world.subscriptions.person[at]!;
    const homeCell = homeCellOf(world, person, month);
    const calendarMonth = world.firstMonth + month;
    const fault =
      0.7 * faultOf(stream, world.geography, homeCell, calendarMonth) +
      0.3 * faultOf(stream, world.geography, world.people.workCell[person]!, calendarMonth);
    const isOffensive = stream.at(Purpose.fault, -1 - world.geography.district[homeCell]!, calendarMonth).chance(0.18);
    const random = stream.at(Purpose.lifeEvent, at, month + MONTH_KEY);
    const dropped = Math.min(255, random.poisson(0.5 + 9 * fault));
    const rival = Math.min(255, random.poisson(isOffensive ? 0.45 : 0.05));
    const complaints = Math.min(255, random.poisson(0.045 + 0.03 * dropped + 0.12 * Math.max(0, state.overpaid - 0.5)));
    state.droppedCalls = FADING * state.droppedCalls + Math.max(0, dropped - 1);
    state.rivalCalls = FADING * state.rivalCalls + rival;
    state.complaints = FADING * state.complaints + complaints;
    if (month >= 0 && month === world.households.moveMonth[household]) state.movedMonth = month;
    this.pay(state, month, random);
    return { dropped, rival, complaints };
  }

  /** Bills stay unpaid for two months; then most who owe are cut off. The warning is a suspension of a few days. */
  private pay(state: State, month: number, random: Stream): void {
    const begins = random.chance(state.incomeCny < 3500 ? 0.01 : 0.004);
    const warningDay = 4 + random.below(14);
    const warningDays = 2 + random.below(5);
    if (state.arrearsMonths >= REACTION_MONTHS) state.arrearsMonths = 0;
    else if (state.arrearsMonths > 0) state.arrearsMonths += 1;
    else if (begins && !state.wasWarned) state.arrearsMonths = 1;
    if (state.arrearsMonths !== 2 || month < 0) return;
    state.wasWarned = true;
    if (state.hasLeft) return;
    const from = firstDayOfMonth(this.world, month) + warningDay;
    this.suspend(state, from, from + warningDays, 'one_way');
  }

  private suspend(state: State, from: number, to: number, kind: (typeof SUSPENSION_KINDS)[number]): void {
    const spell = state.at * SUSPENSIONS_MAX + state.suspensions;
    this.lives.suspendedFrom[spell] = from;
    this.lives.suspendedTo[spell] = to;
    this.lives.suspensionKind[spell] = SUSPENSION_KINDS.indexOf(kind);
    state.suspensions += 1;
  }

  /** Writes the rates that this month's drivers mean for the month in which they show. */
  private foresee(state: State, month: number): void {
    const { world } = this;
    const then = month + REACTION_MONTHS;
    const index = state.voiceLog / 2 + state.dataLog / 2 + state.fade;
    const before = state.usual.length === 0 ? [index] : state.usual;
    const usual = before.reduce((sum, value) => sum + value, 0) / before.length;
    const day = firstDayOfMonth(world, month + 1);
    const drivers: Drivers = {
      overpaid: state.overpaid,
      monthsSinceContract: state.contractEnd === NO_CONTRACT ? Infinity : then - 1 - state.contractEnd,
      drop: Math.max(0, usual - index),
      complaints: state.complaints,
      rivalCalls: state.rivalCalls,
      droppedCalls: state.droppedCalls,
      monthsSinceMove: state.movedMonth === undefined ? Infinity : month - state.movedMonth,
      yearsWithUs: (day - world.subscriptions.activatedDay[state.at]!) / 365.25,
      age: state.age,
      arrearsMonths: state.arrearsMonths,
    };
    fillObservableRates(drivers, this.rates);
    state.pending.set(this.rates, pendingPlace(then));
    state.usual = [...state.usual.slice(-2), index];
  }

  /** Whether somebody leaves in a month, in every arm that the household might be in. */
  private risk(state: State, month: number): void {
    const { lives } = this;
    const { at } = state;
    const rates = state.pending.subarray(pendingPlace(month), pendingPlace(month) + CAUSES.length);
    const leaving = this.stream.at(Purpose.departure, at, month + MONTH_KEY).next();
    // the one campaign is judged before the other begins; what is left of it is the same in every arm of the other
    const oldFactor = this.followOldRule(state, month, rates, leaving);
    const factor = oldFactor * this.followTrial(state, month, rates, leaving, oldFactor);
    if (state.hasLeft) return;
    const hazard = this.trueHazard(at, rates, factor);
    const place = at * lives.months + month;
    lives.hazard[place] = hazard;
    lives.observableHazard[place] = hazardOf(rates);
    lives.rates.set(rates, place * CAUSES.length);
    if (leaving < hazard) this.leave(state, month, rates);
  }

  /** What a month means in each arm of the trial. @returns the factor on the rates in the arm that it is */
  private followTrial(state: State, month: number, rates: Float64Array, leaving: number, before: number): number {
    const { lives } = this;
    const { at, exposure } = state;
    const after = month - this.trial;
    if (exposure === undefined || after <= 0) return 1;
    if (after === 1 && !state.hasLeft) lives.isJudged[at] = 1;
    if (after <= FOLLOW_UP_MONTHS && lives.isJudged[at] === 1) {
      for (let arm = 0; arm < ARMS.length; arm += 1) {
        const chance = this.trueHazard(at, rates, before * effectFactor(exposure, arm, after));
        state.stayChance[arm]! *= 1 - chance;
        lives.outcomeChance[at * ARMS.length + arm] = 1 - state.stayChance[arm]!;
        if (leaving < chance) lives.outcomes[at]! |= 1 << arm;
      }
    }
    return effectFactor(exposure, lives.arm[at]!, after);
  }

  /** The same for the call by the old rule. */
  private followOldRule(state: State, month: number, rates: Float64Array, leaving: number): number {
    const { lives, stream } = this;
    const { at, oldExposure: exposure } = state;
    const after = month - this.oldRule;
    if (exposure === undefined || after <= 0) return 1;
    const called = oldEffectFactor(exposure, agentQuality(stream, lives.oldAgent[at]!), after);
    if (after === 1 && !state.hasLeft) lives.isOldJudged[at] = 1;
    if (after <= FOLLOW_UP_MONTHS && lives.isOldJudged[at] === 1) {
      for (let arm = 0; arm < OLD_ARMS.length; arm += 1) {
        const chance = this.trueHazard(at, rates, arm === 0 ? 1 : called);
        state.oldStayChance[arm]! *= 1 - chance;
        lives.oldOutcomeChance[at * OLD_ARMS.length + arm] = 1 - state.oldStayChance[arm]!;
        if (leaving < chance) lives.oldOutcomes[at]! |= 1 << arm;
      }
    }
    return lives.isOldCalled[at] === 1 ? called : 1;
  }

  /** Fills `trueRates` too. @param factor of the campaign, on what somebody decides for himself */
  private trueHazard(at: number, rates: Float64Array, factor: number): number {
    const { latent } = this.world.subscriptions;
    for (let cause = 0; cause < CAUSES.length; cause += 1) {
      const own = cause < LATENTS ? latentFactor(cause, latent[at * LATENTS + cause]!) : 1;
      this.trueRates[cause] = rates[cause]! * own * (cause === ARREARS ? 1 : factor);
    }
    return hazardOf(this.trueRates);
  }

  private leave(state: State, month: number, rates: Float64Array): void {
    const { world, lives } = this;
    const { at } = state;
    const random = this.stream.at(Purpose.departure, at, month + MONTH_KEY + 1000);
    const cause = random.weighted(this.trueRates);
    const days = daysOfMonth(world, month);
    const first = firstDayOfMonth(world, month);
    const wayOut = cause === ARREARS ? 3 : random.weighted([0.72, 0.2, 0.08]);
    state.hasLeft = true;
    lives.leftMonth[at] = month;
    lives.cause[at] = cause;
    lives.wayOut[at] = wayOut;
    lives.isVisible[at] = isVisible(cause, rates[cause]!) ? 1 : 0;
    const isCut = WAYS_OUT[wayOut] === 'suspended' || WAYS_OUT[wayOut] === 'nonPayment';
    if (isCut) {
      // at least seven days of the month, so that it counts in this month
      const from = first + random.below(days - 7);
      const to = from + 28 + random.below(40);
      lives.leftDay[at] = from;
      lives.cancelledDay[at] = to;
      this.suspend(state, from, to, wayOut === 3 ? 'two_way' : 'voluntary');
      return;
    }
    const day = first + random.below(days);
    lives.leftDay[at] = day;
    lives.cancelledDay[at] = day;
  }

  private enterOldRule(state: State, month: number, joined: number): void {
    const { lives, stream, world } = this;
    const { at } = state;
    if (joined > month - REACTION_MONTHS - 1) return;
    const risk = hazardOf(state.pending.subarray(pendingPlace(month), pendingPlace(month) + CAUSES.length));
    const since = state.contractEnd === NO_CONTRACT ? Infinity : month - state.contractEnd;
    const { agent, isAnswered: picksUp, isCalled } = drawOldCall(stream, at, isOnList(state.billCny, since));
    const touchDay = firstDayOfMonth(world, month) + 2 + stream.at(Purpose.oldRule, at, 2).below(9);
    const answers = picksUp && isInUse(lives, world.subscriptions.activatedDay[at]!, at, touchDay);
    const type = responseTypeOf(stream, at, state.overpaid, risk);
    state.oldExposure = { type, isCalled: true, isAnswered: answers };
    lives.isOldCalled[at] = isCalled ? 1 : 0;
    lives.oldAgent[at] = agent;
    lives.isOldAnswered[at] = answers ? 1 : 0;
    lives.oldResponseType[at] = type;
    if (isCalled) lives.oldTouchDay[at] = touchDay;
  }

  private enterTrial(state: State, month: number, joined: number, call: HouseholdCall): void {
    const { lives, stream, world } = this;
    const { at } = state;
    if (joined > month - REACTION_MONTHS - 1) return;
    const risk = hazardOf(state.pending.subarray(pendingPlace(month), pendingPlace(month) + CAUSES.length));
    const touchDay = firstDayOfMonth(world, month) + 2 + stream.at(Purpose.response, at, 2).below(9);
    const isCalled = call.called === undefined;
    if (isCalled) {
      call.called = at;
      call.isAnswered = isAnswered(stream, at) && isInUse(lives, world.subscriptions.activatedDay[at]!, at, touchDay);
      lives.touchDay[at] = touchDay;
    }
    const type = responseTypeOf(stream, at, state.overpaid, risk);
    state.exposure = { type, isCalled, isAnswered: call.isAnswered };
    lives.arm[at] = call.arm;
    lives.responseType[at] = type;
    lives.isCalled[at] = isCalled ? 1 : 0;
    lives.isAnswered[at] = call.isAnswered ? 1 : 0;
  }
}

/** More calls at New Year and at National Day. */
function seasonOf(month: number): number {
  const ofYear = month % 12;
  return ofYear === 1 ? 1.15 : ofYear === 9 ? 1.06 : 1;
}

function pendingPlace(month: number): number {
  const slots = REACTION_MONTHS + 1;
  return (((month % slots) + slots) % slots) * CAUSES.length;
}

interface HouseholdCall {
  arm: number;
  /** Whom the campaign called, once known. */
  called: number | undefined;
  isAnswered: boolean;
}

interface State {
  at: number;
  household: number;
  age: number;
  incomeCny: number;
  firstMonth: number;
  plan: number;
  contractEnd: number;
  voiceLog: number;
  dataLog: number;
  fade: number;
  fadingMonths: number;
  usual: number[];
  complaints: number;
  rivalCalls: number;
  droppedCalls: number;
  movedMonth?: number;
  arrearsMonths: number;
  suspensions: number;
  wasWarned: boolean;
  /** Rates of this month and the next two, a slot each. */
  pending: Float64Array;
  overpaid: number;
  billCny: number;
  hasLeft: boolean;
  exposure: Exposure | undefined;
  stayChance: Float64Array;
  oldExposure: Exposure | undefined;
  oldStayChance: Float64Array;
}
