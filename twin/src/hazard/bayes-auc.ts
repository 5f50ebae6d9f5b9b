import type { Lives } from './lives.js';

/** AUC of the true hazard, the upper bound for any classifier with the same information. */
interface BayesAuc {
  /** Expectation over the random outcomes. */
  expected: number;
  /** With the outcomes of the simulation. */
  realised: number;
  /** Subscription months at risk, and churners. */
  rows: number;
  churners: number;
}

export interface BayesAucs {
  /** By the columns of two months before: latent traits at their mean, no sampling noise of usage. */
  observable: BayesAuc;
  /** By all causes, latent traits and the campaign included. */
  all: BayesAuc;
}

/**
 * Each month by itself, weighted by its churners. O(n log n).
 * @param months indexes in the span
 */
export function bayesAucsOf(lives: Lives, subscriptions: number, months: readonly number[]): BayesAucs {
  return {
    observable: poolMonths(lives, subscriptions, months, lives.observableHazard),
    all: poolMonths(lives, subscriptions, months, lives.hazard),
  };
}

function poolMonths(lives: Lives, subscriptions: number, months: readonly number[], score: Float32Array): BayesAuc {
  let expected = 0;
  let realised = 0;
  let rows = 0;
  let churners = 0;
  let weight = 0;
  for (const month of months) {
    const ofMonth = bayesAucOfMonth(lives, subscriptions, month, score);
    if (ofMonth.churners === 0) continue;
    expected += ofMonth.expected * ofMonth.churners;
    realised += ofMonth.realised * ofMonth.churners;
    weight += ofMonth.churners;
    rows += ofMonth.rows;
    churners += ofMonth.churners;
  }
  return { expected: expected / weight, realised: realised / weight, rows, churners };
}

function bayesAucOfMonth(lives: Lives, subscriptions: number, month: number, score: Float32Array): BayesAuc {
  const places: number[] = [];
  for (let at = 0; at < subscriptions; at += 1) {
    const place = at * lives.months + month;
    if (lives.hazard[place]! > 0) places.push(place);
  }
  const order = Float64Array.from(places, (place) => score[place]!);
  const chance = Float64Array.from(places, (place) => lives.hazard[place]!);
  const hasChurned = (place: number): boolean => lives.churnMonth[Math.floor(place / lives.months)] === month;
  const churned = Float64Array.from(places, (place) => (hasChurned(place) ? 1 : 0));
  const churners = churned.reduce((sum, value) => sum + value, 0);
  return { expected: weightedAuc(order, chance), realised: weightedAuc(order, churned), rows: places.length, churners };
}

/**
 * Probability that a churner has a higher score than a stayer, ties counting half, where row i churns with probability
 * `weight[i]`. With weights 0 and 1 the usual AUC (Mann & Whitney, 1947).
 */
export function weightedAuc(score: Float64Array, weight: Float64Array): number {
  const order = Uint32Array.from(score, (_, at) => at).sort((churned, right) => score[churned]! - score[right]!);
  let staysBelow = 0;
  let wins = 0;
  let leaves = 0;
  for (let at = 0; at < order.length;) {
    let tiedLeaves = 0;
    let tiedStays = 0;
    const value = score[order[at]!]!;
    for (; at < order.length && score[order[at]!] === value; at += 1) {
      tiedLeaves += weight[order[at]!]!;
      tiedStays += 1 - weight[order[at]!]!;
    }
    wins += tiedLeaves * (staysBelow + tiedStays / 2);
    staysBelow += tiedStays;
    leaves += tiedLeaves;
  }
  return wins / (leaves * staysBelow);
}
