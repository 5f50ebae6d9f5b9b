import { normalCdf, normalQuantile } from './normal.js';

/**
 * Smallest effect that a two-sided test finds with a probability (Cohen, Statistical Power Analysis, 2nd ed., 1988,
 * normal approximation). @param standardError of the estimate, in the effect's unit
 */
export function detectableEffect(standardError: number, power: number, significance: number): number {
  return (normalQuantile(1 - significance / 2) + normalQuantile(power)) * standardError;
}

/** Probability that a two-sided test finds an effect, on either side. */
export function powerAt(effect: number, standardError: number, significance: number): number {
  const z = normalQuantile(1 - significance / 2);
  const shift = Math.abs(effect) / standardError;
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

/**
 * Standard error that a difference of two shares will have, before outcomes are known.
 * @param share expected in both groups @param designEffect variance relative to that of independent rows (Kish 1965)
 */
export function plannedStandardError(share: number, sizes: readonly [number, number], designEffect: number): number {
  return Math.sqrt(share * (1 - share) * (1 / sizes[0] + 1 / sizes[1]) * designEffect);
}
