import { caseControlSample } from './case-control.js';
import { foldsOf } from './folds.js';
import { GatedRecurrentUnit, type GruWeights } from './gated-recurrent-unit.js';
import { gaussLegendre } from './gauss-legendre.js';
import { trainGru, type GruTraining } from './gru-training.js';
import { checkLearnable, partOf, pause, type FitContext, type Learner } from './learner.js';
import { logitOf, probabilityOf } from './logistic.js';
import type { Explanation, MarginModel } from './margin-model.js';
import { fitSequences, SequenceEncoder, withAllMonths } from './monthly-sequences.js';
import { RandomStream } from './random.js';
import { canonicalRowOrder } from './row-order.js';
import { labelsOf, Table } from './table.js';
import { fitEvidence, mostInformative } from './weight-of-evidence.js';

interface RecurrentNetworkOptions extends GruTraining {
  /** 0 for all. */
  readonly negativesPerPositive: number;
  /** Folds that evidence of categories is learned without; the first one ends the training where rows have no months. */
  readonly folds: number;
  /** Columns of the network, those with most information first; all months of a chosen one are taken. */
  readonly columnsMax: number;
}

export const defaultRecurrentNetwork: RecurrentNetworkOptions = {
  units: 16,
  learningRate: 0.01,
  penalty: 0.01,
  batchRows: 1024,
  epochsMax: 10,
  epochsWithoutGainMax: 2,
  negativesPerPositive: 10,
  folds: 5,
  columnsMax: 48,
};

interface RecurrentModelParts {
  readonly encoder: SequenceEncoder['parts'];
  readonly weights: GruWeights;
  /** By step × width: mean input of the training rows, the point that explanations compare with. */
  readonly means: readonly number[];
}

/** A network of gated recurrent units over the months of a row. Scored with plain numbers, in doubles. */
export class RecurrentModel implements MarginModel {
  readonly kind = 'network';
  readonly columns: readonly string[];
  private readonly encoder: SequenceEncoder;
  private readonly unit: GatedRecurrentUnit;

  constructor(private readonly parts: RecurrentModelParts) {
    this.encoder = new SequenceEncoder(parts.encoder);
    this.columns = this.encoder.columns;
    this.unit = new GatedRecurrentUnit(parts.weights, parts.encoder.steps, this.encoder.width);
  }

  logits(table: Table, rows: Uint32Array): Float64Array {
    return this.outputs(this.encoder.encode(table, rows), rows.length);
  }

  predict(table: Table, rows: Uint32Array): Float64Array {
    return this.logits(table, rows).map(probabilityOf);
  }

  /**
   * Integrated gradients (Sundararajan, Taly & Yan, ICML 2017) from the mean input: (input − mean) × ∫ gradient on the
   * straight way between them, summed over the inputs of a source column. That is the Aumann–Shapley value, whose sum is
   * the difference of the logits; what the quadrature misses is spread in proportion.
   */
  explain(table: Table, rows: Uint32Array): Explanation {
    const encoded = this.encoder.encode(table, rows);
    const { means } = this.parts;
    const { sources } = this.encoder;
    const base = this.unit.output(means, 0);
    const logits = this.outputs(encoded, rows.length);
    const columnCount = this.columns.length;
    const contributions = new Float64Array(rows.length * columnCount);
    const { nodes, weights } = gaussLegendre(PATH_NODES);
    const point = new Float64Array(means.length);
    for (let row = 0; row < rows.length; row += 1) {
      const own = contributions.subarray(row * columnCount, (row + 1) * columnCount);
      const first = row * means.length;
      for (let node = 0; node < nodes.length; node += 1) {
        for (let at = 0; at < point.length; at += 1) {
          point[at] = means[at]! + nodes[node]! * (encoded[first + at]! - means[at]!);
        }
        const gradient = this.unit.gradient(point, 0);
        for (let at = 0; at < point.length; at += 1) {
          const part = weights[node]! * gradient[at]! * (encoded[first + at]! - means[at]!);
          own[sources[at]!] = own[sources[at]!]! + part;
        }
      }
      spreadRest(own, logits[row]! - base);
    }
    return { columns: this.columns, base, contributions, logits };
  }

  toJSON(): RecurrentModelParts {
    const { encoder, weights, means } = this.parts;
    const { kernel, recurrent, bias, output } = weights;
    const lists = { kernel: [...numbers(kernel)], recurrent: [...numbers(recurrent)], bias: [...numbers(bias)] };
    return { encoder, weights: { ...weights, ...lists, output: [...numbers(output)] }, means };
  }

  static fromJSON(parts: RecurrentModelParts): RecurrentModel {
    return new RecurrentModel(parts);
  }

