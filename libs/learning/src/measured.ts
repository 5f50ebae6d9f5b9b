import {
  areaUnderCurve,
  averagePrecision,
  brierScore,
  calibrationError,
  calibrationLine,
  descendingOrder,
  liftInTopDecile,
  logLoss,
  meanProbability,
  observedRate,
  perfectOutcomes,
  precisionAtShare,
  rankOutcomes,
  type ClassWeights,
  type RankedOutcomes,
} from './metrics.js';
import { RandomStream } from './random.js';

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Out-of-sample metrics. */
export interface Measured {
  /** Rows that were predicted, each once per repeat, and the positives among them. */
  readonly rows: number;
  readonly positives: number;
  readonly auc: Estimate;
  readonly averagePrecision: Estimate;
  readonly lift10: Estimate;
  /** Of the rows of each list that the capacity allows to be contacted. */
  readonly precisionAtCapacity: Estimate;
  readonly brier: Estimate;
  readonly logLoss: Estimate;
  readonly calibrationError: Estimate;
  /** Share of positives that the figures are about: with weights, that of the population. */
  readonly rate: number;
  readonly meanPrediction: number;
  /** 1 and 0 for calibrated predictions. */
  readonly calibrationSlope: number;
  readonly calibrationIntercept: number;
  /** What predictions that are exactly right would show as calibration error on as many rows. */
  readonly perfectCalibrationError: { readonly mean: number; readonly high: number };
  /** The mean over repeats, for paired comparisons and calibration plots. */
  readonly predictions: Float64Array;
}

/** Share of the rows that are contacted, where the capacity is not given. */
export const defaultCapacityShare = 0.02;

const metricsAt = (capacityShare: number) => ({
  auc: areaUnderCurve,
  averagePrecision,
  lift10: liftInTopDecile,
  precisionAtCapacity: (outcomes: RankedOutcomes) => precisionAtShare(outcomes, capacityShare),
  brier: brierScore,
  logLoss,
  calibrationError: (outcomes: RankedOutcomes) => calibrationError(outcomes),
});
type Metrics = ReturnType<typeof metricsAt>;

/**
 * Figures are averaged over repeats.
 * @param repeats one prediction per row each @param groups one per row, where rows belong to groups
 * @param lists one per row, numbered from 0, where each list has its own model and ranking
 * @param weights where the rows hold the classes in other shares than the population that predictions are made for:
 *   all figures are those of the population
 * @param capacityShare of each list, for the precision at capacity
 */
export function measure(
  repeats: readonly Float64Array[],
  labels: Uint8Array,
  groups: Uint32Array | undefined,
  seed: number,
  lists?: Uint32Array,
  weights?: ClassWeights,
  capacityShare = defaultCapacityShare,
): Measured {
  const ranked = repeats.map((predictions) => new RankedRows(predictions, labels, lists, weights));
  const clusters = groups && rowsByGroup(groups);
  const metrics = metricsAt(capacityShare);
  const estimates = bootstrapEstimates(ranked, labels.length, clusters, metrics, new RandomStream(seed, 0xb007));
  const lines = ranked.map(({ outcomes }) => calibrationLine(outcomes));
  const perfect = perfectCalibrationErrors(ranked[0]!.outcomes, 200, new RandomStream(seed, 0x9e4f));
  return {
    rows: labels.length,
    positives: ranked[0]!.outcomes.positives,
    ...estimates,
    rate: observedRate(ranked[0]!.outcomes),
    meanPrediction: meanOf(ranked.map(({ outcomes }) => meanProbability(outcomes))),
    calibrationSlope: meanOf(lines.map((line) => line.slope)),
    calibrationIntercept: meanOf(lines.map((line) => line.intercept)),
    perfectCalibrationError: { mean: meanOf(perfect), high: quantileOf(perfect, 0.95) },
    predictions: meanPredictions(repeats),
  };
}

/** By row, the mean over repeats. */
export function meanPredictions(repeats: readonly Float64Array[]): Float64Array {
  const predictions = new Float64Array(repeats[0]!.length);
  for (const repeat of repeats) {
    repeat.forEach((prediction, at) => (predictions[at] = predictions[at]! + prediction / repeats.length));
  }
  return predictions;
}

/** Two rankings of the same rows. */
export interface PairedAuc {
  readonly rows: number;
  readonly positives: number;
  readonly first: number;
  readonly second: number;
  /** First minus second; NaN where a class is empty. */
  readonly difference: Estimate;
}

/**
 * Compares the areas under two ROC curves on the same rows: both are computed from the same 500 bootstrap samples, so
 * that what is common to both cancels. Groups and lists as in `measure`.
 */
