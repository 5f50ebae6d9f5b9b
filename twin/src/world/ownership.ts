import type { World } from './world.js';

// Owner, user and payer of a subscription by month.

/** Account numbers: those of subscriptions, then those of firms, then those opened by hand-overs. */
export function accountOf({ subscriptions, firms }: World, at: number, month: number): number {
  const { payer, payingFirm, count } = subscriptions;
  if (payingFirm[at]! >= 0) return count + payingFirm[at]!;
  return isHandedOver(subscriptions, at, month) ? count + firms.count + at : payer[at]!;
}

/** -1 for the account of a person. */
export function firmOfAccount({ subscriptions, firms }: World, account: number): number {
  const firm = account - subscriptions.count;
  return firm >= 0 && firm < firms.count ? firm : -1;
}

export function userOf({ subscriptions }: World, at: number, month: number): number {
  return isHandedOver(subscriptions, at, month) ? subscriptions.heir[at]! : subscriptions.person[at]!;
}

export function ownerOf({ subscriptions }: World, at: number, month: number): number {
  return isHandedOver(subscriptions, at, month) ? subscriptions.heir[at]! : subscriptions.owner[at]!;
}

/**
 * The subscription with the usage profile of the month: that of a churned one after a return, the heir's after a
 * hand-over.
 */
export function usageProfileOf({ subscriptions }: World, at: number, month: number): number {
  const { returnOf, firstOfPerson, heir } = subscriptions;
  if (isHandedOver(subscriptions, at, month)) return firstOfPerson[heir[at]!]!;
  return returnOf[at]! >= 0 ? returnOf[at]! : at;
}

function isHandedOver({ heir, handOverMonth }: World['subscriptions'], at: number, month: number): boolean {
  return heir[at]! >= 0 && month >= handOverMonth[at]!;
}
