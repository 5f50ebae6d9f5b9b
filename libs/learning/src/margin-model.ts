import type { Classifier } from './learner.js';
import type { Table } from './table.js';

/** Why each row has its logit: `base` + the row's contributions = `logits`, before calibration and prior shift. */
export interface Explanation {
  readonly columns: readonly string[];
  readonly base: number;
  /** Row by row, one contribution per column; above 0 increases churn. */
  readonly contributions: Float64Array;
  readonly logits: Float64Array;
}

/** A classifier on the logit scale, each logit a sum of contributions of the source columns. */
export interface MarginModel extends Classifier {
  /** Source columns, in the order of explanations. */
  readonly columns: readonly string[];
  /** Which kind of model its JSON is of. */
  readonly kind: string;
  /** One logit per entry of `rows`. @throws RangeError naming the first column that is missing or of another kind */
  logits(table: Table, rows: Uint32Array): Float64Array;
  explain(table: Table, rows: Uint32Array): Explanation;
  toJSON(): object;
}
