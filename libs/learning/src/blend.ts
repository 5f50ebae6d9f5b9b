import { meanLogLossOfLogits } from './logistic.js';

/**
 * The weight of the first model in `weight × first + (1 − weight) × second` on the logit scale, with the least log
 * loss. To be called with predictions for rows that neither model saw. The loss is convex in the weight, so the grid
 * of 21 weights, 0 and 1 among them, cannot miss a better region. O(21 n).
 */
export function chooseBlendWeight(first: Float64Array, second: Float64Array, labels: Uint8Array): number {
  let weightBest = 0;
  let lossBest = Infinity;
  for (let step = 0; step <= 20; step += 1) {
    const weight = step / 20;
    const loss = meanLogLossOfLogits(blendLogits(first, second, weight), labels);
    if (loss < lossBest) {
      lossBest = loss;
      weightBest = weight;
    }
  }
  return weightBest;
}

/** weight × first + (1 − weight) × second, element by element. */
export function blendLogits(first: Float64Array, second: Float64Array, weight: number): Float64Array {
  return first.map((logit, at) => weight * logit + (1 - weight) * second[at]!);
}
