import { logGamma } from './incomplete-gamma.js';
import type { RandomStream } from './random.js';

/** From this mean on, rejection is faster than multiplication. */
const MEAN_OF_REJECTION = 30;

/** A standard normal variable (Box & Muller 1958). */
export function drawNormal(random: RandomStream): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A gamma variable of scale 1 (Marsaglia & Tsang 2000). @param shape at least 1 */
function drawGamma(shape: number, random: RandomStream): number {
  const d = shape - 1 / 3;
  for (;;) {
    const z = drawNormal(random);
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A Poisson variable: by multiplication, from a mean of 30 on by transformed rejection (Hörmann 1993, PTRS). O(1) then. */
function drawPoisson(mean: number, random: RandomStream): number {
  if (!(mean > 0)) return 0;
  if (mean < MEAN_OF_REJECTION) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = random.next(); product > limit; product *= random.next()) count += 1;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.next() - 0.5;
    const v = 1 - random.next();
    const us = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accepted) return count;
    if (count < 0 || (us < 0.013 && v > us)) continue;
    const logDensity = count * Math.log(mean) - mean - logGamma(count + 1);
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= logDensity) return count;
  }
}

/** A negative binomial variable of variance mean + dispersion × mean². @param dispersion 0 to 1; 0 is Poisson */
export function drawNegativeBinomial(mean: number, dispersion: number, random: RandomStream): number {
  if (dispersion === 0) return drawPoisson(mean, random);
  return drawPoisson(mean * dispersion * drawGamma(1 / dispersion, random), random);
}
