import type { Channel, OfferKind } from './contact.js';
import { DECAY, RESPONSE_TYPES, SPILL_OVER, type ResponseType } from './trial.js';

/**
 * Effects of contacts in the continuation, fixed before any policy was tried. An answered contact changes the logarithm
 * of the voluntary rates from the next month on by
 *
 *   effect(type, offer) · strength(channel) · timing(offer, state) · 0.5^(retaining contacts of the last six months)
 *
 * and decays by a factor of 0.8 per month. Effects that drive away are not halved. The spill-over on other members is
 * 0.35 of the effect on their own types. Every contact beyond two within three months annoys: 0.15 for any type and
 * offer.
 *
 * A fitted plan also acts through the bill, which the hazard follows two months later; a handset voucher through its
 * contract of twelve months.
 */
const EFFECT: Record<ResponseType, Record<OfferKind, number>> = {
  persuadable: { fitted_plan: -0.9, discount: -1.7, product: -1.1, handset: -0.6, care: -0.7 },
  sure: { fitted_plan: -0.05, discount: -0.1, product: -0.1, handset: -0.05, care: -0.05 },
  lost: { fitted_plan: 0, discount: 0, product: 0, handset: 0, care: 0 },
  sleepingDog: { fitted_plan: 0.4, discount: 0.5, product: 0.8, handset: 0.6, care: 0.3 },
};

const STRENGTH: Record<Channel, number> = { call: 1, sms: 0.45, app: 0.35, hall: 1.1 };
const SATURATION = 0.5;
const SATURATION_MONTHS = 6;
const CONTACTS_WITHOUT_ANNOYANCE = 2;
const ANNOYANCE_MONTHS = 3;
const ANNOYANCE = 0.15;
/** An effect ends after these months, below a hundredth. */
const EFFECT_MONTHS_MAX = 24;

/** Effect of one contact on one person. */
export interface ContactEffect {
  month: number;
  /** On the logarithm of the voluntary rates in the next month; negative retains. */
  logEffect: number;
  /** Whether the person was contacted, not another member. */
  isOwn: boolean;
}

/** The state that the timing factor depends on. */
interface ContactTiming {
  /** See Drivers. */
  overpaid: number;
  complaints: number;
  /** Negative during the contract, Infinity without one. */
  monthsSinceContract: number;
}

export interface AnsweredContact {
  month: number;
  isOwn: boolean;
  /** See RESPONSE_TYPES. */
  type: number;
  offer: OfferKind;
  channel: Channel;
  timing: ContactTiming;
}

/** @param before effects of earlier contacts */
export function contactEffect(
  before: readonly ContactEffect[],
  { month, isOwn, type, offer, channel, timing }: AnsweredContact,
): ContactEffect {
  const plain = EFFECT[RESPONSE_TYPES[type]!][offer] * STRENGTH[channel] * (isOwn ? 1 : SPILL_OVER);
  const since =
    (months: number) =>
    (each: ContactEffect): boolean =>
      each.month > month - months;
  const retaining = before.filter(since(SATURATION_MONTHS)).filter(({ logEffect }) => logEffect < 0).length;
  const saturated = plain < 0 ? plain * timingFactor(offer, timing) * SATURATION ** retaining : plain;
  const own = before.filter(since(ANNOYANCE_MONTHS)).filter((each) => each.isOwn).length + 1;
  const annoyance = isOwn && own > CONTACTS_WITHOUT_ANNOYANCE ? ANNOYANCE : 0;
  return { month, isOwn, logEffect: saturated + annoyance };
}

/** Offers work better at the right time: around the end of a contract, when overpaying, after a complaint. */
function timingFactor(offer: OfferKind, { overpaid, complaints, monthsSinceContract }: ContactTiming): number {
  switch (offer) {
    case 'discount':
    case 'handset':
      return monthsSinceContract >= -2 && monthsSinceContract <= 2 ? 1.3 : 0.9;
    case 'fitted_plan':
      return overpaid > 0.2 ? 1.2 : 0.5;
    case 'care':
      return complaints > 0.5 ? 1.8 : 0.7;
    case 'product':
      return 1;
  }
}

/** Factor on the voluntary rates of a month. */
export function contactFactor(effects: readonly ContactEffect[], month: number): number {
  let sum = 0;
  for (const { month: then, logEffect } of effects) {
    const after = month - then;
    if (after >= 1 && after <= EFFECT_MONTHS_MAX) sum += logEffect * DECAY ** (after - 1);
  }
  return Math.exp(sum);
}

/** Share of contacts answered or read. @param hour of the day */
export function answerChance(channel: Channel, hour: number): number {
  switch (channel) {
    case 'call':
      return hour >= 18 && hour < 21 ? 0.8 : hour >= 12 && hour < 14 ? 0.62 : hour >= 9 && hour < 18 ? 0.7 : 0.4;
    case 'sms':
      return 0.6;
    case 'app':
      return 0.5;
    case 'hall':
      return 1;
  }
}

const ACCEPTED: Record<ResponseType, number> = { persuadable: 0.62, sure: 0.45, lost: 0.1, sleepingDog: 0.03 };

/** Share of answered contacts with an accepted offer. */
export function acceptChance(type: number, channel: Channel): number {
  return Math.min(1, ACCEPTED[RESPONSE_TYPES[type]!] * STRENGTH[channel]);
}

/** CNY. */
export function contactCostCny(channel: Channel, isAnswered: boolean): number {
  switch (channel) {
    case 'call':
      return isAnswered ? 3.2 : 0.8;
    case 'sms':
      return 0.05;
    case 'app':
      return 0.01;
    case 'hall':
      return 2;
  }
}
