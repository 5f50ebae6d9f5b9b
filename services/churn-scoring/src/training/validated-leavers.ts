import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { type Column, Table } from '@holdfast/learning/table';
import type { ForwardFold } from '@holdfast/learning/forward-in-time';
import type { ServedModel } from '@holdfast/learning/served-model';
import { usualCauses } from '../reason/causes.js';
import { Comparisons } from '../reason/comparisons.js';
import { reasonsOf } from '../reason/reasons.js';
import type { TypedColumn } from '../table/typed-column.js';

/** Validated predictions of churned rows. */
export interface ValidatedLeavers {
  /** Numbers of the training rows. */
  readonly rows: readonly number[];
  readonly probabilities: readonly number[];
  /** Encoded Reasons, without comparisons, by the model that had not seen the row's month. */
  readonly reasons: readonly Uint8Array[];
}

/** Maximum number per model; the newest months first, because they are closest to the next use. */
const LEAVERS_MAX = 100_000;
/** Rows that are explained for the usual value; a median is stable with fewer. */
const USUAL_ROWS_MAX = 2_000;

/** Comparisons are for scripts, which churned subscriptions have not. */
const nothingToCompare = new Comparisons({ overallShare: 0, columns: [] });

/**
 * Explains the churners of each judged month with the model of that month, out of sample.
 * @param models one per fold
 */
export function explainLeavers(
  folds: readonly ForwardFold[],
  models: readonly ServedModel[],
  data: readonly Column[],
  types: ReadonlyMap<string, TypedColumn>,
  labels: Uint8Array,
): ValidatedLeavers {
  const table = new Table(data);
  const found: { row: number; probability: number; reasons: Uint8Array }[] = [];
  for (const [at, fold] of [...folds.entries()].reverse()) {
    const model = models[at]!;
    const columns = model.parts.columns.map((name) => types.get(name)!);
    const usual = usualCauses(model.explain(table, spread(fold.training, USUAL_ROWS_MAX)), columns);
    const leavers = fold.judged.filter((row) => labels[row] === 1).slice(0, LEAVERS_MAX - found.length);
    const probabilities = model.predict(table, leavers);
    const explanation = model.explain(table, leavers);
    leavers.forEach((row, position) => {
      const reasons = reasonsOf(explanation, position, table, row, columns, nothingToCompare, usual);
      found.push({ row, probability: probabilities[position]!, reasons: Reasons.encode(reasons).finish() });
    });
  }
  return {
    rows: found.map(({ row }) => row),
    probabilities: found.map(({ probability }) => probability),
    reasons: found.map(({ reasons }) => reasons),
  };
}

/** At most about so many of the rows, spread evenly. */
export function spread(rows: Uint32Array, rowsMax: number): Uint32Array {
  const step = Math.max(1, Math.ceil(rows.length / rowsMax));
  return rows.filter((_, at) => at % step === 0);
}
