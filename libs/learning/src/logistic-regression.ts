import {
  buildDesign,
  fitDesign,
  termCountOf,
  type ColumnTerms,
  type DesignMatrix,
  type DesignOptions,
} from './design-matrix.js';
import { foldsOf, inOrderOf, rowsWithout } from './folds.js';
import { checkLearnable, partOf, pause, type Classifier, type FitContext, type Learner } from './learner.js';
import { logLossOfLogit, logitOf, meanLogLossOfLogits, probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';
import { labelsOf, type Table } from './table.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { abs, exp, sqrt } = Math;

/** One setting of the regression. */
export interface LogisticSetting {
  readonly design: DesignOptions;
  /** L2 penalty: ½ lambda Σ weight² is added to the summed log loss; the intercept is free. */
  readonly lambda: number;
}

interface LogisticWeights {
  readonly intercept: number;
  readonly weights: Float64Array;
}

/** A trained regression with the terms of its columns. */
export class LogisticModel implements Classifier {
  constructor(
    readonly columns: readonly ColumnTerms[],
    readonly weights: LogisticWeights,
    /** The mean of each term over the training rows: the point that explanations compare with. */
    readonly termMeans: Float64Array,
  ) {}

  /** @returns one logit per entry of `rows` */
  logits(table: Table, rows: Uint32Array): Float64Array {
    return linearLogits(buildDesign(this.columns, table, rows), this.weights);
  }

  predict(table: Table, rows: Uint32Array): Float64Array {
    return this.logits(table, rows).map(probabilityOf);
  }

  /**
   * weight × (term − its training mean), summed by source column; row by row, as `base` + contributions = logits.
   * @param columns source columns in the order of the contributions; all of the model's are among them
   */
  explain(
    columns: readonly string[],
    table: Table,
    rows: Uint32Array,
  ): { readonly base: number; readonly contributions: Float64Array } {
    const { weights, intercept } = this.weights;
    const meanByColumn = new Float64Array(columns.length);
    const columnOfTerm = new Uint32Array(weights.length);
    let base = intercept;
    let term = 0;
    for (const terms of this.columns) {
      const column = columns.indexOf(terms.column);
      for (const end = term + termCountOf(terms); term < end; term += 1) {
        const mean = weights[term]! * this.termMeans[term]!;
        columnOfTerm[term] = column;
        meanByColumn[column] = meanByColumn[column]! + mean;
        base += mean;
      }
    }
    const design = buildDesign(this.columns, table, rows);
    const contributions = new Float64Array(rows.length * columns.length);
    for (let row = 0; row < rows.length; row += 1) {
      const from = row * columns.length;
      for (let column = 0; column < columns.length; column += 1) {
        contributions[from + column] = -meanByColumn[column]!;
      }
      for (let entry = design.rowStart[row]!; entry < design.rowStart[row + 1]!; entry += 1) {
        const cell = from + columnOfTerm[design.term[entry]!]!;
        contributions[cell] = contributions[cell]! + weights[design.term[entry]!]! * design.value[entry]!;
      }
    }
    return { base, contributions };
  }

  toJSON(): LogisticModelJson {
    const { intercept, weights } = this.weights;
    return { columns: this.columns, intercept, weights: [...weights], termMeans: [...this.termMeans] };
  }

  static fromJSON(json: LogisticModelJson): LogisticModel {
    const weights = { intercept: json.intercept, weights: Float64Array.from(json.weights) };
    return new LogisticModel(json.columns, weights, Float64Array.from(json.termMeans));
  }
}

export interface LogisticModelJson {
  readonly columns: readonly ColumnTerms[];
  readonly intercept: number;
  readonly weights: readonly number[];
  readonly termMeans: readonly number[];
}

const pooling = { levelRowsMin: 5, levelsMax: 300 };

/** Straight lines and splines, each from hardly to strongly penalised. */
export const defaultLogisticSettings: readonly LogisticSetting[] = [0, 5].flatMap((knotCount) =>
  [100, 10, 1].map((lambda) => ({ design: { knotCount, ...pooling }, lambda })),
);

/** Logistic regression whose penalty and shape are chosen by cross-validation inside the training rows. */
export class LogisticRegression implements Learner<LogisticModel> {
  readonly name = 'logistic-regression';

  constructor(
    private readonly settings: readonly LogisticSetting[] = defaultLogisticSettings,
    private readonly innerFolds = 5,
  ) {}

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<LogisticModel> {
    checkLearnable(table, labels, rows, this.settings.length > 1 ? 2 : 1);
    let setting = this.settings[0]!;
    if (this.settings.length > 1) {
      const random = new RandomStream(context.seed, 0xf01d);
      const folds = foldsOf(labels, rows, this.innerFolds, random, context.groups);
      setting = (await crossFitLogistic(table, labels, rows, folds, this.settings, partOf(context, 0, 0.9))).setting;
    }
    const model = fitLogistic(table, labels, rows, setting);
    context.onProgress?.(1);
    return model;
  }
}

/** One regression of a given setting on all given rows. */
export function fitLogistic(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  setting: LogisticSetting,
): LogisticModel {
  const columns = fitDesign(table, rows, setting.design);
  const design = buildDesign(columns, table, rows);
  const weights = solveLogistic(design, labelsOf(labels, rows), setting.lambda);
  return new LogisticModel(columns, weights, meansOf(design));
}

interface LogisticCrossFit {
  readonly setting: LogisticSetting;
  /** For each position of `rows`, the logit by the regression that did not see that row. */
  readonly logits: Float64Array;
}

/** Chooses the setting with the least log loss over the rows held out of each fold. */
export async function crossFitLogistic(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  folds: readonly Uint32Array[],
  settings: readonly LogisticSetting[],
  context: FitContext,
): Promise<LogisticCrossFit> {
  const logitsBySetting: Float64Array[][] = settings.map(() => []);
  for (const [fold, heldOut] of folds.entries()) {
    const training = rowsWithout(rows, heldOut);
    const trainingLabels = labelsOf(labels, training);
    let start: LogisticWeights | undefined;
    let design: DesignOptions | undefined;
    let matrices: { training: DesignMatrix; heldOut: DesignMatrix } | undefined;
    for (const [at, setting] of settings.entries()) {
      if (!matrices || setting.design !== design) {
        design = setting.design;
        start = undefined;
        const columns = fitDesign(table, training, setting.design);
        matrices = { training: buildDesign(columns, table, training), heldOut: buildDesign(columns, table, heldOut) };
      }
      start = solveLogistic(matrices.training, trainingLabels, setting.lambda, start);
      logitsBySetting[at]!.push(linearLogits(matrices.heldOut, start));
      await pause(context);
    }
    context.onProgress?.((fold + 1) / folds.length);
  }
  const ownLabels = labelsOf(labels, rows);
  const fits = settings.map((setting, at) => {
    const logits = inOrderOf(rows, folds, logitsBySetting[at]!);
    return { setting, logits, loss: meanLogLossOfLogits(logits, ownLabels) };
  });
  return fits.reduce((best, fit) => (fit.loss < best.loss ? fit : best));
}

/** intercept + design × weights. O(entries). */
export function linearLogits(design: DesignMatrix, { intercept, weights }: LogisticWeights): Float64Array {
  const logits = new Float64Array(design.rowCount);
  for (let row = 0; row < design.rowCount; row += 1) {
    let sum = intercept;
    for (let entry = design.rowStart[row]!; entry < design.rowStart[row + 1]!; entry += 1) {
      sum += design.value[entry]! * weights[design.term[entry]!]!;
    }
    logits[row] = sum;
  }
  return logits;
}

/**
 * Minimises Σ log loss + ½ lambda Σ weight² by Newton's method (iteratively reweighted least squares) with halved steps
 * where a full one overshoots. The problem is strictly convex for lambda > 0, so the answer does not depend on the
 * start. O(iterations × (entries² / rows + terms³)).
 */
export function solveLogistic(
  design: DesignMatrix,
  labels: Uint8Array,
  lambda: number,
  start?: LogisticWeights,
): LogisticWeights {
  const { termCount, rowCount } = design;
  const size = termCount + 1; // the intercept comes last
  const positives = labels.reduce((sum, label) => sum + label, 0);
  let intercept = start?.intercept ?? logitOf((positives + 0.5) / (rowCount + 1));
  let weights = start ? start.weights.slice() : new Float64Array(termCount);
  let logits = linearLogits(design, { intercept, weights });
  let loss = penalisedLoss(logits, labels, weights, lambda);
  for (let iteration = 0; iteration < iterationsMax; iteration += 1) {
    const { gradient, hessian } = derivatives(design, labels, logits, weights, lambda);
    const step = solveCholesky(hessian, gradient, size);
    const decrease = step.reduce((sum, change, at) => sum + change * gradient[at]!, 0) / 2;
    const change = linearLogits(design, { intercept: step[termCount]!, weights: step.subarray(0, termCount) });
    // where all probabilities are near 0 or 1 the curvature is tiny and a full step would leap over everything
    let scale = Math.min(1, logitStepMax / change.reduce((most, by) => Math.max(most, abs(by)), 0));
    let moved = false;
    while (!moved && scale > scaleMin) {
      const nextWeights = weights.map((weight, term) => weight - scale * step[term]!);
      const nextLogits = logits.map((logit, row) => logit - scale * change[row]!);
      const nextLoss = penalisedLoss(nextLogits, labels, nextWeights, lambda);
      moved = nextLoss < loss;
      if (moved) {
        intercept -= scale * step[termCount]!;
        [weights, logits, loss] = [nextWeights, nextLogits, nextLoss];
      }
      scale /= 2;
    }
    if (!moved || decrease <= tolerance * (1 + loss)) break;
  }
  return { intercept, weights };
}

function penalisedLoss(logits: Float64Array, labels: Uint8Array, weights: Float64Array, lambda: number): number {
  let loss = 0;
  for (let row = 0; row < logits.length; row += 1) loss += logLossOfLogit(logits[row]!, labels[row]!);
  return weights.reduce((sum, weight) => sum + (lambda / 2) * weight * weight, loss);
}

function derivatives(
  design: DesignMatrix,
  labels: Uint8Array,
  logits: Float64Array,
  weights: Float64Array,
  lambda: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const { rowStart, term, value, termCount } = design;
  const size = termCount + 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size); // the lower triangle is filled; terms ascend within a row
  for (let row = 0; row < design.rowCount; row += 1) {
    const probability = 1 / (1 + exp(-logits[row]!));
    const error = probability - labels[row]!;
    const curvature = probability * (1 - probability);
    const from = rowStart[row]!;
    const to = rowStart[row + 1]!;
    for (let entry = from; entry < to; entry += 1) {
      const column = term[entry]!;
      const weighted = curvature * value[entry]!;
      gradient[column] = gradient[column]! + error * value[entry]!;
      const line = column * size;
      for (let other = from; other <= entry; other += 1) {
        const cell = line + term[other]!;
        hessian[cell] = hessian[cell]! + weighted * value[other]!;
      }
      const cell = termCount * size + column;
      hessian[cell] = hessian[cell]! + weighted;
    }
    gradient[termCount] = gradient[termCount]! + error;
    hessian[size * size - 1] = hessian[size * size - 1]! + curvature;
  }
  for (let at = 0; at < termCount; at += 1) {
    gradient[at] = gradient[at]! + lambda * weights[at]!;
    hessian[at * size + at] = hessian[at * size + at]! + lambda;
  }
  hessian[size * size - 1] = hessian[size * size - 1]! + 1e-9; // all probabilities at 0 or 1 leave no curvature
  return { gradient, hessian };
}

