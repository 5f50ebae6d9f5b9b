import { FAMILY_PLAN } from '../world/plans.js';
import { GIFT_PRODUCT, PRODUCTS } from '../world/products.js';

/** Months of an accepted offer, from the month after it. */
export const OFFER_MONTHS = 6;
export const DISCOUNT_CENTS = 1000;
export const HANDSET_VOUCHER_CNY = 300;
const HANDSET_CONTRACT_MONTHS = 12;
/** Monthly cost of the free product. */
const GIFT_CNY = PRODUCTS[GIFT_PRODUCT]!.feeCents / 100 - PRODUCTS[GIFT_PRODUCT]!.marginCny;

/** Last months of accepted offers; -Infinity for none. */
export interface OfferTerms {
  discountUntil: number;
  giftUntil: number;
}

/** Monthly cost of accepted offers, CNY. */
export function runningOffersCny({ discountUntil, giftUntil }: OfferTerms, month: number): number {
  return (month <= discountUntil ? DISCOUNT_CENTS / 100 : 0) + (month <= giftUntil ? GIFT_CNY : 0);
}

interface PlanTerms {
  plan: number;
  bestPlan: number;
  /** Last month under contract. */
  contractEnd: number;
}

/** Whether there is a better plan, and neither a family plan nor a contract prevents the change. */
export function canTakePlan({ plan, bestPlan, contractEnd }: PlanTerms, month: number): boolean {
  return plan !== FAMILY_PLAN && contractEnd <= month && bestPlan !== plan;
}

export function contractWithHandset({ contractEnd }: Pick<PlanTerms, 'contractEnd'>, month: number): number {
  return Math.max(contractEnd, month + HANDSET_CONTRACT_MONTHS);
}