export function compareAuc(
  { first, second }: { first: Float64Array; second: Float64Array },
  labels: Uint8Array,
  { seed, groups, lists }: { seed: number; groups?: Uint32Array | undefined; lists?: Uint32Array | undefined },
): PairedAuc {
  const [one, other] = [new RankedRows(first, labels, lists), new RankedRows(second, labels, lists)];
  const [mean, against] = [areaUnderCurve(one.outcomes), areaUnderCurve(other.outcomes)];
  const random = new RandomStream(seed, 0xa1c0);
  const clusters = groups && rowsByGroup(groups);
  const differences = Array.from({ length: bootstrapSamples }, () => {
    const sample = sampleRows(labels.length, clusters, random);
    return areaUnderCurve(one.resample(sample)) - areaUnderCurve(other.resample(sample));
  }).filter((value) => !Number.isNaN(value));
  return {
    rows: labels.length,
    positives: one.outcomes.positives,
    first: mean,
    second: against,
    difference: { mean: mean - against, low: quantileOf(differences, 0.025), high: quantileOf(differences, 0.975) },
  };
}

/** Ranked predictions with their rows, so that a bootstrap sample needs no sorting. */
class RankedRows {
  readonly outcomes: RankedOutcomes;
  private readonly order: Uint32Array;

  constructor(predictions: Float64Array, labels: Uint8Array, lists?: Uint32Array, weights?: ClassWeights) {
    this.order = descendingOrder(predictions);
    this.outcomes = rankOutcomes(predictions, labels, lists, weights);
  }

  /** Each row as often as it was sampled, `size` in all. O(n). */
  resample({ countByRow, size }: RowSample): RankedOutcomes {
    const { probabilities, labels, lists, weights } = this.outcomes;
    const sampled = { probabilities: new Float64Array(size), labels: new Uint8Array(size) };
    const sampledLists = lists && new Uint32Array(size);
    let count = 0;
    let positives = 0;
    for (let rank = 0; rank < labels.length; rank += 1) {
      for (let times = countByRow[this.order[rank]!]!; times > 0; times -= 1) {
        sampled.probabilities[count] = probabilities[rank]!;
        sampled.labels[count] = labels[rank]!;
        if (sampledLists !== undefined) sampledLists[count] = lists![rank]!;
        positives += labels[rank]!;
        count += 1;
      }
    }
    return { ...sampled, positives, lists: sampledLists, weights };
  }
}

/** A bootstrap sample: how often it has each row, and its size. */
interface RowSample {
  readonly countByRow: Uint32Array;
  readonly size: number;
}

/** Samples rows one by one, or clusters one by one with all of their rows. */
function sampleRows(rowCount: number, clusters: readonly number[][] | undefined, random: RandomStream): RowSample {
  const countByRow = new Uint32Array(rowCount);
  const unitCount = clusters?.length ?? rowCount;
  let size = 0;
  for (let unit = 0; unit < unitCount; unit += 1) {
    const sampled = random.below(unitCount);
    if (clusters === undefined) countByRow[sampled]! += 1;
    else for (const row of clusters[sampled]!) countByRow[row]! += 1;
    size += clusters === undefined ? 1 : clusters[sampled]!.length;
  }
  return { countByRow, size };
}

function rowsByGroup(groups: Uint32Array): number[][] {
  const rows = new Map<number, number[]>();
  groups.forEach((group, row) => {
    const own = rows.get(group);
    if (own === undefined) rows.set(group, [row]);
    else own.push(row);
  });
  return [...rows.values()];
}

function bootstrapEstimates(
  ranked: readonly RankedRows[],
  rowCount: number,
  clusters: readonly number[][] | undefined,
  metrics: Metrics,
  random: RandomStream,
): Record<keyof Metrics, Estimate> {
  const names = Object.keys(metrics) as (keyof Metrics)[];
  const meansOver = (outcomes: readonly RankedOutcomes[]): number[] =>
    names.map((name) => meanOf(outcomes.map((repeat) => metrics[name](repeat))));
  const means = meansOver(ranked.map(({ outcomes }) => outcomes));
  const samples = Array.from({ length: bootstrapSamples }, () => {
    const sample = sampleRows(rowCount, clusters, random);
    return meansOver(ranked.map((repeat) => repeat.resample(sample)));
  });
  const estimates = names.map((name, at): [keyof Metrics, Estimate] => {
    // a sample of a tiny table can lack a class, and then has no figure
    const values = samples.map((sample) => sample[at]!).filter((value) => !Number.isNaN(value));
    // sampling rows adds noise, which the calibration error counts as error: without the shift its interval would
    // exclude the figure
    const shift = means[at]! - meanOf(values);
    const low = Math.max(0, quantileOf(values, 0.025) + shift);
    return [name, { mean: means[at]!, low, high: quantileOf(values, 0.975) + shift }];
  });
  return Object.fromEntries(estimates) as Record<keyof Metrics, Estimate>;
}

/** Calibration errors of outcomes that are simulated from the predictions. */
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
