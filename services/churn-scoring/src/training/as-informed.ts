import type { ForwardFold } from '@holdfast/learning/forward-in-time';
import type { ServedModel } from '@holdfast/learning/served-model';
import type { Table } from '@holdfast/learning/table';
import type { Validation } from '@holdfast/learning/validation';
import type { Champion } from './champion-comparison.js';

interface JudgedMonths {
  readonly table: Table;
  readonly labels: Uint8Array;
  /** Labelled rows. */
  readonly rows: Uint32Array;
  /** By row of the table. */
  readonly months: Uint32Array;
  readonly leadMonths: number;
  readonly folds: readonly ForwardFold[];
  /** Of each class; fewer give no model. */
  readonly classRowsMin: number;
}

type Predictions = Pick<Validation, 'predictedRows' | 'predictions'>;

/**
 * The validated predictions with which a new model is compared with a champion, none by a model that had fewer months to
 * learn from. The judged month J is predicted by a model of months up to J − lead, but a champion of the month before has
 * learned from month J − 1: labels of one month more, of which the new model has two more when it serves. Where the champion
 * has more, a model of the same method is fitted on exactly the champion's months and predicts instead. So a method that
 * has not changed differs by nothing, and the sign of the difference is not that of a month's worth of rows.
 * @param fit a model of the method of the new one; that of a fold, if its training rows are given
 */
export async function predictedAsInformed(
  { labelsThrough }: Champion,
  validation: Predictions,
  { table, labels, rows, months, leadMonths, folds, classRowsMin }: JudgedMonths,
  fit: (training: Uint32Array) => Promise<ServedModel>,
): Promise<Predictions> {
  if (labelsThrough === undefined) return validation;
  const lessInformed = folds.filter(({ month }) => month > labelsThrough && month - leadMonths < labelsThrough);
  if (lessInformed.length === 0) return validation;
  const same = folds.find(({ month }) => month - leadMonths === labelsThrough);
  const training = same?.training ?? rows.filter((row) => months[row]! <= labelsThrough);
  const churners = training.reduce((sum, row) => sum + labels[row]!, 0);
  if (Math.min(churners, training.length - churners) < classRowsMin) return validation;
  const model = await fit(training);
  const predictions = validation.predictions.slice();
  const placeOf = new Map(Array.from(validation.predictedRows, (row, at) => [row, at]));
  for (const { judged } of lessInformed) {
    model.predict(table, judged).forEach((predicted, at) => (predictions[placeOf.get(judged[at]!)!] = predicted));
  }
  return { predictedRows: validation.predictedRows, predictions };
}
