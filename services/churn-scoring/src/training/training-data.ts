import type { TrainingData } from '@holdfast/contracts/churn_scoring/v1/card';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import { monthText } from '@holdfast/platform/calendar';
import { SHARDS } from '@holdfast/platform/identity';
import type { KindRows } from './kind-rows.js';

/** What a model's card shows of its rows. @param columns that it was trained on */
export function trainingDataOf(
  { rows, labels, panel }: KindRows,
  columns: number,
  { labelledRows }: Pick<Table, 'labelledRows'>,
  shards: number,
): TrainingData {
  const months = new Set(panel && rows.map((row) => panel.months[row]!));
  return {
    rows: rows.length,
    positives: rows.reduce((sum, row) => sum + labels[row]!, 0),
    subscriptions: panel && new Set(rows.map((row) => panel.subscriptions[row]!)).size,
    months: [...months].sort((left, right) => left - right).map(monthText),
    labelledRows,
    sampleShare: shards / SHARDS,
    columns,
  };
}
