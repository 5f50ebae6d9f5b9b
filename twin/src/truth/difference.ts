import type { CampaignColumns } from '../hazard/lives.js';
import { householdOf, type World } from '../world/world.js';

/** A difference of shares with its 95 % interval. */
export interface Difference {
  estimate: number;
  low: number;
  high: number;
}

/** A unit of analysis with its treatment and outcome; `cluster` is the randomisation unit. */
export interface TrialRow {
  isTreated: boolean;
  outcome: number;
  cluster: number;
}

const Z_95 = 1.959964;

/**
 * Intention to treat: mean outcome of the treated minus that of the control group. Households are randomised as
 * clusters, so the variance is that of cluster totals around their expectation by size (linearised ratio estimator;
 * Cochran, Sampling Techniques, 3rd ed., section 9.8). O(n).
 */
export function differenceInMeans(rows: readonly TrialRow[]): Difference {
  const treated = armMean(rows.filter(({ isTreated }) => isTreated));
  const control = armMean(rows.filter(({ isTreated }) => !isTreated));
  const estimate = treated.mean - control.mean;
  const halfWidth = Z_95 * Math.sqrt(treated.variance + control.variance);
  return { estimate, low: estimate - halfWidth, high: estimate + halfWidth };
}

/** Mean of an arm and the variance of that mean. */
function armMean(rows: readonly TrialRow[]): { mean: number; variance: number } {
  const mean = rows.reduce((sum, { outcome }) => sum + outcome, 0) / rows.length;
  const residuals = new Map<number, number>();
  for (const { cluster, outcome } of rows) residuals.set(cluster, (residuals.get(cluster) ?? 0) + outcome - mean);
  const clusters = residuals.size;
  const squares = [...residuals.values()].reduce((sum, residual) => sum + residual * residual, 0);
  return { mean, variance: (squares * clusters) / (clusters - 1) / rows.length ** 2 };
}

export interface AssignedOutcome extends TrialRow {
  at: number;
}

/** Judged subscriptions of a campaign with the outcome in their arm. */
export function assignedOutcomes(world: World, { arm: arms, isJudged, outcomes }: CampaignColumns): AssignedOutcome[] {
  const judged = [...isJudged.keys()].filter((at) => isJudged[at] === 1);
  return judged.map((at) => {
    const arm = arms[at]!;
    return { at, cluster: householdOf(world, at), isTreated: arm > 0, outcome: (outcomes[at]! >> arm) & 1 };
  });
}
