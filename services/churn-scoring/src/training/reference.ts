import { allRows, type Column } from '@holdfast/learning/table';
import type { ClassWeights } from '@holdfast/learning/metrics';
import type { Validation } from '@holdfast/learning/validation';
import { learnReference, type Reference } from '../drift/distribution.js';
import type { TypedColumn } from '../table/typed-column.js';
import { spread } from './validated-leavers.js';

/** Enough for tenths, and cheap. */
const REFERENCE_ROWS_MAX = 20_000;

/**
 * What runs of a model are compared with: its columns over the training rows, and its out-of-sample predictions, which
 * are not as extreme as those of rows that it has learned from.
 * @param columns of the model @param weights where rows hold the classes in other shares than where the model is used
 */
export function referenceOf(
  columns: readonly TypedColumn[],
  { data, labels, months }: { data: readonly Column[]; labels: Uint8Array; months: Uint32Array | undefined },
  { predictedRows, predictions }: Pick<Validation, 'predictedRows' | 'predictions'>,
  rows: Uint32Array,
  weights: ClassWeights | undefined,
): Reference {
  const weightOf = (row: number): number =>
    weights === undefined ? 1 : labels[row] === 1 ? weights.positive : weights.negative;
  const places = spread(allRows(predictedRows.length), REFERENCE_ROWS_MAX);
  const scores = {
    predictions: Float64Array.from(places, (at) => predictions[at]!),
    weights: Float64Array.from(places, (at) => weightOf(predictedRows[at]!)),
  };
  return learnReference(data, columns, { rows: spread(rows, REFERENCE_ROWS_MAX), months, weightOf }, scores);
}
