import { NEVER } from '../calendar/calendar.js';
import { hazardOf } from '../hazard/causes.js';
import type { MonthEndHook } from '../hazard/life-simulator.js';
import { monthsSinceContract, pendingRates, type LifeState } from '../hazard/life-state.js';
import { isInUse, type Lives } from '../hazard/lives.js';
import { Purpose, Stream } from '../randomness/stream.js';
import { acceptChance, answerChance, contactCostCny, contactEffect } from '../treatment/contact-effect.js';
import type { Contact, ContactOutcome, Response } from '../treatment/contact.js';
import {
  HANDSET_VOUCHER_CNY,
  OFFER_MONTHS,
  canTakePlan,
  contractWithHandset,
  runningOffersCny,
} from '../treatment/offer-terms.js';
import { sampleResponseType } from '../treatment/trial.js';
import type { World } from '../world/world.js';

/** Upper limit of contacts per subscription and month. */
const ORDINALS = 64;

/**
 * Simulates the contacts that a system decided. Each contact has its own random numbers, so that two policies meet the
 * same answers, and a household without contacts has the same life in both.
 */
export class ContactSimulator implements MonthEndHook {
  /** Campaign of the last gift, by subscription. */
  readonly giftCampaign = new Map<number, string>();
  /** By the number of the contact. */
  readonly outcomes: ContactOutcome[];
  private readonly stream: Stream;
  private readonly contactsByPlace = new Map<number, Contact[]>();

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
    contacts: readonly Contact[],
  ) {
    this.stream = new Stream(world.seed);
    const initial: ContactOutcome = { response: 'not_reached', type: undefined, costCny: 0, offerCostCny: 0 };
    this.outcomes = contacts.map(() => initial);
    for (const contact of contacts) {
      const place = contact.at * world.months + contact.month;
      if (!this.contactsByPlace.has(place)) this.contactsByPlace.set(place, []);
      this.contactsByPlace.get(place)!.push(contact);
    }
    const inOrder = (left: Contact, right: Contact): number => left.day - right.day || left.second - right.second;
    for (const ofMonth of this.contactsByPlace.values()) ofMonth.sort(inOrder);
  }

  onMonthEnd(_household: number, members: readonly LifeState[], month: number): void {
    for (const state of members) {
      const contacts = this.contactsByPlace.get(state.at * this.world.months + month) ?? [];
      contacts.forEach((contact, ordinal) => this.contact(contact, ordinal, state, members));
    }
    for (const { at, discountUntil, hasChurned } of members) {
      if (month + 1 < this.world.months && !hasChurned && month < discountUntil) {
        this.lives.hasDiscount[at * this.world.months + month + 1] = 1;
      }
    }
  }

  offerCostCny(state: LifeState, month: number): number {
    return runningOffersCny(state, month);
  }

  private contact(contact: Contact, ordinal: number, state: LifeState, members: readonly LifeState[]): void {
    const { lives, stream, world } = this;
    const { number, at, month, day, second, channel } = contact;
    const isReachable = isInUse(world, lives, at, day);
    const key = month * ORDINALS + ordinal;
    const chance = answerChance(channel, Math.floor(second / 3600));
    const wouldAnswer = stream.at(Purpose.contactAnswer, at, key).chance(chance);
    const isAnswered = contact.given === undefined ? wouldAnswer : isAnswer(contact.given);
    const type = this.typeOf(state, month);
    const accepts = stream.at(Purpose.contactAccept, at, key).chance(acceptChance(type, channel));
    const isOpen = contact.given === undefined ? accepts && this.isOpen(state, contact) : contact.given === 'accepted';
    const isAccepted = isAnswered && isOpen;
    this.outcomes[number] = {
      response: responseOf(isReachable && contact.given !== 'not_reached', isAnswered, isAccepted),
      type: isReachable ? type : undefined,
      costCny: contactCostCny(channel, isReachable && isAnswered),
      offerCostCny: isReachable && isAccepted && contact.offer === 'handset' ? HANDSET_VOUCHER_CNY : 0,
    };
    // a churned life continues for the expectations, without spill-over
    if (!isAnswered || (!isReachable && !state.hasChurned)) return;
    for (const member of isReachable ? members : [state]) this.applyEffect(member, contact, member === state);
    if (isAccepted) this.applyOffer(state, contact, isReachable);
  }

  private applyEffect(state: LifeState, { month, offer, channel }: Contact, isOwn: boolean): void {
    if (month < state.firstMonth) return;
    const { overpaid, complaints } = state;
    const timing = { overpaid, complaints, monthsSinceContract: monthsSinceContract(state, month) };
    const type = this.typeOf(state, month);
    state.effects.push(contactEffect(state.effects, { month, isOwn, type, offer, channel, timing }));
  }

  private applyOffer(state: LifeState, { month, day, offer, campaign }: Contact, isReachable: boolean): void {
    switch (offer) {
      case 'discount':
        state.discountUntil = month + OFFER_MONTHS;
        break;
      case 'product':
        state.giftUntil = month + OFFER_MONTHS;
        if (!isReachable) break;
        this.lives.giftDay[state.at] = day;
        this.giftCampaign.set(state.at, campaign);
        break;
      case 'fitted_plan':
        state.plan = state.bestPlan;
        break;
      case 'handset':
        state.contractEnd = contractWithHandset(state, month);
        if (isReachable) this.lives.handsetDay[state.at] = Math.min(day, this.lives.handsetDay[state.at]!);
        break;
      case 'care':
        break;
    }
  }

  /**
   * Whether there is anything to accept: one gift per subscription, and no change of a family plan or under a contract.
   */
  private isOpen(state: LifeState, { month, offer }: Contact): boolean {
    if (offer === 'product') return state.giftUntil === -Infinity && this.lives.giftDay[state.at] === NEVER;
    if (offer !== 'fitted_plan') return true;
    return canTakePlan(state, month);
  }

  private typeOf(state: LifeState, month: number): number {
    return sampleResponseType(this.stream, state.at, state.overpaid, hazardOf(pendingRates(state, month)));
  }
}

function responseOf(isReached: boolean, isAnswered: boolean, isAccepted: boolean): Response {
  if (!isReached) return 'not_reached';
  if (!isAnswered) return 'no_answer';
  return isAccepted ? 'accepted' : 'declined';
}

function isAnswer(response: Response): boolean {
  return response === 'accepted' || response === 'declined';
}
