import { caseControlSample } from './case-control.js';
import type { DesignMatrix } from './design-matrix.js';
import { foldsOf } from './folds.js';
import { checkLearnable, pause, type FitContext, type Learner } from './learner.js';
import { probabilityOf } from './logistic.js';
import { solveLogistic } from './logistic-regression.js';
import type { Explanation, MarginModel } from './margin-model.js';
import { RandomStream } from './random.js';
import { canonicalRowOrder } from './row-order.js';
import { labelsOf, Table } from './table.js';
import { evidenceOf, fitEvidence, mostInformative, type ColumnEvidence } from './weight-of-evidence.js';

interface EvidenceRegressionOptions {
  /** Columns of the regression, those with most information first. */
  readonly columnsMax: number;
  /** L2 penalty of the regression. */
  readonly lambda: number;
  /** Of the regression's rows; 0 for all. The evidence is learned from all rows. */
  readonly negativesPerPositive: number;
  /** Folds that the evidence of a row is learned without. */
  readonly folds: number;
}

const defaultEvidenceRegression: EvidenceRegressionOptions = {
  columnsMax: 64,
  lambda: 10,
  negativesPerPositive: 10,
  folds: 4,
};

interface EvidenceModelParts {
  readonly encodings: readonly ColumnEvidence[];
  readonly intercept: number;
  /** By encoding. */
  readonly weights: readonly number[];
  /** By encoding: mean evidence of the training rows, the point that explanations compare with. */
  readonly means: readonly number[];
}

/** intercept + Σ weight × evidence. A contribution is weight × (evidence − its mean), which is exact. */
export class EvidenceModel implements MarginModel {
  readonly kind = 'weight-of-evidence';
  readonly columns: readonly string[];

  constructor(private readonly parts: EvidenceModelParts) {
    this.columns = parts.encodings.map(({ column }) => column);
  }

  logits(table: Table, rows: Uint32Array): Float64Array {
    const { encodings, weights, intercept } = this.parts;
    const logits = new Float64Array(rows.length).fill(intercept);
    encodings.forEach((encoding, at) => {
      const weight = weights[at]!;
      evidenceOf(encoding, table, rows).forEach((value, row) => (logits[row] = logits[row]! + weight * value));
    });
    return logits;
  }

  predict(table: Table, rows: Uint32Array): Float64Array {
    return this.logits(table, rows).map(probabilityOf);
  }

  explain(table: Table, rows: Uint32Array): Explanation {
    const { encodings, weights, means, intercept } = this.parts;
    const count = encodings.length;
    const contributions = new Float64Array(rows.length * count);
    encodings.forEach((encoding, at) => {
      const [weight, mean] = [weights[at]!, means[at]!];
      evidenceOf(encoding, table, rows).forEach((value, row) => {
        contributions[row * count + at] = weight * (value - mean);
      });
    });
    const base = weights.reduce((sum, weight, at) => sum + weight * means[at]!, intercept);
    return { columns: this.columns, base, contributions, logits: this.logits(table, rows) };
  }

  toJSON(): EvidenceModelParts {
    return this.parts;
  }

  static fromJSON(parts: EvidenceModelParts): EvidenceModel {
    return new EvidenceModel(parts);
  }
}

/**
 * Ridge regression on weights of evidence, as scorecards are built. The regression sees each row with evidence that was
 * learned without the row's fold, since a row's own label would leak through its bin. Columns whose out-of-fold
 * information is not above 0 are omitted. The result does not depend on the order of rows or columns.
 */
export class EvidenceRegression implements Learner<EvidenceModel> {
  readonly name = 'weight-of-evidence';

  constructor(private readonly options: EvidenceRegressionOptions = defaultEvidenceRegression) {}

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<EvidenceModel> {
    checkLearnable(table, labels, rows, 2);
    const sorted = table.inNameOrder();
    const training = canonicalRowOrder(sorted, labels, rows);
    const folds = this.foldByPosition(labels, training, context);
    const fitted = fitEvidence(sorted, labels, training, folds);
    context.onProgress?.(0.5);
    await pause(context);

    const chosen = mostInformative(fitted, this.options.columnsMax);
    const ownLabels = labelsOf(labels, training);
    const { positions, interceptShift } = caseControlSample(ownLabels, this.options.negativesPerPositive, context.seed);
    const design = denseDesign(chosen.map((column) => column.outOfFold(positions)));
    const { intercept, weights } = solveLogistic(
      { ...design, rowCount: positions.length, rowStart: rowStarts(positions.length, chosen.length) },
      labelsOf(ownLabels, positions),
      this.options.lambda,
    );
    context.onProgress?.(1);
    return new EvidenceModel({
      encodings: chosen.map(({ encoding }) => encoding),
      intercept: intercept + interceptShift,
      weights: [...weights],
      means: chosen.map(({ mean }) => mean),
    });
  }

  /** A row that occurs twice is in one fold. */
  private foldByPosition(labels: Uint8Array, rows: Uint32Array, { seed, groups }: FitContext): Uint8Array {
    const count = Math.min(this.options.folds, rows.length);
    const folds = foldsOf(labels, rows, count, new RandomStream(seed, 0x30e1), groups);
    const foldByRow = new Map(folds.flatMap((fold, at) => Array.from(fold, (row): [number, number] => [row, at])));
    return Uint8Array.from(rows, (row) => foldByRow.get(row)!);
  }
}

/** Every row has an entry of every column. */
function denseDesign(columns: readonly Float64Array[]): Pick<DesignMatrix, 'termCount' | 'term' | 'value'> {
  const termCount = columns.length;
  const rowCount = columns[0]?.length ?? 0;
  const term = new Uint32Array(rowCount * termCount);
  const value = new Float64Array(rowCount * termCount);
  columns.forEach((values, at) => {
    for (let row = 0; row < rowCount; row += 1) {
      term[row * termCount + at] = at;
      value[row * termCount + at] = values[row]!;
    }
  });
  return { termCount, term, value };
}

function rowStarts(rowCount: number, termCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount + 1 }, (_, row) => row * termCount);
}
