import { logitOf, probabilityOf } from './logistic.js';
import { fitPlatt } from './calibration.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { log, max } = Math;
const smallestGiven = Number.MIN_VALUE;

/**
 * Predictions in descending order of probability with their labels: the form that every metric takes, so that one sort
 * serves all of them and every bootstrap sample.
 */
export interface RankedOutcomes {
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
  readonly positives: number;
  /** The list of each row, numbered from 0, where rows of several lists (such as months) are pooled. */
  readonly lists?: Uint32Array | undefined;
  /** Where the rows hold the classes in other shares than the population that the figures are about. */
  readonly weights?: ClassWeights | undefined;
}

/** Population rows per row of each class. */
export interface ClassWeights {
  readonly positive: number;
  readonly negative: number;
}

const unweighted: ClassWeights = { positive: 1, negative: 1 };

/** Weights that give rows of one share of positives another. @throws RangeError where a share is not within (0, 1) */
export function weightsFor(sampleRate: number, populationRate: number): ClassWeights {
  for (const rate of [sampleRate, populationRate]) {
    if (!(rate > 0 && rate < 1)) throw new RangeError(`a rate of positives must lie between 0 and 1, not ${rate}`);
  }
  return { positive: populationRate / sampleRate, negative: (1 - populationRate) / (1 - sampleRate) };
}

/** Sorts predictions; equal ones keep the order of the rows. O(n log n). @param lists one per row, numbered from 0 */
export function rankOutcomes(
  probabilities: Float64Array,
  labels: Uint8Array,
  lists?: Uint32Array,
  weights?: ClassWeights,
): RankedOutcomes {
  const order = descendingOrder(probabilities);
  const ranked = Uint8Array.from(order, (row) => labels[row]!);
  return {
    probabilities: Float64Array.from(order, (row) => probabilities[row]!),
    labels: ranked,
    positives: ranked.reduce((sum, label) => sum + label, 0),
    lists: lists && Uint32Array.from(order, (row) => lists[row]!),
    weights,
  };
}

/** Row positions by descending probability, ties by position. */
export function descendingOrder(probabilities: Float64Array): Uint32Array {
  const order = Uint32Array.from(probabilities, (_, row) => row);
  return order.sort((left, right) => probabilities[right]! - probabilities[left]! || left - right);
}

/**
 * Area under the ROC curve: the chance that a positive outranks a negative, ties counting one half (Mann-Whitney).
 * NaN where a class is empty. O(n).
 *
 * Of several lists it is that of each, weighted by its positives: a list of October is used in October, and no row
 * in it competes with one of September, whose probability comes from another model.
 */
export function areaUnderCurve({ probabilities, labels, positives, lists }: RankedOutcomes): number {
  if (lists !== undefined) return areaWithinLists(probabilities, labels, lists);
  const rowCount = labels.length;
  let wins = 0;
  let negativesBelow = rowCount - positives;
  forEachTie(probabilities, (from, to) => {
    let tiedPositives = 0;
    for (let at = from; at < to; at += 1) tiedPositives += labels[at]!;
    const tiedNegatives = to - from - tiedPositives;
    negativesBelow -= tiedNegatives;
    wins += tiedPositives * (negativesBelow + tiedNegatives / 2);
  });
  return wins / (positives * (rowCount - positives));
}

/** As above, in one walk down the ranks of all lists. Counts are whole numbers and halves, so their sums are exact. */
function areaWithinLists(probabilities: Float64Array, labels: Uint8Array, lists: Uint32Array): number {
  const rowCount = labels.length;
  let listCount = 0;
  for (let at = 0; at < rowCount; at += 1) listCount = max(listCount, lists[at]! + 1);
  const wins = new Float64Array(listCount);
  const rows = new Float64Array(listCount);
  const positives = new Float64Array(listCount);
  for (let at = 0; at < rowCount; at += 1) {
    const list = lists[at]!;
    rows[list] = rows[list]! + 1;
    positives[list] = positives[list]! + labels[at]!;
  }
  const negativesBelow = rows.map((count, list) => count - positives[list]!);
  const negatives = negativesBelow.slice();
  for (let from = 0; from < rowCount;) {
    const probability = probabilities[from]!;
    let to = from;
    // a tied negative counts one half: it is half below the positives of its tie
    do {
      const list = lists[to]!;
      if (labels[to] === 0) negativesBelow[list] = negativesBelow[list]! - 0.5;
      to += 1;
    } while (to < rowCount && probabilities[to] === probability);
    for (let at = from; at < to; at += 1) {
      const list = lists[at]!;
      if (labels[at] === 1) wins[list] = wins[list]! + negativesBelow[list]!;
    }
    for (let at = from; at < to; at += 1) {
      const list = lists[at]!;
      if (labels[at] === 0) negativesBelow[list] = negativesBelow[list]! - 0.5;
    }
    from = to;
  }
  let area = 0;
  let weight = 0;
  for (let list = 0; list < listCount; list += 1) {
    if (positives[list] === 0 || negatives[list] === 0) continue; // has no order of the classes
    area += wins[list]! / negatives[list]!;
    weight += positives[list]!;
  }
  return area / weight;
}

