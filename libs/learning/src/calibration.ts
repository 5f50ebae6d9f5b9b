import { foldsOf } from './folds.js';
import { logLossOfLogit, logitOf } from './logistic.js';
import type { RandomStream } from './random.js';
import { allRows, labelsOf, valuesOf } from './table.js';

/**
 * How a model's logit becomes a calibrated logit; none of the kinds changes the ranking by more than ties. `platt` is
 * intercept + slope × logit (Platt, 1999); `isotonic` a monotone broken line through (from[k], to[k]), constant beyond its
 * ends.
 */
export type Calibration =
  | { readonly kind: 'identity' }
  | { readonly kind: 'platt'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'isotonic'; readonly from: readonly number[]; readonly to: readonly number[] };
type IsotonicCalibration = Extract<Calibration, { kind: 'isotonic' }>;

/** The calibrated logit. O(1), O(log points) for isotonic. */
export function calibrate(calibration: Calibration, logit: number): number {
  switch (calibration.kind) {
    case 'identity':
      return logit;
    case 'platt':
      return calibration.intercept + calibration.slope * logit;
    case 'isotonic':
      return interpolate(calibration.from, calibration.to, logit);
  }
}

/**
 * Chooses and fits a calibration on predictions for rows that the model did not see (out-of-fold within the training
 * rows). The kinds are compared by five-fold cross-validated log loss; a more flexible one must win by more than one
 * standard error of the paired difference, since flexibility costs ties (isotonic) and noise on small tables.
 */
export function chooseCalibration(logits: Float64Array, labels: Uint8Array, random: RandomStream): Calibration {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(positives, labels.length - positives) < fewestForCalibration) return { kind: 'identity' };
  const folds = foldsOf(labels, allRows(labels.length), 5, random);
  // sorted once: what is ascending already costs the isotonic fits no sorting
  const order = orderOf(logits);
  const sorted = { logits: valuesOf(logits, order), labels: labelsOf(labels, order) };
  const foldOfRow = new Uint8Array(labels.length);
  folds.forEach((fold, at) => fold.forEach((row) => (foldOfRow[row] = at)));
  const foldAt = labelsOf(foldOfRow, order);
  const fitters = [
    () => ({ kind: 'identity' }) as Calibration,
    (train: Float64Array, outcomes: Uint8Array): Calibration => ({ kind: 'platt', ...fitPlatt(train, outcomes) }),
    fitIsotonic,
  ];
  const losses = fitters.map((fitter) => heldOutLosses(fitter, sorted.logits, sorted.labels, foldAt, folds.length));
  let chosen = 0;
  for (let kind = 1; kind < fitters.length; kind += 1) {
    const gain = pairedGain(losses[chosen]!, losses[kind]!);
    if (gain.mean > gain.standardError) chosen = kind;
  }
  const calibration = fitters[chosen]!(sorted.logits, sorted.labels);
  const reversed = calibration.kind === 'platt' && calibration.slope <= 0;
  return reversed ? { kind: 'identity' } : calibration;
}

/**
 * Platt's two parameters by Newton's method on log loss. Where the classes are separable the slope is kept finite by a
 * penalty of one millionth.
 */
export function fitPlatt(logits: Float64Array, labels: Uint8Array): { slope: number; intercept: number } {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const rate = (positives + 0.5) / (labels.length + 1);
  let slope = 0;
  let intercept = logitOf(rate);
  const lossAt = (a: number, b: number): number => {
    let sum = (ridge / 2) * a * a;
    for (let at = 0; at < logits.length; at += 1) sum += logLossOfLogit(b + a * logits[at]!, labels[at]!);
    return sum;
  };
  let loss = lossAt(slope, intercept);
  for (let iteration = 0; iteration < 50; iteration += 1) {
    let [gradientA, gradientB, hessianAA, hessianAB, hessianBB] = [ridge * slope, 0, ridge, 0, 0];
    for (let at = 0; at < logits.length; at += 1) {
      const logit = logits[at]!;
      const probability = 1 / (1 + Math.exp(-(intercept + slope * logit)));
      const error = probability - labels[at]!;
      const weight = probability * (1 - probability);
      gradientA += error * logit;
      gradientB += error;
      hessianAA += weight * logit * logit;
      hessianAB += weight * logit;
      hessianBB += weight;
    }
    const determinant = hessianAA * hessianBB - hessianAB * hessianAB;
    if (!(determinant > 0)) {
      break; // a constant prediction: the intercept is all there is
    }
    const stepA = (hessianBB * gradientA - hessianAB * gradientB) / determinant;
    const stepB = (hessianAA * gradientB - hessianAB * gradientA) / determinant;
    let scale = 1;
    let next = lossAt(slope - stepA, intercept - stepB);
    while (next > loss && scale > 1e-6) {
      scale /= 2;
      next = lossAt(slope - scale * stepA, intercept - scale * stepB);
    }
    if (!(next < loss)) break;
    slope -= scale * stepA;
    intercept -= scale * stepB;
    const improved = loss - next;
    loss = next;
    if (improved < 1e-12 * (1 + loss)) break;
  }
  return { slope, intercept };
}

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955), then a line through the blocks' centres, so
 * that predictions inside a block keep their order. A block's rate is shrunk to one half by one row in all, so that its
 * logit is finite. O(n log n).
 */
