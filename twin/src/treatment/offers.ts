import { monthOfDay } from '../calendar/calendar.js';
import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import { GIFT_PRODUCT, type ProductSpell } from '../world/products.js';
import { firstDayOfMonth, type World } from '../world/world.js';
import { agentQuality, isOldAccepted, oldRuleMonth } from './old-rule.js';
import { ARMS, isAccepted, trialMonth } from './trial.js';

/** What an accepted offer gives, for so many months from the month after the campaign's. */
export const OFFER_MONTHS = 6;
export const DISCOUNT_CENTS = 1000;

/** Whether a subscription was called, answered, and took the offer. */
export function hasAccepted(stream: Stream, lives: Lives, at: number): boolean {
  return lives.isCalled[at] === 1 && lives.isAnswered[at] === 1 && lives.arm[at]! > 0 && isTaken(stream, lives, at);
}

function isTaken(stream: Stream, lives: Lives, at: number): boolean {
  return isAccepted(stream, at, lives.responseType[at]!);
}

/** The same of the campaign by the old rule. */
export function hasAcceptedOld(stream: Stream, lives: Lives, at: number): boolean {
  if (lives.isOldCalled[at] !== 1 || lives.isOldAnswered[at] !== 1) return false;
  return isOldAccepted(stream, at, lives.oldResponseType[at]!, agentQuality(stream, lives.oldAgent[at]!));
}

/** Discounts of both campaigns on a month's bill, cents. @param month of the span */
export function discountCents(stream: Stream, world: World, lives: Lives, at: number, month: number): number {
  const isRunning = (campaign: number | undefined): boolean =>
    campaign !== undefined && month > campaign && month <= campaign + OFFER_MONTHS;
  const isOfTrial =
    isRunning(trialMonth(world.months)) && ARMS[lives.arm[at]!] === 'discount' && hasAccepted(stream, lives, at);
  const isOfOldRule = isRunning(oldRuleMonth(world.months)) && hasAcceptedOld(stream, lives, at);
  return (isOfTrial ? DISCOUNT_CENTS : 0) + (isOfOldRule ? DISCOUNT_CENTS : 0);
}

/** The product given away to those who took that offer. */
export function giftSpell(stream: Stream, world: World, lives: Lives, at: number): ProductSpell | undefined {
  if (ARMS[lives.arm[at]!] !== 'video' || !hasAccepted(stream, lives, at)) return undefined;
  const month = monthOfDay(lives.touchDay[at]!) - world.firstMonth;
  const toDay = firstDayOfMonth(world, month + 1 + OFFER_MONTHS);
  return { product: GIFT_PRODUCT, fromDay: lives.touchDay[at]!, toDay };
}
