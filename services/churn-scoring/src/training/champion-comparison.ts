import type { ModelComparison, Validation as ValidationMessage } from '@holdfast/contracts/churn_scoring/v1/model';
import { compareAuc } from '@holdfast/learning/measured';
import { precisionAtShare, rankOutcomes } from '@holdfast/learning/metrics';
import { Table, type Column } from '@holdfast/learning/table';
import type { Validation } from '@holdfast/learning/validation';
import { monthNumber, monthText } from '@holdfast/platform/calendar';
import { decodeModelFile } from '../model/model-file.js';

/** The champion that a trained model is compared with; crosses into the training thread. */
export interface Champion {
  readonly id: string;
  /** A model file. */
  readonly bytes: Uint8Array;
  /** Of a table with months: last one whose labels it has learned from, see `monthNumber`. */
  readonly labelsThrough: number | undefined;
}

/** A model as the champion of a comparison. @param validation of its training, whose last month is the last it has learned from */
export function championOf({
  id,
  bytes,
  validation: { lastMonth },
}: {
  id: string;
  bytes: Uint8Array;
  validation: Pick<ValidationMessage, 'lastMonth'>;
}): Champion {
  return { id, bytes, labelsThrough: lastMonth === undefined ? undefined : monthNumber(lastMonth.month) };
}

interface ComparedRows {
  readonly data: readonly Column[];
  readonly labels: Uint8Array;
  /** By row, of a table with months. */
  readonly months: Uint32Array | undefined;
  /** By row, of a table with months. */
  readonly subscriptions: Uint32Array | undefined;
  readonly seed: number;
  readonly capacityShare: number;
}

/**
 * Compares the validated predictions of a new model with those of the champion on the same rows, of months whose labels
 * the champion has not learned from. Each month is a separate list, as in validation. Without months the champion may
 * know some rows, which is to its advantage: a new model is never preferred for it.
 * @returns undefined where no such rows of both classes exist
 */
export function compareWithChampion(
  { id, bytes, labelsThrough }: Champion,
  { predictedRows, predictions }: Pick<Validation, 'predictedRows' | 'predictions'>,
  { data, labels, months, subscriptions, seed, capacityShare }: ComparedRows,
): ModelComparison | undefined {
  const isNew = (row: number): boolean =>
    months === undefined || labelsThrough === undefined || months[row]! > labelsThrough;
  const places = Uint32Array.from(predictedRows.keys()).filter((at) => isNew(predictedRows[at]!));
  const rows = places.map((at) => predictedRows[at]!);
  const outcomes = Uint8Array.from(rows, (row) => labels[row]!);
  const positives = outcomes.reduce((sum, label) => sum + label, 0);
  if (positives === 0 || positives === rows.length) return undefined;
  const { model } = decodeModelFile(bytes);
  const compared = months === undefined ? [] : [...new Set(Array.from(rows, (row) => months[row]!))].sort(ascending);
  const own = Float64Array.from(places, (at) => predictions[at]!);
  const others = model.predict(new Table(data), rows);
  const groups = subscriptions && Uint32Array.from(rows, (row) => subscriptions[row]!);
  const lists = months && Uint32Array.from(rows, (row) => compared.indexOf(months[row]!));
  const { first, second, difference } = compareAuc({ first: own, second: others }, outcomes, { seed, groups, lists });
  const precisionOf = (predicted: Float64Array): number =>
    precisionAtShare(rankOutcomes(predicted, outcomes, lists), capacityShare);
  return {
    championId: id,
    months: compared.map(monthText),
    rows: rows.length,
    positives,
    championAuc: second,
    auc: first,
    difference,
    championPrecisionAtCapacity: precisionOf(others),
    precisionAtCapacity: precisionOf(own),
  };
}

function ascending(left: number, right: number): number {
  return left - right;
}