/**
 * Average precision: Σ (recall gained) × precision at each distinct threshold, without interpolation (as
 * scikit-learn's average_precision_score). NaN without positives. O(n).
 */
export function averagePrecision({ probabilities, labels, positives, weights }: RankedOutcomes): number {
  const { positive, negative } = weights ?? unweighted;
  let found = 0;
  let sum = 0;
  forEachTie(probabilities, (from, to) => {
    const before = found;
    for (let at = from; at < to; at += 1) found += labels[at]!;
    const listed = positive * found + negative * (to - found);
    sum += ((found - before) / positives) * ((positive * found) / listed);
  });
  return sum;
}

/** How many rows the top tenth of the list has. */
export function topDecileRows(rowCount: number): number {
  return Math.max(1, Math.round(rowCount / 10));
}

/** Share of positives in the top tenth of the list over their share in all of it. NaN without positives. */
export function liftInTopDecile({ labels, positives, weights }: RankedOutcomes): number {
  if (weights !== undefined) return weightedLift(labels, positives, weights);
  const top = topDecileRows(labels.length);
  let found = 0;
  for (let at = 0; at < top; at += 1) found += labels[at]!;
  return found / top / (positives / labels.length);
}

/** The same of the population: the tenth is one of weight, and the row on its border counts in part. */
function weightedLift(labels: Uint8Array, positives: number, { positive, negative }: ClassWeights): number {
  const top = (positive * positives + negative * (labels.length - positives)) / 10;
  let listed = 0;
  let found = 0;
  for (let at = 0; at < labels.length && listed < top; at += 1) {
    const weight = labels[at] === 1 ? positive : negative;
    const taken = Math.min(weight, top - listed);
    listed += taken;
    found += labels[at]! * taken;
  }
  return (10 * found) / (positive * positives);
}

/**
 * Precision of the rows that a capacity allows to be contacted: the share of positives among the `share` of each list with
 * the highest probabilities, all lists together. Lists such as months are each contacted by themselves. Of rows with equal
 * probability on the border each counts in part, as in a random order of them. At least one row of each list. NaN without
 * rows. O(n).
 * @param share of the rows of a list, or of its weight, within (0, 1]
 */
export function precisionAtShare({ probabilities, labels, lists, weights }: RankedOutcomes, share: number): number {
  const { positive, negative } = weights ?? unweighted;
  const listCount = lists === undefined ? 1 : lists.reduce((most, list) => max(most, list + 1), 0);
  const open = new Float64Array(listCount); // what the list may still take
  for (let at = 0; at < labels.length; at += 1) open[lists?.[at] ?? 0]! += labels[at] === 1 ? positive : negative;
  for (let list = 0; list < listCount; list += 1) {
    if (open[list]! > 0)
      open[list] = weights === undefined ? max(1, Math.round(share * open[list]!)) : share * open[list]!;
  }
  let [listed, found, full] = [0, 0, 0];
  const [tied, tiedPositive] = [new Float64Array(listCount), new Float64Array(listCount)];
  for (let list = 0; list < listCount; list += 1) if (open[list] === 0) full += 1;
  for (let from = 0; from < labels.length && full < listCount;) {
    let to = from;
    for (; to < labels.length && probabilities[to] === probabilities[from]; to += 1) {
      const list = lists?.[to] ?? 0;
      tied[list]! += labels[to] === 1 ? positive : negative;
      if (labels[to] === 1) tiedPositive[list]! += positive;
    }
    for (let at = from; at < to; at += 1) {
      const list = lists?.[at] ?? 0;
      if (tied[list] === 0) continue; // counted already
      const taken = Math.min(tied[list]!, open[list]!);
      listed += taken;
      found += (taken * tiedPositive[list]!) / tied[list]!;
      if (taken > 0 && taken === open[list]) full += 1;
      open[list]! -= taken;
      tied[list] = 0;
      tiedPositive[list] = 0;
    }
    from = to;
  }
  return found / listed;
}