  private outputs(encoded: Float32Array, count: number): Float64Array {
    const size = this.parts.means.length;
    return Float64Array.from({ length: count }, (_, row) => this.unit.output(encoded, row * size));
  }
}

/**
 * Trains a small network on sequences: the columns of a month are a step, the others are in each step. Where rows have months, the last one of the training
 * rows ends the training, else a fold. The result does not depend on the order of rows or columns.
 */
export class RecurrentNetwork implements Learner<RecurrentModel> {
  readonly name = 'network';

  constructor(private readonly options: RecurrentNetworkOptions = defaultRecurrentNetwork) {}

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<RecurrentModel> {
    checkLearnable(table, labels, rows, 2);
    const { negativesPerPositive, folds: foldsMax } = this.options;
    const sorted = table.inNameOrder();
    const ordered = canonicalRowOrder(sorted, labels, rows);
    const ownLabels = labelsOf(labels, ordered);
    const { positions, interceptShift } = caseControlSample(ownLabels, negativesPerPositive, context.seed);
    const training = positions.map((at) => ordered[at]!);
    const trainingLabels = labelsOf(labels, training);
    await pause(context);

    const foldCount = Math.min(foldsMax, training.length);
    const folds = foldsOf(labels, training, foldCount, new RandomStream(context.seed, 0x30e1), context.groups);
    const foldByRow = new Map(folds.flatMap((fold, at) => Array.from(fold, (row): [number, number] => [row, at])));
    const foldByPosition = Uint8Array.from(training, (row) => foldByRow.get(row)!);
    const informative = mostInformative(fitEvidence(sorted, labels, training, foldByPosition), this.options.columnsMax);
    const chosen = withAllMonths(sorted, new Set(informative.map(({ encoding }) => encoding.column)));
    const { encoder, encoded } = fitSequences(chosen, labels, training, foldByPosition);
    const means = meansOf(encoded, training.length);
    if (encoder.width === 0) {
      const rate = trainingLabels.reduce((sum, label) => sum + label, 0) / training.length;
      const nothing = { units: 0, kernel: [], recurrent: [], bias: [], output: [] };
      const weights = { ...nothing, intercept: logitOf(rate) + interceptShift };
      context.onProgress?.(1);
      return new RecurrentModel({ encoder: encoder.parts, weights, means });
    }
    const isStopping = stoppingRows(training, trainingLabels, foldByPosition, context.months);
    const all = Uint32Array.from(training.keys());
    const { steps } = encoder.parts;
    const weights = await trainGru(
      {
        ...{ encoded, labels: trainingLabels, steps, width: encoder.width },
        learned: all.filter((at) => !isStopping(at)),
        stopping: all.filter(isStopping),
      },
      this.options,
      partOf(context, 0.1, 1),
    );
    const shifted = { ...weights, intercept: weights.intercept + interceptShift };
    return new RecurrentModel({ encoder: encoder.parts, weights: shifted, means });
  }
}

/** The positions whose loss ends the training: the last month, if enough of it are of each class and others remain. */
function stoppingRows(
  rows: Uint32Array,
  labels: Uint8Array,
  foldByPosition: Uint8Array,
  months: Uint32Array | undefined,
): (position: number) => boolean {
  if (months !== undefined) {
    const last = rows.reduce((most, row) => Math.max(most, months[row]!), 0);
    const isLast = (at: number): boolean => months[rows[at]!] === last;
    const counts = [0, 0, 0, 0];
    labels.forEach((label, at) => (counts[2 * (isLast(at) ? 1 : 0) + label]! += 1));
    if (Math.min(...counts) >= CLASS_ROWS_MIN) return isLast;
  }
  return (at) => foldByPosition[at] === 0;
}

const CLASS_ROWS_MIN = 10;
/** With so many, the quadrature misses about a thousandth of a logit. */
const PATH_NODES = 8;

function meansOf(encoded: Float32Array, rows: number): number[] {
  const means = Array<number>(encoded.length / rows).fill(0);
  encoded.forEach((value, at) => (means[at % means.length]! += value / rows));
  return means;
}

/** Adds to the contributions, by their sizes, so that their sum is as given. */
function spreadRest(contributions: Float64Array, sum: number): void {
  let [actual, sizes] = [0, 0];
  for (const each of contributions) [actual, sizes] = [actual + each, sizes + Math.abs(each)];
  if (sizes === 0) return;
  const share = (sum - actual) / sizes;
  for (let at = 0; at < contributions.length; at += 1)
    contributions[at] = contributions[at]! + share * Math.abs(contributions[at]!);
}

function numbers(list: ArrayLike<number>): number[] {
  return Array.from({ length: list.length }, (_, at) => list[at]!);
}
