import type { ServedModel } from '@holdfast/learning/served-model';
import type { Table } from '@holdfast/learning/table';
import type { ClassWeights } from '@holdfast/learning/metrics';
import { learnReference, type Reference } from '../drift/distribution.js';
import type { TypedColumn } from '../table/typed-column.js';
import { spread } from '../reason/learn-causes.js';

/** Enough for tenths, and cheap. */
const REFERENCE_ROWS_MAX = 20_000;

/**
 * What runs of a model are compared with: its columns over the training rows, and its own predictions of them. Models of
 * folds or of earlier months have other leaves: where a model has few values, a small shift of one moves a tenth of the
 * rows over the border of a bin. What a model has learned by heart makes the reference a little more extreme than new rows.
 * @param predictor the model @param columns of the model
 * @param weights where rows hold the classes in other shares than where the model is used
 */
export function referenceOf(
  predictor: Pick<ServedModel, 'predict'>,
  columns: readonly TypedColumn[],
  { table, labels, months }: { table: Table; labels: Uint8Array; months: Uint32Array | undefined },
  rows: Uint32Array,
  weights: ClassWeights | undefined,
): Reference {
  const weightOf = (row: number): number =>
    weights === undefined ? 1 : labels[row] === 1 ? weights.positive : weights.negative;
  const sample = spread(rows, REFERENCE_ROWS_MAX);
  const scores = { predictions: predictor.predict(table, sample), weights: Float64Array.from(sample, weightOf) };
  return learnReference(table.columns, columns, { rows: sample, months, weightOf }, scores);
}
