import { monthOfDay } from '@holdfast/platform/calendar';
import { NEVER } from '../calendar/calendar.js';
import { Purpose, Stream } from '../randomness/stream.js';
import { contactFactor } from '../treatment/contact-effect.js';
import { subscriptionRange } from '../world/subscriptions.js';
import { daysOfMonth, firstDayOfMonth, type World } from '../world/world.js';
import { ARREARS, CAUSES, hazardOf, isVisible, TrueHazard } from './causes.js';
import { BURN_IN, REACTION_MONTHS, initialState, pendingRates, suspend, type LifeState } from './life-state.js';
import { DEPARTURE_WAYS, allocateLives, type Lives } from './lives.js';
import { MONTH_KEY, MonthSimulator } from './month-simulator.js';
import { Outlook } from './outlook.js';
import { PastCampaigns, type HouseholdCall } from './past-campaigns.js';

/** A return follows after the end of the cancelled subscription. */
const RETURN_MONTHS_MIN = 3;
export const RETURN_MONTHS_MAX = 8;

/** Contacts in the continuation, after all members have lived the month. */
export interface MonthEndHook {
  onMonthEnd(household: number, members: readonly LifeState[], month: number): void;
  /** Cost of accepted offers in a month, CNY; bills exclude it. */
  offerCostCny(state: LifeState, month: number): number;
}

interface LifeOptions {
  hook?: MonthEndHook;
  /** Whether to calculate the value of contacts after the span. */
  withOutlook?: boolean;
}

export function simulateLives(world: World, options?: LifeOptions): Lives {
  const lives = allocateLives(world.subscriptions.count, world.months);
  new LifeSimulator(world, lives, options).simulateHouseholds();
  return lives;
}

/**
 * Simulates the members of a household together, since a call affects the other members. Households are independent, so
 * their order does not matter.
 */
