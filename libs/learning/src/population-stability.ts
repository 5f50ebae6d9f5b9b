import { chiSquareTail } from './chi-square.js';

/** How far a distribution has moved from a reference. */
export interface Stability {
  /** Population stability index, 0 for equal distributions. */
  readonly index: number;
  /** Probability of an index as large by chance, where both samples are of one distribution. */
  readonly pValue: number;
}

/**
 * Population stability index Σ (q − p) ln(q ÷ p) of counts in the same bins (Siddiqi 2006; Yurdakul 2018): customary limits
 * are 0.1 for a moderate and 0.25 for a strong change.
 *
 * Both distributions are smoothed towards their pooled one by as many rows as there are bins, so that a bin that is empty
 * in one sample gives a finite term that shrinks with the size of the other's count. Between samples of one distribution
 * the index is not 0 but has the mean (bins − 1) × (1 ÷ rows + 1 ÷ reference rows), which is subtracted; its multiple by
 * 1 ÷ (1 ÷ rows + 1 ÷ reference rows) is a chi-square variable, which gives the p-value. O(bins).
 * @param reference counts by bin; they may be weighted @param counts in the same bins
 */
export function populationStability(reference: readonly number[], counts: readonly number[]): Stability {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [referenceRows, rows] = [sum(reference), sum(counts)];
  const used = counts.filter((count, bin) => count + reference[bin]! > 0).length;
  if (referenceRows === 0 || rows === 0 || used < 2) return { index: 0, pValue: 1 };
  let index = 0;
  counts.forEach((count, bin) => {
    const pooled = (count + reference[bin]!) / (rows + referenceRows);
    if (pooled === 0) return;
    const expected = (reference[bin]! + used * pooled) / (referenceRows + used);
    const observed = (count + used * pooled) / (rows + used);
    index += (observed - expected) * Math.log(observed / expected);
  });
  const variance = 1 / rows + 1 / referenceRows;
  return { index: Math.max(0, index - (used - 1) * variance), pValue: chiSquareTail(index / variance, used - 1) };
}
