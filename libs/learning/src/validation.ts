import { rowsWithout, stratifiedFolds } from './folds.js';
import { checkLearnable, partOf, pause, type FitContext, type Learner } from './learner.js';
import {
  areaUnderCurve,
  averagePrecision,
  brierScore,
  calibrationError,
  calibrationLine,
  descendingOrder,
  liftInTopDecile,
  logLoss,
  perfectOutcomes,
  rankOutcomes,
  type RankedOutcomes,
} from './metrics.js';
import { hashIntegers, RandomStream } from './random.js';
import { labelsOf, type Table } from './table.js';

/** Which rows are trained on and which are predicted. */
export type ValidationPlan =
  | { readonly kind: 'repeatedFolds'; readonly folds: number; readonly repeats: number }
  | { readonly kind: 'givenSplit'; readonly training: Uint32Array; readonly test: Uint32Array };

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Validation {
  readonly plan: ValidationPlan['kind'];
  readonly folds: number;
  readonly repeats: number;
  /** Rows that were predicted, each once per repeat, and the positives among them. */
  readonly rows: number;
  readonly positives: number;
  readonly auc: Estimate;
  readonly averagePrecision: Estimate;
  readonly lift10: Estimate;
  readonly brier: Estimate;
  readonly logLoss: Estimate;
  readonly calibrationError: Estimate;
  /** 1 and 0 for calibrated predictions. */
  readonly calibrationSlope: number;
  readonly calibrationIntercept: number;
  /** What predictions that are exactly right would show as calibration error on as many rows. */
  readonly perfectCalibrationError: { readonly mean: number; readonly high: number };
  /** Rows in the order of `predictions`; the mean over repeats, for paired comparisons and calibration plots. */
  readonly predictedRows: Uint32Array;
  readonly predictions: Float64Array;
}

/**
 * Measures a learner on rows that it did not see. Everything that learns, preprocessing included, runs inside
 * `learner.fit` on training rows only; nothing of the held-out rows reaches it.
 *
 * Predictions are pooled over the folds of one repeat, so that each figure speaks of all rows (folds of 1,400 rows are
 * too few for ten calibration bins), and figures are averaged over repeats. Intervals come from 500 bootstrap samples
 * of rows, drawn alike for all repeats and centred on the figure.
 */
