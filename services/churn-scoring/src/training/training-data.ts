import type { TrainingData } from '@holdfast/contracts/churn_scoring/v1/card';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import { monthText } from '@holdfast/platform/calendar';
import { SHARDS } from '@holdfast/platform/identity';
import type { KindRows } from './kind-rows.js';

/** What a model's card shows of its rows; read before their buffers move into the training thread. */
export function trainingDataOf(
  { labels, panel, columns }: KindRows,
  { labelledRows }: Pick<Table, 'labelledRows'>,
  shards: number,
): TrainingData {
  const months = new Set(panel?.months ?? []);
  return {
    rows: labels.length,
    positives: labels.reduce((sum, label) => sum + label, 0),
    subscriptions: panel && new Set(panel.subscriptions).size,
    months: [...months].sort((left, right) => left - right).map(monthText),
    labelledRows,
    sampleShare: shards / SHARDS,
    columns: columns.length,
  };
}
