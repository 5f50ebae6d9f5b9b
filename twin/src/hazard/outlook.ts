import type { Stream } from '../randomness/stream.js';
import {
  acceptChance,
  answerChance,
  contactCostCny,
  contactEffect,
  contactFactor,
} from '../treatment/contact-effect.js';
import type { OfferKind } from '../treatment/contact.js';
import {
  HANDSET_VOUCHER_CNY,
  OFFER_MONTHS,
  canTakePlan,
  contractWithHandset,
  runningOffersCny,
  type OfferTerms,
} from '../treatment/offer-terms.js';
import { DECAY, sampleResponseType } from '../treatment/trial.js';
import type { World } from '../world/world.js';
import { ARREARS, CAUSES, hazardOf, type TrueHazard } from './causes.js';
import { OUTLOOK_MONTHS, REACTION_MONTHS, monthsSinceContract, pendingRates, type LifeState } from './life-state.js';
import { TREATMENTS, type OutlookColumns, type TreatmentColumns } from './lives.js';
import type { MonthSimulator } from './month-simulator.js';
import type { PastCampaigns } from './past-campaigns.js';
import { LOSS_CAUSES } from './value-loss.js';

/** Calls in the evening have the highest answer rate. */
export const CONTACT_HOUR = 19;

/** Expectations over the months of the outlook. */
interface Expectation {
  stays: number;
  cny: number;
}

const NO_GAIN: Expectation = { stays: 0, cny: 0 };

/** A possible course of the months, given that the subscription stays: an entry per month of the outlook. */
interface Path {
  /** Sums of the rates that contacts change, and of the others. */
  moved: Float64Array;
  unmoved: Float64Array;
  /** The first month net of running offers. */
  billCny: Float64Array;
}

/** A member at the end of the first month. */
interface Member {
  state: LifeState;
  type: number;
  baseline: Path;
  noContact: Expectation;
  /** Courses after accepting a plan or a handset. */
  withPlan: Path | undefined;
  withHandset: Path;
}

/**
 * The expected value of one contact per member: the expectation of `respond`. The contact is in the first month after
 * the span and changes the three months after it by `treatment/contact-effect.ts`, with the probabilities of answer and
 * acceptance there. The random numbers are those of a continuation, so that `respond` has the same results. Excluded:
 * future moves, and days on which a member is unreachable.
 *
 * Vectorised over months and treatments: a life is simulated three times at most, and a treatment changes factors only.
 */
export class Outlook {
  private readonly month: number;
  /** Reused arrays of a life state. */
  private readonly memberBuffers = allocateBuffers();
  private readonly branchBuffers = allocateBuffers();

  constructor(
    world: World,
    private readonly columns: OutlookColumns,
    private readonly stream: Stream,
    private readonly monthSimulator: MonthSimulator,
    private readonly campaigns: PastCampaigns,
    private readonly hazard: TrueHazard,
  ) {
    this.month = world.months;
  }

  /** @param household members at the end of the span */
  fillColumns(household: readonly LifeState[]): void {
    const { columns } = this;
    const members = household
      .filter(({ hasChurned, firstMonth }) => !hasChurned && firstMonth < this.month)
      .map((state) => this.prepareMember(state));
    for (const { state, type, noContact } of members) {
      columns.noContactStays[state.at] = noContact.stays;
      columns.noContactCny[state.at] = noContact.cny;
      columns.responseType[state.at] = type;
    }
    for (let treatment = 0; treatment < TREATMENTS.length; treatment += 1) {
      const reached = members.length === 1 ? [NO_GAIN] : members.map((member) => this.spillOverGain(member, treatment));
      members.forEach((member, at) => {
        const sum = (of: keyof Expectation): number =>
          reached.reduce((total, gain, other) => (other === at ? total : total + gain[of]), 0);
        const gain = this.gainOf(member, treatment, { stays: sum('stays'), cny: sum('cny') });
        this.keepBest(member.state.at, treatment, gain);
      });
    }
  }

  private prepareMember(before: LifeState): Member {
    const { month } = this;
    const state = copyState(before, this.memberBuffers);
    const first = emptyPath();
    this.simulateInto(first, state, 0, 1);
    first.billCny[0]! -= runningOffersCny(state, month);
    const type = sampleResponseType(this.stream, state.at, state.overpaid, hazardOf(pendingRates(state, month)));
    const baseline = this.continuePath(first, state);
    const noContact = this.expectationOf(baseline, 0, state);
    const after = (change: Partial<LifeState>): Path => this.continuePath(first, { ...state, ...change });
    const withPlan = canTakePlan(state, month) ? after({ plan: state.bestPlan }) : undefined;
    const withHandset = after({ contractEnd: contractWithHandset(state, month) });
    return { state, type, baseline, noContact, withPlan, withHandset };
  }

  /** The first month and those after it. @param state at the end of the first */
  private continuePath({ moved, unmoved, billCny }: Path, state: LifeState): Path {
    const path = { moved: moved.slice(), unmoved: unmoved.slice(), billCny: billCny.slice() };
    this.simulateInto(path, copyState(state, this.branchBuffers), 1, OUTLOOK_MONTHS);
    return path;
  }