export async function validate(
  learner: Learner,
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  plan: ValidationPlan,
  context: FitContext,
): Promise<Validation> {
  const repeats: Float64Array[] = [];
  let predictedRows = rows;
  if (plan.kind === 'givenSplit') {
    predictedRows = plan.test;
    checkLearnable(table, labels, plan.test);
    const model = await learner.fit(table, labels, plan.training, partOf(context, 0, 0.95));
    repeats.push(model.predict(table, plan.test));
  } else {
    checkLearnable(table, labels, rows, plan.folds);
    for (let repeat = 0; repeat < plan.repeats; repeat += 1) {
      const part = partOf(context, (0.95 * repeat) / plan.repeats, (0.95 * (repeat + 1)) / plan.repeats);
      repeats.push(await predictFolds(learner, table, labels, rows, plan.folds, repeat, part));
    }
  }
  await pause(context);
  const measured = measure(repeats, labelsOf(labels, predictedRows), context.seed);
  context.onProgress?.(1);
  const folds = plan.kind === 'repeatedFolds' ? plan.folds : 1;
  return { plan: plan.kind, folds, repeats: repeats.length, predictedRows, ...measured };
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
  const folds = stratifiedFolds(labels, rows, foldCount, new RandomStream(seed, 0xfe1d));
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

type Metric = (outcomes: RankedOutcomes) => number;

const metrics = {
  auc: areaUnderCurve,
  averagePrecision,
  lift10: liftInTopDecile,
  brier: brierScore,
  logLoss,
  calibrationError: (outcomes: RankedOutcomes) => calibrationError(outcomes),
} satisfies Record<string, Metric>;

type Measured = Omit<Validation, 'plan' | 'folds' | 'repeats' | 'predictedRows'>;

function measure(repeats: readonly Float64Array[], labels: Uint8Array, seed: number): Measured {
  const ranked = repeats.map((predictions) => new RankedRows(predictions, labels));
  const estimates = bootstrapEstimates(ranked, labels.length, new RandomStream(seed, 0xb007));
  const lines = ranked.map(({ outcomes }) => calibrationLine(outcomes));
  const perfect = perfectCalibrationErrors(ranked[0]!.outcomes, 200, new RandomStream(seed, 0x9e4f));
  const predictions = new Float64Array(labels.length);
  for (const repeat of repeats) {
    repeat.forEach((prediction, at) => (predictions[at] = predictions[at]! + prediction / repeats.length));
  }
  return {
    rows: labels.length,
    positives: ranked[0]!.outcomes.positives,
    ...estimates,
    calibrationSlope: meanOf(lines.map((line) => line.slope)),
    calibrationIntercept: meanOf(lines.map((line) => line.intercept)),
    perfectCalibrationError: { mean: meanOf(perfect), high: quantileOf(perfect, 0.95) },
    predictions,
  };
}

/** Ranked predictions that remember which row each came from, so that a bootstrap sample needs no sorting. */
class RankedRows {
  readonly outcomes: RankedOutcomes;
  private readonly order: Uint32Array;

  constructor(predictions: Float64Array, labels: Uint8Array) {
    this.order = descendingOrder(predictions);
    this.outcomes = rankOutcomes(predictions, labels);
  }

  /** Each row as often as it was drawn. O(n). */
  resample(drawsByRow: Uint32Array): RankedOutcomes {
    const { probabilities, labels } = this.outcomes;
    const sampled = { probabilities: new Float64Array(labels.length), labels: new Uint8Array(labels.length) };
    let count = 0;
    let positives = 0;
    for (let rank = 0; rank < labels.length; rank += 1) {
      for (let draws = drawsByRow[this.order[rank]!]!; draws > 0; draws -= 1) {
        sampled.probabilities[count] = probabilities[rank]!;
        sampled.labels[count] = labels[rank]!;
        positives += labels[rank]!;
        count += 1;
      }
    }
    return { ...sampled, positives };
  }
}

function bootstrapEstimates(
  ranked: readonly RankedRows[],
  rowCount: number,
  random: RandomStream,
): Record<keyof typeof metrics, Estimate> {
  const names = Object.keys(metrics) as (keyof typeof metrics)[];
  const meansOver = (outcomes: readonly RankedOutcomes[]): number[] =>
    names.map((name) => meanOf(outcomes.map((repeat) => metrics[name](repeat))));
  const means = meansOver(ranked.map(({ outcomes }) => outcomes));
  const samples: number[][] = [];
  for (let sample = 0; sample < bootstrapSamples; sample += 1) {
    const drawsByRow = new Uint32Array(rowCount);
    for (let draw = 0; draw < rowCount; draw += 1) {
      const row = random.below(rowCount);
      drawsByRow[row] = drawsByRow[row]! + 1;
    }
    samples.push(meansOver(ranked.map((repeat) => repeat.resample(drawsByRow))));
  }
  const estimates = names.map((name, at): [keyof typeof metrics, Estimate] => {
    // a sample of a tiny table can lack a class, and then says nothing
    const drawn = samples.map((sample) => sample[at]!).filter((value) => !Number.isNaN(value));
    // drawing rows adds noise of its own, which the calibration error counts as error: without the shift its interval
    // would lie above the figure itself
    const shift = means[at]! - meanOf(drawn);
    const low = Math.max(0, quantileOf(drawn, 0.025) + shift);
    return [name, { mean: means[at]!, low, high: quantileOf(drawn, 0.975) + shift }];
  });
  return Object.fromEntries(estimates) as Record<keyof typeof metrics, Estimate>;
}

/** Calibration errors of simulated outcomes that are drawn from the predictions themselves. */
function perfectCalibrationErrors(outcomes: RankedOutcomes, samples: number, random: RandomStream): number[] {
  return Array.from({ length: samples }, () => calibrationError(perfectOutcomes(outcomes, random)));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const bootstrapSamples = 500;
