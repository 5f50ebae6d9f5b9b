import type { World } from './world.js';

// To whom a subscription belongs, month by month: it may change hands, and somebody else may pay.

/**
 * Accounts by number: that of a subscription has its place, then come those of firms, then those that a number gets
 * when it changes hands.
 */
export function accountOf({ subscriptions, firms }: World, at: number, month: number): number {
  const { payer, payingFirm, count } = subscriptions;
  if (payingFirm[at]! >= 0) return count + payingFirm[at]!;
  return isHandedOver(subscriptions, at, month) ? count + firms.count + at : payer[at]!;
}

/** Which firm's account it is, -1 for that of a person. */
export function firmOfAccount({ subscriptions, firms }: World, account: number): number {
  const firm = account - subscriptions.count;
  return firm >= 0 && firm < firms.count ? firm : -1;
}

/** Who uses a subscription in a month. */
export function userOf({ subscriptions }: World, at: number, month: number): number {
  return isHandedOver(subscriptions, at, month) ? subscriptions.heir[at]! : subscriptions.person[at]!;
}

/** Who signed for it in a month. */
export function ownerOf({ subscriptions }: World, at: number, month: number): number {
  return isHandedOver(subscriptions, at, month) ? subscriptions.heir[at]! : subscriptions.owner[at]!;
}

/** The subscription whose habits it has in a month: one that was left before, or the heir's own. */
export function usageProfileOf({ subscriptions }: World, at: number, month: number): number {
  const { returnOf, firstOfPerson, heir } = subscriptions;
  if (isHandedOver(subscriptions, at, month)) return firstOfPerson[heir[at]!]!;
  return returnOf[at]! >= 0 ? returnOf[at]! : at;
}

/** Whether it has changed hands by a month, had it been there. */
function isHandedOver({ heir, handOverMonth }: World['subscriptions'], at: number, month: number): boolean {
  return heir[at]! >= 0 && month >= handOverMonth[at]!;
}
