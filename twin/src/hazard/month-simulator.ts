import { Purpose, type Stream } from '../randomness/stream.js';
import { faultOf } from '../world/geography.js';
import { lifeEventIn } from '../world/life-events.js';
import { userOf } from '../world/ownership.js';
import { FAMILY_PLAN, PLANS, bestOpenPlan, expectedBillCny, type Plan } from '../world/plans.js';
import { RIVALS, RivalCampaigns } from '../world/rivals.js';
import { firstDayOfMonth, homeCellOf, movesIn, workCellOf, type World } from '../world/world.js';
import { CAUSES, fillObservableRates, type Drivers } from './causes.js';
import {
  BURN_IN,
  OUTLOOK_MONTHS,
  REACTION_MONTHS,
  monthsSinceContract,
  pendingRates,
  suspend,
  type LifeState,
} from './life-state.js';
import type { Lives } from './lives.js';
import { DOWNGRADE_OVERPAID, DOWNGRADE_RATE, REDUCED_NEED_RATE, fillLossRates, sampleValueLoss } from './value-loss.js';

/** Offset that makes months in random keys non-negative. */
export const MONTH_KEY = 8;
const FADING = 0.6;

/** Events of a month, and their effect on the rates two months later. */
export class MonthSimulator {
  private readonly rates = new Float64Array(CAUSES.length);
  private readonly hotlineCalls = new Float64Array(RIVALS.length);
  private readonly rivals: RivalCampaigns;

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
    private readonly stream: Stream,
  ) {
    const months = BURN_IN + world.months + OUTLOOK_MONTHS;
    this.rivals = new RivalCampaigns(world.seed, world.firstMonth - BURN_IN, months);
  }

  simulate(state: LifeState, month: number): void {
    const { world, lives } = this;
    const { at } = state;
    const random = this.stream.at(Purpose.lifeState, at, month + MONTH_KEY);
    const fades = driftUsage(state, random);
    const { heir, handOverMonth } = world.subscriptions;
    if (heir[at]! >= 0 && month === handOverMonth[at]) this.applyHandOver(state, month);
    const user = userOf(world, at, month);
    if (lifeEventIn(world.lifeEvents, user, month) !== undefined) {
      state.voiceLog += world.lifeEvents.voiceShift[user]!;
      state.dataLog += world.lifeEvents.dataShift[user]!;
    }
    renewContract(state, month, random);
    const considersPlan = random.chance(DOWNGRADE_RATE);
    const signsContract = random.chance(0.5);
    const events = this.sampleEvents(state, month);
    const loss = sampleValueLoss(this.stream.at(Purpose.valueLoss, at, month + MONTH_KEY), state, fades);
    const season = seasonOf(world.firstMonth + month);
    const voiceScale = Math.exp(state.voiceLog + state.fade + state.voiceMoved) * season;
    const dataScale = Math.exp(state.dataLog + state.fade + state.dataMoved);
    const minutes = world.minutesOut[at]! * voiceScale;
    const dataMb = world.subscriptions.dataMb[at]! * dataScale;
    const sms = world.subscriptions.smsSent[at]!;
    const best = bestOpenPlan(minutes, dataMb, sms);
    if (loss.shrinks && isFree(state, month)) state.plan = best.plan;
    const plan = PLANS[state.plan]!;
    state.bestPlan = best.plan;
    state.billCny = expectedBillCny(plan, minutes, dataMb, sms);
    state.overpaid = Math.max(0, Math.log(state.billCny / best.billCny));
    if (month >= 0 && month < lives.months && !state.hasChurned) {
      const place = at * lives.months + month;
      lives.plan[place] = state.plan;
      lives.voiceScale[place] = voiceScale;
      lives.dataScale[place] = dataScale;
      lives.contractEnd[place] = state.contractEnd;
      lives.droppedCalls[place] = events.dropped;
      lives.rivalCalls[place] = events.rival;
      lives.complaints[place] = events.complaints;
      lives.arrearsMonths[place] = state.arrearsMonths;
      lives.lossCause[place] = loss.cause + 1;
      lives.lossChance[place] = loss.chance;
    }
    this.setPendingRates(state, month);
    // a new plan starts in the next month
    const mayChange = isFree(state, month) && best.plan !== state.plan;
    this.setLossRates(state, plan, minutes, dataMb, mayChange);
    state.hasDowngraded = mayChange && state.overpaid > DOWNGRADE_OVERPAID && considersPlan;
    if (state.hasDowngraded) {
      state.plan = best.plan;
      if (signsContract) state.contractEnd = month + 12;
    }
  }

  private sampleEvents(state: LifeState, month: number): { dropped: number; rival: number; complaints: number } {
    const { world, stream } = this;
    const { at } = state;
    const person = userOf(world, at, month);
    const homeCell = homeCellOf(world, person, month);
    const calendarMonth = world.firstMonth + month;
    const fault =
      0.7 * faultOf(stream, world.geography, homeCell, calendarMonth) +
      0.3 * faultOf(stream, world.geography, workCellOf(world, person, month, homeCell), calendarMonth);
    const random = stream.at(Purpose.lifeEvent, at, month + MONTH_KEY);
    const dropped = Math.min(255, random.poisson(0.5 + 9 * fault));
    this.rivals.fillCalls(world.geography.district[homeCell]!, calendarMonth, state.age, this.hotlineCalls);
    const rival = Math.min(255, random.poisson(this.hotlineCalls.reduce((sum, calls) => sum + calls, 0)));
    const complaints = Math.min(255, random.poisson(0.045 + 0.03 * dropped + 0.12 * Math.max(0, state.overpaid - 0.5)));
    state.droppedCalls = FADING * state.droppedCalls + Math.max(0, dropped - 1);
    state.rivalCalls = FADING * state.rivalCalls + rival;
    state.complaints = FADING * state.complaints + complaints;
    if (month >= 0 && movesIn(world, person, month)) state.movedMonth = month;
    this.updateArrears(state, month, random);
    return { dropped, rival, complaints };
  }

  /** The new user has other usage; the former usual usage is void. */
  private applyHandOver(state: LifeState, month: number): void {
    const { subscriptions, people } = this.world;
    const random = this.stream.at(Purpose.handOver, state.at, month + MONTH_KEY);
    const heir = subscriptions.heir[state.at]!;
    state.age = people.age[heir]!;
    state.incomeCny = people.incomeCny[heir]!;
    state.voiceLog = 0.3 * random.normal();
    state.dataLog = 0.4 * random.normal();
    state.voiceMoved = 0;
    state.dataMoved = 0;
    state.usual = [];
    state.movedMonth = undefined;
  }

  private setLossRates(state: LifeState, plan: Plan, minutes: number, dataMb: number, mayChange: boolean): void {
    const { rivalCalls, billCny, age, overpaid } = state;
    const beyondCny = (used: number, covered: number, myriad: number): number =>
      (Math.max(0, used - covered) * myriad) / 10_000;
    const dataBeyond = Math.min(1, beyondCny(dataMb, plan.dataMb, plan.dataMyriad) / billCny);
    const callsBeyond = Math.min(1, beyondCny(minutes, plan.voiceMinutes, plan.localMyriad) / billCny);
    fillLossRates({ rivalCalls, dataBeyond, callsBeyond, billCny, age, overpaid, isFree: mayChange }, state.lossRates);
  }

  /**
   * Bills stay unpaid for two months; then most subscriptions in arrears are suspended. The warning is a suspension of
   * a few days. Firms pay in time.
   */
  private updateArrears(state: LifeState, month: number, random: Stream): void {
    const forgets = random.chance(state.incomeCny < 3500 ? 0.01 : 0.004);
    const begins = forgets && this.world.subscriptions.payingFirm[state.at]! < 0;
    const warningDay = 4 + random.below(14);
    const warningDays = 2 + random.below(5);
    if (state.arrearsMonths >= REACTION_MONTHS) state.arrearsMonths = 0;
    else if (state.arrearsMonths > 0) state.arrearsMonths += 1;
    else if (begins && !state.wasWarned) state.arrearsMonths = 1;
    if (state.arrearsMonths !== 2 || month < 0) return;
    state.wasWarned = true;
    if (state.hasChurned) return;
    const from = firstDayOfMonth(this.world, month) + warningDay;
    suspend(this.lives, state, from, from + warningDays, 'one_way');
  }

  /** Schedules the rates that follow from this month's drivers. */
  private setPendingRates(state: LifeState, month: number): void {
    const { world } = this;
    const targetMonth = month + REACTION_MONTHS;
    const index = (state.voiceLog + state.voiceMoved + state.dataLog + state.dataMoved) / 2 + state.fade;
    const before = state.usual.length === 0 ? [index] : state.usual;
    const usual = before.reduce((sum, value) => sum + value, 0) / before.length;
    const day = firstDayOfMonth(world, month + 1);
    const drivers: Drivers = {
      overpaid: state.overpaid,
      monthsSinceContract: monthsSinceContract(state, targetMonth - 1),
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
    pendingRates(state, targetMonth).set(this.rates);
    state.usual = [...state.usual.slice(-2), index];
  }
}

/** @returns whether usage begins to fade */
function driftUsage(state: LifeState, random: Stream): boolean {
  state.voiceLog += 0.05 * random.normal();
  state.dataLog += 0.01 + 0.07 * random.normal();
  const begins = random.chance(REDUCED_NEED_RATE) && state.fadingMonths === 0;
  if (begins) state.fadingMonths = 3;
  if (state.fadingMonths > 0) {
    state.fade -= 0.25 + 0.3 * random.next();
    state.fadingMonths -= 1;
  } else {
    state.fade *= 0.8;
  }
  return begins;
}

function renewContract(state: LifeState, month: number, random: Stream): void {
  const since = month - state.contractEnd;
  const renews = random.chance(since > 0 && since <= 4 ? 0.2 : 0.012);
  if (since > 0 && renews) state.contractEnd = month - 1 + (random.chance(0.6) ? 12 : 24);
}

function isFree({ plan, contractEnd }: LifeState, month: number): boolean {
  return plan !== FAMILY_PLAN && contractEnd <= month;
}

/** More calls at New Year and National Day. */
function seasonOf(month: number): number {
  const ofYear = month % 12;
  return ofYear === 1 ? 1.15 : ofYear === 9 ? 1.06 : 1;
}
