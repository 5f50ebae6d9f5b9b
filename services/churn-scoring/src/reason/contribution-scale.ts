import type { Explanation } from '@holdfast/learning/margin-model';
import type { ServedModel } from '@holdfast/learning/served-model';
import { logitOf } from '@holdfast/learning/logistic';

/** Logits of training rows by models of the inner folds, each of which had not seen the row; calibrated. */
export interface OutOfFoldLogits {
  readonly rows: Uint32Array;
  readonly logits: Float64Array;
}

/** Explained rows. */
export interface ExplainedRows {
  readonly rows: Uint32Array;
  readonly explanation: Explanation;
}

/** What contributions are multiplied by. */
export interface ContributionScale {
  /** For log-odds as they are calibrated: explanations are of the model before calibration. */
  readonly calibrated: number;
  /**
   * For those of rows that the model learned from, in addition: it is surer of them than of others. Causes learned from
   * contributions that are too large would be predicted with too little of them.
   */
  readonly ofTraining: number;
}

const CALIBRATED = { min: 0.2, max: 2 };
const OF_TRAINING = { min: 0.3, max: 1 };

/**
 * Compares how far churners are from all rows by contributions, by calibrated log-odds, and by those of models that had
 * not seen them. O(rows).
 * @param outOfFold undefined where the model was not fitted here
 */
export function contributionScale(
  model: Pick<ServedModel, 'probabilitiesOf'>,
  leavers: ExplainedRows,
  usual: ExplainedRows,
  outOfFold: OutOfFoldLogits | undefined,
): ContributionScale {
  const calibratedOf = ({ explanation }: ExplainedRows): Float64Array =>
    model.probabilitiesOf(explanation.logits).map(logitOf);
  const raw = meanOf(leavers.explanation.logits) - meanOf(usual.explanation.logits);
  const calibrated = meanOf(calibratedOf(leavers)) - meanOf(calibratedOf(usual));
  const held = outOfFold && heldOutDistance(outOfFold, leavers.rows, usual.rows);
  return {
    calibrated: ratio(calibrated, raw, CALIBRATED),
    ofTraining: held === undefined ? 1 : ratio(held, calibrated, OF_TRAINING),
  };
}

function heldOutDistance({ rows, logits }: OutOfFoldLogits, leavers: Uint32Array, usual: Uint32Array) {
  const meanAt = (wanted: Uint32Array): number | undefined => {
    const set = new Set(wanted);
    const found = logits.filter((_, at) => set.has(rows[at]!));
    return found.length === 0 ? undefined : meanOf(found);
  };
  const [ofLeavers, ofUsual] = [meanAt(leavers), meanAt(usual)];
  return ofLeavers === undefined || ofUsual === undefined ? undefined : ofLeavers - ofUsual;
}

/** 1 where there is nothing to compare. */
function ratio(part: number, whole: number, { min, max }: { readonly min: number; readonly max: number }): number {
  if (!Number.isFinite(part / whole) || whole <= 0) return 1;
  return Math.min(max, Math.max(min, part / whole));
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
