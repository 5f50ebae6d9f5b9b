import type { CampaignColumns, Lives } from '../hazard/lives.js';
import { ARMS } from '../treatment/trial.js';
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

interface AssignedOutcome extends TrialRow {
  at: number;
}

/** Judged subscriptions of a campaign with the outcome in their arm. */
function assignedOutcomes(world: World, { arm: arms, isJudged, outcomes }: CampaignColumns): AssignedOutcome[] {
  const judged = [...isJudged.keys()].filter((at) => isJudged[at] === 1);
  return judged.map((at) => {
    const arm = arms[at]!;
    return { at, cluster: householdOf(world, at), isTreated: arm > 0, outcome: (outcomes[at]! >> arm) & 1 };
  });
}

/** True average effect of the past campaign; undefined without one. */
export function trueEffectOf({ trial }: Lives, subscriptions: number) {
  const realised = ARMS.map(() => 0);
  const expected = ARMS.map(() => 0);
  let judged = 0;
  for (let at = 0; at < subscriptions; at += 1) {
    if (trial.isJudged[at] !== 1) continue;
    judged += 1;
    for (let arm = 0; arm < ARMS.length; arm += 1) {
      realised[arm]! += (trial.outcomes[at]! >> arm) & 1;
      expected[arm]! += trial.outcomeChance[at * ARMS.length + arm]!;
    }
  }
  if (judged === 0) return undefined;
  const share = (arm: number) => ({ realised: realised[arm]! / judged, expected: expected[arm]! / judged });
  const offers = ARMS.map((_, arm) => arm).slice(1);
  const effectOf = (arms: readonly number[]) => {
    const mean = (kind: 'realised' | 'expected'): number =>
      arms.reduce((sum, arm) => sum + share(arm)[kind], 0) / arms.length;
    return { realised: mean('realised') - share(0).realised, expected: mean('expected') - share(0).expected };
  };
  const byOffer = offers.map((arm) => [ARMS[arm]!, effectOf([arm])] as const);
  return {
    judged,
    /** Share of churn within the follow-up if all were in the arm. */
    churn: Object.fromEntries(ARMS.map((name, arm) => [name, share(arm)])),
    /** Difference from the control arm by offer, and for both offers together; negative retains. */
    effect: Object.fromEntries([...byOffer, ['offers', effectOf(offers)]]),
  };
}

/** The observable difference of the randomised campaign; undefined without one. */
export function trialDifference(world: World, { trial }: Lives): Difference | undefined {
  const rows = assignedOutcomes(world, trial);
  return rows.length === 0 ? undefined : differenceInMeans(rows);
}

export type OldRuleEffect = NonNullable<ReturnType<typeof oldRuleEffectOf>>;

/**
 * True effect of the campaign by the old rule, and the naive comparison of called and uncalled customers; undefined
 * without calls.
 */
export function oldRuleEffectOf(world: World, lives: Lives) {
  const rows = assignedOutcomes(world, lives.oldRule);
  const called = rows.filter(({ isTreated }) => isTreated);
  if (called.length < 2 || called.length === rows.length) return undefined;
  const naive = differenceInMeans(rows);
  const effectOnCalled = meanEffect(lives, called);
  return {
    judged: rows.length,
    called: called.length,
    /** Additional share of churn in the follow-up caused by the call; negative retains. */
    effectOnCalled,
    effectOnAll: meanEffect(lives, rows),
    naive,
    naiveError: naive.estimate - effectOnCalled.realised,
  };
}

function meanEffect({ oldRule }: Lives, rows: readonly AssignedOutcome[]) {
  let realised = 0;
  let expected = 0;
  for (const { at } of rows) {
    realised += ((oldRule.outcomes[at]! >> 1) & 1) - (oldRule.outcomes[at]! & 1);
    expected += oldRule.outcomeChance[at * 2 + 1]! - oldRule.outcomeChance[at * 2]!;
  }
  return { realised: realised / rows.length, expected: expected / rows.length };
}
