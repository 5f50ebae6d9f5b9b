import { monthOfDay } from '../calendar/calendar.js';
import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import { GIFT_PRODUCT, type ProductSpell } from '../world/products.js';
import { firstDayOfMonth, type World } from '../world/world.js';
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

/** Discount on a month's bill, cents. @param month of the span */
export function discountCents(stream: Stream, world: World, lives: Lives, at: number, month: number): number {
  const trial = trialMonth(world.months);
  if (trial === undefined || month <= trial || month > trial + OFFER_MONTHS) return 0;
  if (ARMS[lives.arm[at]!] !== 'discount') return 0;
  return hasAccepted(stream, lives, at) ? DISCOUNT_CENTS : 0;
}

/** The product given away to those who took that offer. */
export function giftSpell(stream: Stream, world: World, lives: Lives, at: number): ProductSpell | undefined {
  if (ARMS[lives.arm[at]!] !== 'video' || !hasAccepted(stream, lives, at)) return undefined;
  const month = monthOfDay(lives.touchDay[at]!) - world.firstMonth;
  const toDay = firstDayOfMonth(world, month + 1 + OFFER_MONTHS);
  return { product: GIFT_PRODUCT, fromDay: lives.touchDay[at]!, toDay };
}