/** Solves A x = b for symmetric positive definite A (its lower triangle, overwritten) by Cholesky. O(size³ / 6). */
function solveCholesky(lower: Float64Array, right: Float64Array, size: number): Float64Array {
  const x = right.slice();
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = lower[row * size + column]!;
      for (let k = 0; k < column; k += 1) sum -= lower[row * size + k]! * lower[column * size + k]!;
      // rounding can leave a pivot at or below zero only where the term adds nothing
      lower[row * size + column] = row === column ? sqrt(Math.max(sum, 1e-12)) : sum / lower[column * size + column]!;
    }
  }
  for (let row = 0; row < size; row += 1) {
    for (let k = 0; k < row; k += 1) x[row] = x[row]! - lower[row * size + k]! * x[k]!;
    x[row] = x[row]! / lower[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let k = row + 1; k < size; k += 1) x[row] = x[row]! - lower[k * size + row]! * x[k]!;
    x[row] = x[row]! / lower[row * size + row]!;
  }
  return x;
}

/** The mean of each term. */
export function meansOf(design: DesignMatrix): Float64Array {
  const sums = new Float64Array(design.termCount);
  design.term.forEach((term, entry) => {
    sums[term] = sums[term]! + design.value[entry]!;
  });
  return sums.map((sum) => sum / design.rowCount);
}

const iterationsMax = 60;
const tolerance = 1e-10;
const logitStepMax = 8;
const scaleMin = 1e-6;
