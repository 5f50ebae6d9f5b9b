import { allRows, type Column } from '@holdfast/learning/table';
import type { ClassWeights } from '@holdfast/learning/metrics';
import { probabilityOf } from '@holdfast/learning/logistic';
import type { Validation } from '@holdfast/learning/validation';
import { learnReference, type Reference } from '../drift/distribution.js';
import type { TypedColumn } from '../table/typed-column.js';
import { spread } from '../reason/learn-causes.js';
import type { OutOfFold } from './horizons.js';

/** Enough for tenths, and cheap. */
const REFERENCE_ROWS_MAX = 20_000;

/** Predictions of rows by models that have not learned from them. */
interface OutOfSample {
  readonly rows: Uint32Array;
  readonly probabilities: Float64Array;
}

/**
 * Those of the inner folds of the fit that is kept: its growth, size and calibration are the model's, while the models
 * that were judged have learned from fewer months. A model of another program has no inner folds, and is itself judged.
 * @param shift of the log-odds towards the population that the model is used for; null for none
 */
export function outOfSample(
  kept: OutOfFold | undefined,
  shift: number | null,
  { predictedRows, predictions }: Pick<Validation, 'predictedRows' | 'predictions'>,
): OutOfSample {
  if (kept === undefined) return { rows: predictedRows, probabilities: predictions };
  return { rows: kept.rows, probabilities: kept.logits.map((logit) => probabilityOf(logit + (shift ?? 0))) };
}

/**
 * What runs of a model are compared with: its columns over the training rows, and its out-of-sample predictions, which
 * are not as extreme as those of rows that it has learned from.
 * @param columns of the model @param weights where rows hold the classes in other shares than where the model is used
 */
export function referenceOf(
  columns: readonly TypedColumn[],
  { data, labels, months }: { data: readonly Column[]; labels: Uint8Array; months: Uint32Array | undefined },
  predicted: OutOfSample,
  rows: Uint32Array,
  weights: ClassWeights | undefined,
): Reference {
  const weightOf = (row: number): number =>
    weights === undefined ? 1 : labels[row] === 1 ? weights.positive : weights.negative;
  const places = spread(allRows(predicted.rows.length), REFERENCE_ROWS_MAX);
  const scores = {
    predictions: Float64Array.from(places, (at) => predicted.probabilities[at]!),
    weights: Float64Array.from(places, (at) => weightOf(predicted.rows[at]!)),
  };
  return learnReference(data, columns, { rows: spread(rows, REFERENCE_ROWS_MAX), months, weightOf }, scores);
}
