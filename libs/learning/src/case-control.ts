import { RandomStream } from './random.js';

/** Part of some rows, with what the missing ones do to a logit. */
interface CaseControlSample {
  /** Positions of the rows that are kept, ascending. */
  readonly positions: Uint32Array;
  /** To be added to the intercept of a model that is fitted on them: ln(share of the negatives that is kept). */
  readonly interceptShift: number;
}

/**
 * All positives and a uniform sample of the negatives, at most so many for each positive. In a logistic regression this
 * changes the intercept alone (Prentice & Pyke, Biometrika 1979), and ten for each positive cost few percent of precision.
 * @param negativesPerPositive 0 for all
 */
export function caseControlSample(labels: Uint8Array, negativesPerPositive: number, seed: number): CaseControlSample {
  const all = Uint32Array.from(labels.keys());
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = all.filter((at) => labels[at] === 0);
  const kept = negativesPerPositive * positives;
  if (negativesPerPositive === 0 || kept >= negatives.length) return { positions: all, interceptShift: 0 };
  const chosen = new RandomStream(seed, 0xca5e).shuffle(negatives).subarray(0, kept);
  const positions = Uint32Array.from([...all.filter((at) => labels[at] === 1), ...chosen]).sort();
  return { positions, interceptShift: Math.log(kept / negatives.length) };
}