  private simulateInto(path: Path, state: LifeState, from: number, to: number): void {
    for (let each = from; each < to; each += 1) {
      const month = this.month + each;
      this.monthSimulator.simulate(state, month);
      const rates = pendingRates(state, month);
      const factor = this.campaigns.trackOutcomes(state, month, rates, 1) * contactFactor(state.effects, month);
      this.hazard.of(state.at, rates, factor);
      path.unmoved[each] = this.hazard.rates[ARREARS]!;
      path.moved[each] = this.hazard.rates.reduce((sum, rate) => sum + rate, 0) - path.unmoved[each]!;
      path.billCny[each] = state.billCny;
    }
  }

  /** @param logEffect of a contact in the first month @param terms running offers */
  private expectationOf(path: Path, logEffect: number, terms: OfferTerms): Expectation {
    let stays = 1;
    let cny = 0;
    for (let each = 0; each < OUTLOOK_MONTHS; each += 1) {
      const factor = each === 0 ? 1 : Math.exp(logEffect * DECAY ** (each - 1));
      const after = stays * Math.exp(-path.moved[each]! * factor - path.unmoved[each]!);
      const monthly = path.billCny[each]! - (each === 0 ? 0 : runningOffersCny(terms, this.month + each));
      cny += (monthly * (stays + after)) / 2;
      stays = after;
    }
    return { stays, cny };
  }

  /** Effect of another member's answered contact. */
  private spillOverGain(member: Member, treatment: number): Expectation {
    const { baseline, noContact, state } = member;
    const { stays, cny } = this.expectationOf(baseline, this.logEffect(member, treatment, false), state);
    return { stays: stays - noContact.stays, cny: cny - noContact.cny };
  }

  private logEffect({ state, type }: Member, treatment: number, isOwn: boolean): number {
    const { offer, channel } = TREATMENTS[treatment]!;
    const { overpaid, complaints, effects } = state;
    const timing = { overpaid, complaints, monthsSinceContract: monthsSinceContract(state, this.month) };
    return contactEffect(effects, { month: this.month, isOwn, type, offer, channel, timing }).logEffect;
  }

  /** Expected gain of a contact, net of costs. @param others spill-over of an answered contact */
  private gainOf(member: Member, treatment: number, others: Expectation): Expectation {
    const { state, type, baseline, noContact } = member;
    const { offer, channel } = TREATMENTS[treatment]!;
    const logEffect = this.logEffect(member, treatment, true);
    const declined = this.expectationOf(baseline, logEffect, state);
    const taken = this.acceptedExpectation(member, offer, logEffect);
    const answered = answerChance(channel, CONTACT_HOUR);
    const accepted = taken === undefined ? 0 : acceptChance(type, channel);
    const gain = (of: keyof Expectation): number =>
      answered * ((1 - accepted) * declined[of] + accepted * (taken?.[of] ?? 0) - noContact[of] + others[of]);
    const contactCny = answered * contactCostCny(channel, true) + (1 - answered) * contactCostCny(channel, false);
    const voucherCny = offer === 'handset' ? answered * accepted * HANDSET_VOUCHER_CNY : 0;
    return { stays: gain('stays'), cny: gain('cny') - contactCny - voucherCny };
  }

  /** Undefined without anything to accept. */
  private acceptedExpectation(member: Member, offer: OfferKind, effect: number): Expectation | undefined {
    const { state, baseline, withPlan, withHandset } = member;
    const until = this.month + OFFER_MONTHS;
    switch (offer) {
      case 'fitted_plan':
        return withPlan && this.expectationOf(withPlan, effect, state);
      case 'discount':
        return this.expectationOf(baseline, effect, { ...state, discountUntil: until });
      case 'product':
        if (state.giftUntil !== -Infinity) return undefined;
        return this.expectationOf(baseline, effect, { ...state, giftUntil: until });
      case 'handset':
        return this.expectationOf(withHandset, effect, state);
      case 'care':
        return this.expectationOf(baseline, effect, state);
    }
  }

  private keepBest(at: number, treatment: number, gain: Expectation): void {
    const { maxValue, maxRetention } = this.columns;
    const keep = (columns: TreatmentColumns): void => {
      columns.treatment[at] = treatment + 1;
      columns.cny[at] = gain.cny;
      columns.stays[at] = gain.stays;
    };
    if (gain.cny > maxValue.cny[at]!) keep(maxValue);
    if (gain.stays > maxRetention.stays[at]!) keep(maxRetention);
  }
}

function emptyPath(): Path {
  const zeros = (): Float64Array => new Float64Array(OUTLOOK_MONTHS);
  return { moved: zeros(), unmoved: zeros(), billCny: zeros() };
}

/** A life without records. */
function copyState(state: LifeState, { pending, lossRates }: StateBuffers): LifeState {
  pending.set(state.pending);
  lossRates.set(state.lossRates);
  return { ...state, pending, lossRates, hasChurned: true };
}

type StateBuffers = Pick<LifeState, 'pending' | 'lossRates'>;

function allocateBuffers(): StateBuffers {
  const pending = new Float64Array(CAUSES.length * (REACTION_MONTHS + 1));
  return { pending, lossRates: new Float64Array(LOSS_CAUSES.length) };
}
