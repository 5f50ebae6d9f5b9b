import { monthOfDay } from '@holdfast/platform/calendar';
import { NEVER } from '../calendar/calendar.js';
import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import { DISCOUNT_CENTS, OFFER_MONTHS } from '../treatment/offer-terms.js';
import { acceptsOldOffer, agentQuality, oldRuleMonth } from '../treatment/old-rule.js';
import { ARMS, acceptsOffer, trialMonth } from '../treatment/trial.js';
import { GIFT_PRODUCT, type ProductSpell } from '../world/products.js';
import { firstDayOfMonth, type World } from '../world/world.js';

export function hasAccepted(stream: Stream, { trial }: Lives, at: number): boolean {
  const isOffered = trial.isCalled[at] === 1 && trial.isAnswered[at] === 1 && trial.arm[at]! > 0;
  return isOffered && acceptsOffer(stream, at, trial.responseType[at]!);
}

export function hasAcceptedOld(stream: Stream, { oldRule }: Lives, at: number): boolean {
  if (oldRule.isCalled[at] !== 1 || oldRule.isAnswered[at] !== 1) return false;
  return acceptsOldOffer(stream, at, oldRule.responseType[at]!, agentQuality(stream, oldRule.agent[at]!));
}

/** Discounts of both campaigns and of later contacts, cents. @param month index in the span */
export function discountCents(stream: Stream, world: World, lives: Lives, at: number, month: number): number {
  const isRunning = (campaign: number | undefined): boolean =>
    campaign !== undefined && month > campaign && month <= campaign + OFFER_MONTHS;
  const isOfTrial =
    isRunning(trialMonth(world.historyMonths)) &&
    ARMS[lives.trial.arm[at]!] === 'discount' &&
    hasAccepted(stream, lives, at);
  const isOfOldRule = isRunning(oldRuleMonth(world.historyMonths)) && hasAcceptedOld(stream, lives, at);
  const isOfContact = lives.hasDiscount[at * world.months + month] === 1;
  return DISCOUNT_CENTS * (Number(isOfTrial) + Number(isOfOldRule) + Number(isOfContact));
}

export interface GiftSpell extends ProductSpell {
  /** By the randomised campaign, or by a later contact. */
  isOfTrial: boolean;
}

export function giftSpells(stream: Stream, world: World, lives: Lives, at: number): GiftSpell[] {
  const spellFrom = (fromDay: number, isOfTrial: boolean): GiftSpell => {
    const month = monthOfDay(fromDay) - world.firstMonth;
    const toDay = firstDayOfMonth(world, month + 1 + OFFER_MONTHS);
    return { product: GIFT_PRODUCT, fromDay, toDay, isOfTrial };
  };
  const isOfTrial = ARMS[lives.trial.arm[at]!] === 'video' && hasAccepted(stream, lives, at);
  const isOfContact = lives.giftDay[at] !== NEVER;
  return [
    ...(isOfTrial ? [spellFrom(lives.trial.touchDay[at]!, true)] : []),
    ...(isOfContact ? [spellFrom(lives.giftDay[at]!, false)] : []),
  ];
}
