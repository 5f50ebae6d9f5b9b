import { FAMILY_PLAN } from '../world/plans.js';
import { GIFT_PRODUCT, PRODUCTS } from '../world/products.js';

/** Months in which an accepted offer runs, from the month after the campaign. */
export const OFFER_MONTHS = 6;
export const DISCOUNT_CENTS = 1000;
export const HANDSET_VOUCHER_CNY = 300;
const HANDSET_CONTRACT_MONTHS = 12;
/** What a month of the product that is given away costs the operator. */
const GIFT_CNY = PRODUCTS[GIFT_PRODUCT]!.feeCents / 100 - PRODUCTS[GIFT_PRODUCT]!.marginCny;

/** Last months in which offers run that were taken; -Infinity where none were. */
export interface OfferTerms {
  discountUntil: number;
  giftUntil: number;
}

/** What offers that were taken cost in a month, CNY. */
export function runningOffersCny({ discountUntil, giftUntil }: OfferTerms, month: number): number {
  return (month <= discountUntil ? DISCOUNT_CENTS / 100 : 0) + (month <= giftUntil ? GIFT_CNY : 0);
}

/** What somebody has, as far as it decides which offers can be taken. */
interface PlanTerms {
  plan: number;
  bestPlan: number;
  /** Last month under contract. */
  contractEnd: number;
}

/** Whether there is a plan to take: none instead of the family's, under a contract, or where it is the best already. */
export function canTakePlan({ plan, bestPlan, contractEnd }: PlanTerms, month: number): boolean {
  return plan !== FAMILY_PLAN && contractEnd <= month && bestPlan !== plan;
}

/** The last month under contract for who takes a voucher for a handset. */
export function contractWithHandset({ contractEnd }: Pick<PlanTerms, 'contractEnd'>, month: number): number {
  return Math.max(contractEnd, month + HANDSET_CONTRACT_MONTHS);
}