export function fitIsotonic(logits: Float64Array, labels: Uint8Array): IsotonicCalibration {
  const order = orderOf(logits);
  const blocks: Block[] = [];
  for (const row of order) {
    const logit = logits[row]!;
    blocks.push({ count: 1, positives: labels[row]!, logitSum: logit, first: logit, last: logit });
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]!;
      const before = blocks[blocks.length - 2]!;
      if (before.last < last.first && before.positives * last.count < last.positives * before.count) break;
      blocks.pop();
      before.count += last.count;
      before.positives += last.positives;
      before.logitSum += last.logitSum;
      before.last = last.last;
    }
  }
  const from: number[] = [];
  const to: number[] = [];
  for (const block of blocks) {
    const target = logitOf((block.positives + 0.5) / (block.count + 1));
    const centre = block.logitSum / block.count;
    from.push(Math.min(block.last, Math.max(block.first, centre))); // rounding can leave the block
    to.push(Math.max(target, to[to.length - 1] ?? -Infinity)); // the shrinkage to one half can reverse tiny blocks
  }
  return { kind: 'isotonic', from, to };
}

/**
 * Moves a calibrated logit from the share of positives in the training rows to the share where the model is used: by
 * Bayes' rule the logit shifts by the difference of the prior logits (Elkan, IJCAI 2001). For samples enriched with
 * churners, such as 50 % against 2 % per month.
 */
export function priorShift(trainingRate: number, targetRate: number): number {
  for (const rate of [trainingRate, targetRate]) {
    if (!(rate > 0 && rate < 1)) {
      throw new RangeError(`a rate of positives must lie between 0 and 1, not ${rate}`);
    }
  }
  return logitOf(targetRate) - logitOf(trainingRate);
}

/** Minimum number of rows of a class for calibration. */
const fewestForCalibration = 20;
const ridge = 1e-6;

/** Rows of adjacent logits that share one rate. */
interface Block {
  count: number;
  positives: number;
  logitSum: number;
  readonly first: number;
  last: number;
}

type Fitter = (logits: Float64Array, labels: Uint8Array) => Calibration;

/** @param foldOf by row, the fold that it is held out with */
function heldOutLosses(
  fitter: Fitter,
  logits: Float64Array,
  labels: Uint8Array,
  foldOf: Uint8Array,
  foldCount: number,
): Float64Array {
  const losses = new Float64Array(labels.length);
  for (let fold = 0; fold < foldCount; fold += 1) {
    const training = allRows(labels.length).filter((row) => foldOf[row] !== fold);
    const calibration = fitter(valuesOf(logits, training), labelsOf(labels, training));
    for (let row = 0; row < labels.length; row += 1) {
      if (foldOf[row] === fold) losses[row] = logLossOfLogit(calibrate(calibration, logits[row]!), labels[row]!);
    }
  }
  return losses;
}

/** The positions of ascending values; equal ones keep their order. */
function orderOf(values: Float64Array): Uint32Array {
  const order = allRows(values.length);
  const isAscending = values.every((value, at) => at === 0 || values[at - 1]! <= value);
  return isAscending ? order : order.sort((left, right) => values[left]! - values[right]!);
}

/** How much less the losses are afterwards, row by row. */
export function pairedGain(before: Float64Array, after: Float64Array): { mean: number; standardError: number } {
  const differences = before.map((loss, row) => loss - after[row]!);
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  const squares = differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (differences.length - 1) / differences.length) };
}

function interpolate(from: readonly number[], to: readonly number[], at: number): number {
  let low = 0; // the first point at or above `at` is in [low, high]
  let high = from.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (from[middle]! < at) low = middle + 1;
    else high = middle;
  }
  if (high === 0) return to[0]!;
  if (high === from.length) return to[high - 1]!;
  const share = (at - from[high - 1]!) / (from[high]! - from[high - 1]!);
  return Math.min(to[high]!, to[high - 1]! + share * (to[high]! - to[high - 1]!));
}
