import type { ShadowOutcome } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { compareAuc, measure } from '@holdfast/learning/measured';
import { estimateOf } from '../training/figures.js';

/** Rows of a run that both models scored, with what happened; crosses into a thread. */
export interface ShadowRows {
  readonly championId: string;
  readonly month: string;
  readonly shadow: Float64Array<ArrayBuffer>;
  readonly champion: Float64Array<ArrayBuffer>;
  /** 1 left, 0 did not. Both occur. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Of the rows of a month, as precision is judged. */
  readonly capacityShare: number;
}

const SEED = 1;

/**
 * What the two models were worth: both are judged on the same 500 bootstrap samples. A subscription has one row, so rows are
 * independent. O(500 × rows).
 */
export function compareShadow({
  championId,
  month,
  shadow,
  champion,
  labels,
  capacityShare,
}: ShadowRows): Pick<ShadowOutcome, 'comparison' | 'precision' | 'championPrecision'> {
  const { rows, positives, first, second, difference } = compareAuc({ first: shadow, second: champion }, labels, {
    seed: SEED,
  });
  const precisionOf = (predictions: Float64Array) =>
    measure([predictions], labels, undefined, SEED, undefined, undefined, capacityShare).precisionAtCapacity;
  const [own, other] = [precisionOf(shadow), precisionOf(champion)];
  return {
    comparison: {
      ...{ championId, months: month === '' ? [] : [month], rows, positives, championAuc: second, auc: first },
      difference: estimateOf(difference),
      ...{ championPrecisionAtCapacity: other.mean, precisionAtCapacity: own.mean },
    },
    precision: estimateOf(own),
    championPrecision: estimateOf(other),
  };
}
