import { ACCOUNT, ADDRESS, LINK, PAYER } from '../pair/links.js';
import type { Pairs } from '../pair/pairs.js';
import { ALL_RULES } from '../pair/rules.js';

/**
 * Weights for an operator with too few known families to learn from, in log-odds: thought up, not measured. One of
 * account, payer and link is enough; a shared door is not, since flat-sharers have one, too, and meet every evening;
 * with calls it is. Calls alone are a friendship.
 */
const FIXED_WEIGHTS = {
  intercept: -5.5,
  account: 6,
  payer: 6,
  link: 6,
  address: 3,
  allRules: 1,
  /** For each doubling of calls + 1. */
  calls: 0.8,
  /** For each day that both talked in one cell, up to ten. */
  sharedDay: 0.1,
} as const;

export function fixedLogits(pairs: Pairs): Float64Array {
  const weights = FIXED_WEIGHTS;
  return Float64Array.from({ length: pairs.count }, (_, row) => {
    const has = (bit: number): number => ((pairs.links[row]! & bit) === 0 ? 0 : 1);
    return (
      weights.intercept +
      weights.account * has(ACCOUNT) +
      (has(ACCOUNT) === 1 ? 0 : weights.payer * has(PAYER)) +
      weights.link * has(LINK) +
      weights.address * has(ADDRESS) +
      weights.allRules * (pairs.rules[row] === ALL_RULES ? 1 : 0) +
      weights.calls * Math.log2(1 + pairs.calls[row]!) +
      weights.sharedDay * Math.min(10, pairs.sharedDays[row]!)
    );
  });
}
