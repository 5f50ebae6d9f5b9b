import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { allRows, type Table } from '@holdfast/learning/table';
import type { LoadedModel } from '../model/model-file.js';
import { reasonsOf } from '../reason/reasons.js';

/** One entry per row of the table. */
export interface ScoredRows {
  /** Calibrated. */
  readonly probabilities: Float64Array;
  readonly reasons: Reasons[];
}

/** Explaining this many takes some ten milliseconds; between blocks the process answers others. */
const ROWS_PER_BLOCK = 128;

/** Predicts and explains every row. A row's result depends on the row alone. @throws the signal's reason */
export async function scoreRows({ model, columns, comparisons }: LoadedModel, table: Table, signal?: AbortSignal): Promise<ScoredRows> {
  const probabilities = new Float64Array(table.rowCount);
  const reasons: Reasons[] = [];
  const rows = allRows(table.rowCount);
  for (let from = 0; from < rows.length; from += ROWS_PER_BLOCK) {
    await nextTurn();
    signal?.throwIfAborted();
    const block = rows.subarray(from, from + ROWS_PER_BLOCK);
    probabilities.set(model.predict(table, block), from);
    const explanation = model.explain(table, block);
    block.forEach((row, at) => reasons.push(reasonsOf(explanation, at, table, row, columns, comparisons)));
  }
  return { probabilities, reasons };
}
