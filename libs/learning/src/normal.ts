import { upperIncompleteGamma } from './incomplete-gamma.js';

const STEPS = 4;

/** Probability that a standard normal variable is at most z. */
export function normalCdf(z: number): number {
  // ½ erfc(|z| ÷ √2), and erfc(x) = Q(½, x²) (DLMF 7.11.2)
  const tail = 0.5 * upperIncompleteGamma(0.5, (z * z) / 2);
  return z < 0 ? tail : 1 - tail;
}

/** Probability of a standard normal variable at least this far from 0, to either side. */
export function twoSidedNormalTail(z: number): number {
  return upperIncompleteGamma(0.5, (z * z) / 2);
}

/**
 * Quantile of the standard normal distribution: the rational start of Abramowitz & Stegun
 * 26.2.23, made exact by Halley's steps. ±Infinity at 1 and 0; NaN outside.
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) return NaN;
  if (probability === 0.5) return 0;
  // Worked out in the lower tail, where the digits of small probabilities are kept.
  const tail = Math.min(probability, 1 - probability);
  if (tail === 0) return probability === 0 ? -Infinity : Infinity;
  const t = Math.sqrt(-2 * Math.log(tail));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < STEPS; step += 1) {
    const error = (normalCdf(z) - tail) / (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
    z -= error / (1 + (z * error) / 2);
  }
  return probability < 0.5 ? z : -z;
}
