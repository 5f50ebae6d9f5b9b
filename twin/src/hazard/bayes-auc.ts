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
  const withChurn = months
    .map((month) => bayesAucOfMonth(lives, subscriptions, month, score))
    .filter(({ churners }) => churners > 0);
  const sum = (value: (month: BayesAuc) => number): number => withChurn.reduce((total, each) => total + value(each), 0);
  const churners = sum((month) => month.churners);
  return {
    expected: sum((month) => month.expected * month.churners) / churners,
    realised: sum((month) => month.realised * month.churners) / churners,
    rows: sum((month) => month.rows),
    churners,
  };
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

/** AUC by month, weighted by churners. @param months labels are 1 for churn @returns undefined without churn */
export function pooledAuc(months: Iterable<{ scores: readonly number[]; labels: readonly number[] }>) {
  let sum = 0;
  let churners = 0;
  for (const { scores, labels } of months) {
    const churnersOfMonth = labels.reduce((count, label) => count + label, 0);
    if (churnersOfMonth === 0) continue;
    sum += churnersOfMonth * weightedAuc(scores, labels);
    churners += churnersOfMonth;
  }
  return churners === 0 ? undefined : sum / churners;
}

/**
 * Probability that a churner has a higher score than a stayer, ties counting half, where row i churns with probability
 * `weight[i]`. With weights 0 and 1 the usual AUC (Mann & Whitney, 1947).
 */
export function weightedAuc(score: ArrayLike<number>, weight: ArrayLike<number>): number {
  const order = Uint32Array.from(score, (_, at) => at).sort((left, right) => score[left]! - score[right]!);
  let staysBelow = 0;
  let wins = 0;
  let churn = 0;
  for (let at = 0; at < order.length;) {
    let tiedChurn = 0;
    let tiedStay = 0;
    const value = score[order[at]!]!;
    for (; at < order.length && score[order[at]!] === value; at += 1) {
      tiedChurn += weight[order[at]!]!;
      tiedStay += 1 - weight[order[at]!]!;
    }
    wins += tiedChurn * (staysBelow + tiedStay / 2);
    staysBelow += tiedStay;
    churn += tiedChurn;
  }
  return wins / (churn * staysBelow);
}
