import { isOnSale, type Plan } from '../catalogue/plan.js';

/** The four principles of plan fit (PR-11 to PR-14). */
export type Principle = 'no_plan' | 'tier_down' | 'tier_up' | 'migrate';

/**
 * Which principle an advice follows.
 * - `no_plan`: who has none, takes one, and the bill falls;
 * - `migrate`: the present plan's type does not suit: it is of another kind, or one that is not sold any more, or the
 *   plan advised is of the same level;
 * - `tier_down`, `tier_up`: use is clearly below or above the level of the present plan. The level is the tier, within
 *   a tier the monthly fee.
 * @param day days since 1970-01-01
 */
export function principleOf(present: Plan | undefined, advised: Plan, day: number): Principle {
  if (present === undefined) return 'no_plan';
  if (present.kind !== advised.kind || present.service !== advised.service || !isOnSale(present, day)) return 'migrate';
  const byTier = (advised.tier ?? 0) - (present.tier ?? 0);
  const isTierKnown = advised.tier !== undefined && present.tier !== undefined && byTier !== 0;
  const step = isTierKnown ? byTier : advised.feeMinor - present.feeMinor;
  return step < 0 ? 'tier_down' : step > 0 ? 'tier_up' : 'migrate';
}