/** Mean squared difference between probability and outcome (Brier 1950). */
export function brierScore(outcomes: RankedOutcomes): number {
  return meanOver(outcomes, (probability, label) => (probability - label) ** 2);
}

type OfRow = (probability: number, label: number) => number;

/** Mean over the rows, each with the weight of its class. */
function meanOver({ probabilities, labels, weights }: RankedOutcomes, of: OfRow): number {
  const { positive, negative } = weights ?? unweighted;
  let sum = 0;
  let total = 0;
  for (let at = 0; at < labels.length; at += 1) {
    const weight = labels[at] === 1 ? positive : negative;
    sum += weight * of(probabilities[at]!, labels[at]!);
    total += weight;
  }
  return sum / total;
}

/** Mean probability. */
export function meanProbability(outcomes: RankedOutcomes): number {
  return meanOver(outcomes, (probability) => probability);
}

/** Share of positives. */
export function observedRate(outcomes: RankedOutcomes): number {
  return meanOver(outcomes, (_, label) => label);
}

/** Mean of −ln(probability given to what happened). */
export function logLoss(outcomes: RankedOutcomes): number {
  return meanOver(outcomes, (probability, label) => {
    return -log(max(label === 1 ? probability : 1 - probability, smallestGiven));
  });
}

/**
 * Expected calibration error: mean over bins of equal count of |mean probability − share of positives|, weighted by
 * the bins' sizes. Depends on the number of rows: compare it with that of `perfectOutcomes`.
 */
export function calibrationError({ probabilities, labels, weights }: RankedOutcomes, binCount = 10): number {
  const { positive, negative } = weights ?? unweighted;
  let total = 0;
  const rowCount = labels.length;
  let error = 0;
  for (let bin = 0; bin < binCount; bin += 1) {
    const from = Math.floor((bin * rowCount) / binCount);
    const to = Math.floor(((bin + 1) * rowCount) / binCount);
    let difference = 0;
    for (let at = from; at < to; at += 1) {
      const weight = labels[at] === 1 ? positive : negative;
      difference += weight * (probabilities[at]! - labels[at]!);
      total += weight;
    }
    error += Math.abs(difference);
  }
  return error / total;
}

/**
 * Slope and intercept of the logistic regression of outcomes on predicted logits (Cox 1958): 1 and 0 when calibrated;
 * a slope below 1 means predictions too extreme. A constant prediction has slope 0. Weights by class move the intercept
 * alone, by the logarithm of their ratio.
 */
export function calibrationLine(outcomes: RankedOutcomes): { slope: number; intercept: number } {
  const { slope, intercept } = fitPlatt(outcomes.probabilities.map(clippedLogit), outcomes.labels);
  return { slope, intercept: intercept + shiftOf(outcomes) };
}

function clippedLogit(probability: number): number {
  return logitOf(Math.min(1 - 1e-12, Math.max(1e-12, probability)));
}

/** What the weights add to the log-odds of a row of the sample. */
function shiftOf({ weights }: RankedOutcomes): number {
  return weights === undefined ? 0 : log(weights.positive / weights.negative);
}

/** The outcomes that the same predictions would have if they were exactly right. */
export function perfectOutcomes(outcomes: RankedOutcomes, random: { next(): number }): RankedOutcomes {
  const { probabilities, weights } = outcomes;
  const shift = shiftOf(outcomes);
  const inSample = shift === 0 ? probabilities : probabilities.map((one) => probabilityOf(clippedLogit(one) - shift));
  const labels = outcomes.labels.map((_, at) => (random.next() < inSample[at]! ? 1 : 0));
  return { probabilities, labels, positives: labels.reduce((sum, label) => sum + label, 0), weights };
}

/** Applies `visit` to each run [from, to) of equal probabilities. */
function forEachTie(probabilities: Float64Array, visit: (from: number, to: number) => void): void {
  let from = 0;
  while (from < probabilities.length) {
    let to = from + 1;
    while (to < probabilities.length && probabilities[to] === probabilities[from]) to += 1;
    visit(from, to);
    from = to;
  }
}
