import { upperIncompleteGamma } from './incomplete-gamma.js';

/** Probability that a chi-square variable is at least this large. @param degrees of freedom, at least 1 */
export function chiSquareTail(statistic: number, degrees: number): number {
  return upperIncompleteGamma(degrees / 2, statistic / 2);
}

/** Pearson's statistic Σ (observed − expected)² ÷ expected of counts that have an expectation. */
export function pearsonStatistic(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, at) => sum + (count - expected[at]!) ** 2 / expected[at]!, 0);
}