export class LifeSimulator {
  private readonly hook: MonthEndHook | undefined;
  private readonly stream: Stream;
  private readonly monthSimulator: MonthSimulator;
  private readonly hazard: TrueHazard;
  private readonly campaigns: PastCampaigns;
  private readonly outlook?: Outlook;

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
    { hook, withOutlook = false }: LifeOptions = {},
  ) {
    this.hook = hook;
    this.stream = new Stream(world.seed);
    this.hazard = new TrueHazard(world);
    this.monthSimulator = new MonthSimulator(world, lives, this.stream);
    this.campaigns = new PastCampaigns(world, lives, this.stream, this.hazard);
    const { stream, monthSimulator, campaigns, hazard } = this;
    if (withOutlook) this.outlook = new Outlook(world, lives.outlook, stream, monthSimulator, campaigns, hazard);
  }

  simulateHouseholds(from = 0, to = this.world.households.count): void {
    for (let household = from; household < to; household += 1) this.simulateHousehold(household);
  }

  simulateHousehold(household: number): void {
    const { world } = this;
    const { households, subscriptions } = world;
    const [first, after] = subscriptionRange(subscriptions, households, household);
    const call = this.campaigns.householdCall(household);
    const members: LifeState[] = [];
    let mayReturn = false;
    for (let at = first; at < after; at += 1) {
      if (subscriptions.returnOf[at]! < 0) members.push(this.initialState(at, household));
      else subscriptions.activatedDay[at] = NEVER;
      mayReturn ||= subscriptions.returnAs[at]! >= 0;
    }
    for (let month = -BURN_IN; month < world.months; month += 1) {
      for (const state of members)
        if (month >= state.firstMonth && !state.isOver) this.simulateMonth(state, month, call);
      if (mayReturn && month >= 0) this.scheduleReturns(members, month);
      if (month >= world.historyMonths) this.hook?.onMonthEnd(household, members, month);
    }
    this.outlook?.fillColumns(members);
  }

  private initialState(at: number, household: number): LifeState {
    const joined = monthOfDay(this.world.subscriptions.activatedDay[at]!) - this.world.firstMonth;
    return initialState(this.world, this.stream, at, household, joined);
  }

  /** Adds the returns of subscriptions that churned in the month, if they begin within the history. */
  private scheduleReturns(members: LifeState[], month: number): void {
    const { world, lives, stream } = this;
    const { returnAs, activatedDay } = world.subscriptions;
    const churners = members.filter(({ at }) => returnAs[at]! >= 0 && lives.churnMonth[at] === month);
    for (const { at, household } of churners) {
      const random = stream.at(Purpose.scheduleReturns, at, 1);
      const returnMonth = month + RETURN_MONTHS_MIN + random.below(RETURN_MONTHS_MAX - RETURN_MONTHS_MIN + 1);
      if (lives.cause[at] === ARREARS || returnMonth >= world.historyMonths) continue;
      const returning = returnAs[at]!;
      activatedDay[returning] = firstDayOfMonth(world, returnMonth) + random.below(daysOfMonth(world, returnMonth));
      members.push(this.initialState(returning, household));
    }
  }

  private simulateMonth(state: LifeState, month: number, call: HouseholdCall): void {
    const { world, lives } = this;
    this.monthSimulator.simulate(state, month);
    const wasActive = !state.hasChurned;
    const isAtRisk = month >= state.firstMonth + REACTION_MONTHS && month >= 0;
    const chance = isAtRisk ? this.resolveRisk(state, month) : 0;
    if (wasActive) this.campaigns.enrol(state, month, call);
    const isContinued = lives.stayChance[state.at]! > 0;
    if (isContinued) this.accrueValue(state, month, chance);
    if (month === world.historyMonths - 1 && !state.hasChurned) lives.stayChance[state.at] = 1;
    if (state.hasChurned && !isContinued && !this.campaigns.isTracked(state, month)) state.isOver = true;
  }

  /** Decides on churn in a month, in every arm of the past campaigns. @returns the probability */
  private resolveRisk(state: LifeState, month: number): number {
    const { lives } = this;
    const { at } = state;
    const rates = pendingRates(state, month);
    const uniform = this.stream.at(Purpose.departure, at, month + MONTH_KEY).next();
    const factor = this.campaigns.trackOutcomes(state, month, rates, uniform) * contactFactor(state.effects, month);
    const hazard = this.hazard.of(at, rates, factor);
    if (state.hasChurned) return hazard;
    const place = at * lives.months + month;
    lives.hazard[place] = hazard;
    lives.observableHazard[place] = hazardOf(rates);
    lives.rates.set(rates, place * CAUSES.length);
    if (uniform < hazard) this.recordDeparture(state, month, rates);
    return hazard;
  }

  private recordDeparture(state: LifeState, month: number, rates: Float64Array): void {
    const { world, lives } = this;
    const { at } = state;
    const random = this.stream.at(Purpose.departure, at, month + MONTH_KEY + 1000);
    const cause = random.weighted(this.hazard.rates);
    const days = daysOfMonth(world, month);
    const first = firstDayOfMonth(world, month);
    const departureWay = cause === ARREARS ? 3 : random.weighted([0.72, 0.2, 0.08]);
    const way = DEPARTURE_WAYS[departureWay];
    state.hasChurned = true;
    lives.churnMonth[at] = month;
    lives.cause[at] = cause;
    lives.departureWay[at] = departureWay;
    lives.isVisible[at] = isVisible(cause, rates[cause]!) ? 1 : 0;
    const isSuspended = way === 'suspended' || way === 'nonPayment';
    // suspended on at least seven days of the month, so that the label is in this month
    const day = first + random.below(isSuspended ? days - 7 : days);
    const cancelledDay = isSuspended ? day + 28 + random.below(40) : day;
    lives.churnDay[at] = day;
    lives.cancelledDay[at] = cancelledDay;
    if (isSuspended) suspend(lives, state, day, cancelledDay, way === 'nonPayment' ? 'two_way' : 'voluntary');
  }

  /** Adds a month of the continuation to the expected value; half of it in the month of churn. */
  private accrueValue(state: LifeState, month: number, chance: number): void {
    const { lives, hook } = this;
    const before = lives.stayChance[state.at]!;
    const after = before * (1 - chance);
    const worthCny = state.billCny - (hook?.offerCostCny(state, month) ?? 0);
    lives.valueCny[state.at]! += (worthCny * (before + after)) / 2;
    lives.stayChance[state.at] = after;
  }
}
