import { foldsOf, rowsWithout } from './folds.js';
import type { ForwardFold } from './forward-in-time.js';
import { checkLearnable, partOf, pause, type FitContext, type Learner } from './learner.js';
import { measure, type Measured } from './measured.js';
import { topDecileRows, type ClassWeights } from './metrics.js';
import { hashIntegers, RandomStream } from './random.js';
import { labelsOf, type Table } from './table.js';

/** Which rows are trained on and which are predicted. */
export type ValidationPlan =
  | { readonly kind: 'repeatedFolds'; readonly folds: number; readonly repeats: number }
  | { readonly kind: 'givenSplit'; readonly training: Uint32Array; readonly test: Uint32Array }
  | { readonly kind: 'forward'; readonly folds: readonly ForwardFold[] };

export interface Validation extends Measured {
  readonly plan: ValidationPlan['kind'];
  readonly folds: number;
  readonly repeats: number;
  /** Forward in time: subscriptions that left inside the gap of a judged month. Else 0. */
  readonly lostInGap: number;
  /** Share of all churners, those in the gap included, in the tenth with the highest probabilities. */
  readonly recall10: number;
  /** Rows in the order of `predictions`. */
  readonly predictedRows: Uint32Array;
}

/**
 * Measures a learner on rows that it did not see. Everything that learns, preprocessing included, runs inside
 * `learner.fit` on training rows only; nothing of the held-out rows reaches it.
 *
 * Predictions are pooled over the folds of one repeat, so that each figure refers to all rows (folds of 1,400 rows are
 * too few for ten calibration bins), and figures are averaged over repeats. Intervals come from 500 bootstrap samples
 * of rows, sampled alike for all repeats and centred on the figure; where rows belong to groups, whole groups are sampled,
 * since the months of one subscription are not independent.
 *
 * Forward in time each judged month has its own model and ranking, and `rows` is not read.
 * @param weights where the learner's models are served to a population of other class shares than these rows
 */
export async function validate(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  plan: ValidationPlan,
  context: FitContext,
  weights?: ClassWeights,
): Promise<Validation> {
  const repeats: Float64Array[] = [];
  let predictedRows = rows;
  if (plan.kind === 'givenSplit') {
    predictedRows = plan.test;
    checkLearnable(table, labels, plan.test);
    const model = await learner.fit(table, labels, plan.training, partOf(context, 0, 0.95));
    repeats.push(model.predict(table, plan.test));
  } else if (plan.kind === 'forward') {
    predictedRows = concatenated(plan.folds.map(({ judged }) => judged));
    checkLearnable(table, labels, predictedRows);
    repeats.push(await predictForward(learner, table, labels, plan.folds, partOf(context, 0, 0.95)));
  } else {
    checkLearnable(table, labels, rows, plan.folds);
    for (let repeat = 0; repeat < plan.repeats; repeat += 1) {
      const part = partOf(context, (0.95 * repeat) / plan.repeats, (0.95 * (repeat + 1)) / plan.repeats);
      repeats.push(await predictFolds(learner, table, labels, rows, plan.folds, repeat, part));
    }
  }
  await pause(context);
  const groups = context.groups && Uint32Array.from(predictedRows, (row) => context.groups![row]!);
  const lists = plan.kind === 'forward' ? foldNumbers(plan.folds) : undefined;
  const measured = measure(repeats, labelsOf(labels, predictedRows), groups, context.seed, lists, weights);
  context.onProgress?.(1);
  const folds = plan.kind === 'repeatedFolds' ? plan.folds : plan.kind === 'forward' ? plan.folds.length : 1;
  const lostInGap = plan.kind === 'forward' ? plan.folds.reduce((sum, { lostInGap: lost }) => sum + lost, 0) : 0;
  const { lift10, positives } = measured;
  // of the tenth, lift × share of positives are positive
  const topShare = weights === undefined ? topDecileRows(measured.rows) / measured.rows : 0.1;
  const recall10 = (lift10.mean * topShare * positives) / (positives + lostInGap);
  return { plan: plan.kind, folds, repeats: repeats.length, predictedRows, lostInGap, recall10, ...measured };
}

/** Every judged row predicted by the model of its month, which learnt from earlier months alone. */
async function predictForward(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  folds: readonly ForwardFold[],
  context: FitContext,
): Promise<Float64Array> {
  const predictions: Float64Array[] = [];
  for (const [at, { training, judged }] of folds.entries()) {
    const part = partOf(context, at / folds.length, (at + 1) / folds.length);
    const model = await learner.fit(table, labels, training, part);
    predictions.push(model.predict(table, judged));
    await pause(context);
  }
  const all = new Float64Array(predictions.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const some of predictions) {
    all.set(some, from);
    from += some.length;
  }
  return all;
}

/** For every judged row, in the order of predictions, the number of its month. */
function foldNumbers(folds: readonly ForwardFold[]): Uint32Array {
  return concatenated(folds.map(({ judged }, at) => new Uint32Array(judged.length).fill(at)));
}

function concatenated(parts: readonly Uint32Array[]): Uint32Array {
  return Uint32Array.from(parts.flatMap((part) => [...part]));
}

/** One repeat: every row predicted by the model that was trained on the other folds. */
async function predictFolds(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  foldCount: number,
  repeat: number,
  context: FitContext,
): Promise<Float64Array> {
  const seed = hashIntegers(context.seed, repeat);
  const folds = foldsOf(labels, rows, context.groups, foldCount, new RandomStream(seed, 0xfe1d));
  const predictionByRow = new Map<number, number>();
  for (const [fold, heldOut] of folds.entries()) {
    const part = partOf(context, fold / foldCount, (fold + 1) / foldCount, hashIntegers(seed, fold + 1));
    const model = await learner.fit(table, labels, rowsWithout(rows, heldOut), part);
    const predictions = model.predict(table, heldOut);
    heldOut.forEach((row, at) => predictionByRow.set(row, predictions[at]!));
    await pause(context);
  }
  return Float64Array.from(rows, (row) => predictionByRow.get(row)!);
}
