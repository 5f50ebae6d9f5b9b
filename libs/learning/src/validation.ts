import { foldsOf, inOrderOf, rowsWithout } from './folds.js';
import type { ForwardFold } from './forward-in-time.js';
import { checkLearnable, inOrder, partOf, partsAtOnce, pause, type FitContext, type Learner } from './learner.js';
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
 * @param capacityShare see `measure`
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
  capacityShare?: number,
): Promise<Validation> {
  const heldOut = await predictHeldOut(learner, table, labels, rows, plan, context);
  await pause(context);
  const validation = measureHeldOut(heldOut, labels, plan, context, weights, capacityShare);
  context.onProgress?.(1);
  return validation;
}

/** The second half of `validate`: the figures of predictions that are at hand. */
export function measureHeldOut(
  { predictedRows, repeats }: HeldOut,
  labels: Uint8Array,
  plan: ValidationPlan,
  { seed, groups }: Pick<FitContext, 'seed' | 'groups'>,
  weights?: ClassWeights,
  capacityShare?: number,
): Validation {
  const ofRows = groups && Uint32Array.from(predictedRows, (row) => groups[row]!);
  const lists = plan.kind === 'forward' ? foldNumbers(plan.folds) : undefined;
  const outcomes = labelsOf(labels, predictedRows);
  const measured = measure(repeats, outcomes, ofRows, seed, lists, weights, capacityShare);
  const folds = plan.kind === 'repeatedFolds' ? plan.folds : plan.kind === 'forward' ? plan.folds.length : 1;
  const lostInGap = plan.kind === 'forward' ? plan.folds.reduce((sum, { lostInGap: lost }) => sum + lost, 0) : 0;
  const { lift10, positives } = measured;
  // of the tenth, lift × share of positives are positive
  const topShare = weights === undefined ? topDecileRows(measured.rows) / measured.rows : 0.1;
  const recall10 = (lift10.mean * topShare * positives) / (positives + lostInGap);
  return { plan: plan.kind, folds, repeats: repeats.length, predictedRows, lostInGap, recall10, ...measured };
}

/** Predictions for rows that the models had not seen. */
export interface HeldOut {
  readonly predictedRows: Uint32Array;
  /** By repeat, in the order of `predictedRows`. */
  readonly repeats: readonly Float64Array[];
}

/** The predictions of a validation without its figures: equal plans and seeds split the rows alike for every learner. */
export async function predictHeldOut(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  plan: ValidationPlan,
  context: FitContext,
): Promise<HeldOut> {
  if (plan.kind === 'repeatedFolds') {
    checkLearnable(table, labels, rows, plan.folds);
    const repeats = Array.from({ length: plan.repeats }, (_, repeat) => {
      const seed = hashIntegers(context.seed, repeat);
      return { seed, folds: foldsOf(labels, rows, plan.folds, new RandomStream(seed, 0xfe1d), context.groups) };
    });
    const parts = repeats.flatMap(({ seed, folds }) =>
      folds.map((test, fold) => ({ training: rowsWithout(rows, test), test, seed: hashIntegers(seed, fold + 1) })),
    );
    const predictions = await predictParts(learner, table, labels, parts, partOf(context, 0, 0.95));
    const ofRepeat = (repeat: number): Float64Array[] =>
      predictions.slice(repeat * plan.folds, (repeat + 1) * plan.folds);
    return { predictedRows: rows, repeats: repeats.map(({ folds }, at) => inOrderOf(rows, folds, ofRepeat(at))) };
  }
  const parts =
    plan.kind === 'forward' ? plan.folds.map(({ training, judged }) => ({ training, test: judged })) : [plan];
  const predictedRows = Uint32Array.from(parts.flatMap(({ test }) => [...test]));
  checkLearnable(table, labels, predictedRows);
  const predictions = await predictParts(learner, table, labels, parts, partOf(context, 0, 0.95));
  return { predictedRows, repeats: [Float64Array.from(predictions.flatMap((ofPart) => [...ofPart]))] };
}

interface HeldOutPart {
  readonly training: Uint32Array;
  readonly test: Uint32Array;
  /** That of the context by default. */
  readonly seed?: number;
}

/** Predicts each part by a model that was trained on other rows. Several fits at once where they run elsewhere. */
async function predictParts(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  parts: readonly HeldOutPart[],
  context: FitContext,
): Promise<Float64Array[]> {
  const contexts = partsAtOnce(context, parts.length, (part) => parts[part]!.seed ?? context.seed);
  const predict = async ({ training, test }: HeldOutPart, at: number): Promise<Float64Array> => {
    const model = await learner.fit(table, labels, training, contexts[at]!);
    const predictions = model.predict(table, test);
    await pause(context);
    return predictions;
  };
  if (learner.isElsewhere === true) return inOrder(parts.map(predict));
  const predictions: Float64Array[] = [];
  for (const [at, part] of parts.entries()) predictions.push(await predict(part, at));
  return predictions;
}

/** The number of its fold for each predicted row: each judged month has its own ranking. */
function foldNumbers(folds: readonly ForwardFold[]): Uint32Array {
  return Uint32Array.from(folds.flatMap(({ judged }, at) => Array<number>(judged.length).fill(at)));
}
