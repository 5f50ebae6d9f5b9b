import { FEATURES_PER_WORD, type BinnedMatrix } from './binned-matrix.js';
import { CannotLearnError } from './learner.js';
import { logitOf } from './logistic.js';
import { hashIntegers, RandomStream } from './random.js';
import { TreeBuilder, type Split } from './tree-builder.js';
import type { Tree } from './tree-ensemble.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { floor, max, min, round } = Math;

export interface TreeGrowth {
  readonly leavesMax: number;
  readonly depthMax: number;
  /** The part of each Newton step that is taken. */
  readonly learningRate: number;
  /** L2 penalty on leaf values, in units of hessian. */
  readonly lambda: number;
  /** Smallest sum of p(1 − p) in a leaf; 5 means at least 20 rows, more where probabilities are extreme. */
  readonly hessianMin: number;
  /** Part of the rows that each tree uses: each row is sampled for itself, without replacement. */
  readonly rowShare: number;
  /** Part of the features that each tree sees. */
  readonly featureShare: number;
  /**
   * Samples features four at a time: by the words that they are packed in. A histogram is filled a word at a time, and
   * of features sampled one by one nearly every word has one: with two in five sampled this takes less than half the
   * time, for trees as good. The matrix needs its features in a random order.
   */
  readonly samplesWords?: boolean;
}

/** The rows that a run learns from, and what it learns. */
export interface BoostingRows {
  /** 0 or 1 for every row of the matrix; only those of `training` are read, and both are among them. */
  readonly labels: Uint8Array;
  /** Numbers of the training rows; all rows of the matrix by default. */
  readonly training?: Uint32Array;
  /** Further rows that get logits, such as held-out ones: they go down the trees without growing them. */
  readonly followed?: Uint32Array;
  /** How much each row of the matrix counts, above 0; 1 by default. */
  readonly weights?: Float64Array;
  /**
   * By feature of the matrix: 1 where the logit must not fall as the known values of the feature rise, −1 where it must not
   * rise, 0 where it is free; 0 for all by default. Rows without a value are free.
   */
  readonly directions?: Int8Array;
  /** Features that have other bins in this run than in the matrix, for all of its rows. */
  readonly replaced?: ReadonlyMap<number, { readonly bins: Uint8Array; readonly binCount: number }>;
}

/**
 * One boosting run for logistic loss on binned features (Friedman, Annals of Statistics 2001; the second-order leaf
 * values of Chen & Guestrin, KDD 2016), grown tree by tree so that the caller decides when to stop.
 *
 * Trees grow leaf by leaf, best gain first. The bigger child's histogram is the parent's minus the smaller child's, and
 * a child that cannot be split has none. All work over rows and bins is done by the kernels of
 * libs/learning/kernels/growing, on whole numbers: gradients and hessians are quantised, so that sums are exact and
 * independent of their order. Leaf values come from the same sums.
 *
 * Monotone directions: a split on such a feature is taken only where its sides are in order, and the middle between their
 * values bounds all leaves below them (as the basic method of LightGBM), so that every tree, and their sum, is monotone.
 * Per tree O(rows × features × log leaves), memory O(rows + leaves × bins).
 */
export class BoostingRun {
  readonly base: number;
  /** By row of the matrix: the logits of the training and followed rows after all trees so far. */
  readonly logits: Float64Array;
  private readonly featureCount: number;
  private readonly binCounts: readonly number[];
  private readonly cellOffsets: Uint32Array;
  private readonly histogramBytes: number;
  private readonly trainingCount: number;
  private readonly rowCount: number;
  private readonly wordAddresses: Uint32Array;
  private readonly at: RunAreas;
  private readonly weights: Float64Array | undefined;
  private readonly directions: Int8Array | undefined;
  private readonly scale: number;
  private readonly random: RandomStream;
  private treesGrown = 0;

  constructor(
    private readonly matrix: BinnedMatrix,
    rows: BoostingRows,
    private readonly growth: TreeGrowth,
    private readonly seed: number,
  ) {
    const { memory } = matrix;
    const { labels, followed = new Uint32Array(0), weights, replaced = new Map<number, never>() } = rows;
    const training = rows.training ?? Uint32Array.from(labels, (_, row) => row);
    this.weights = weights;
    this.directions = rows.directions;
    this.random = new RandomStream(seed, 0xb005);
    this.trainingCount = training.length;
    this.rowCount = training.length + followed.length;
    const { weight, positive } = weightsOf(training, labels, weights);
    this.scale = floor(sumMax / weight);
    if (this.scale < scaleMin) {
      throw new CannotLearnError(
        'tooManyRows',
        `${training.length} rows of a total weight of ${weight} are more than one boosting run takes: sample them`,
        { rows: training.length, weight, weightMax: floor(sumMax / scaleMin) },
      );
    }
    this.base = logitOf(positive / weight);

    this.featureCount = matrix.binCounts.length;
    this.binCounts = matrix.binCounts.map((count, feature) => replaced.get(feature)?.binCount ?? count);
    this.cellOffsets = new Uint32Array(this.featureCount + 1);
    matrix.featureAt.forEach((feature, position) => {
      this.cellOffsets[position + 1] = this.cellOffsets[position]! + cellBytes * this.binCounts[feature]!;
    });
    // the features that the last word has room for have bin 0 in all rows, and one cell at the end
    this.histogramBytes = this.cellOffsets[this.featureCount]! + cellBytes;
    this.wordAddresses = matrix.wordsWith(new Map([...replaced].map(([feature, { bins }]) => [feature, bins])));

    const all = matrix.rowCount;
    this.at = {
      rows: memory.allocate(4 * this.rowCount),
      order: memory.allocate(4 * this.rowCount),
      spare: memory.allocate(4 * this.rowCount),
      packed: memory.allocate(8 * all),
      ordered: memory.allocate(8 * (this.trainingCount + 1)),
      logits: memory.allocate(8 * all),
      labels: memory.allocate(all),
      weights: weights === undefined ? 0 : memory.allocate(8 * all),
      words: memory.allocate(wordBytes * this.wordAddresses.length),
      features: memory.allocate(featureBytes * this.featureCount),
      prefix: memory.allocate(cellBytes * 258),
      total: memory.allocate(8),
      split: memory.allocate(32),
    };
    memory.words(this.at.rows, this.rowCount).set(training);
    memory.words(this.at.rows, this.rowCount).set(followed, training.length);
    memory.bytes(this.at.labels, all).set(labels);
    if (weights !== undefined) memory.doubles(this.at.weights, all).set(weights);
    this.logits = memory.doubles(this.at.logits, all).fill(this.base);
  }

  /** Grows one tree and adds it to the logits; a single leaf of value 0 where no split helps. */
  grow(): Tree {
    const { growth } = this;
    const sampled = this.orderRows();
    const words = this.sampleFeatures();
    const tree = new TreeBuilder();
    const leaves = [this.rootLeaf(sampled, words)];
    while (leaves.length < growth.leavesMax) {
      const at = bestLeaf(leaves);
      if (at < 0) break;
      const isLast = leaves.length + 1 === growth.leavesMax;
      const [left, right] = this.splitLeaf(leaves[at]!, tree, words, leaves.length, isLast);
      leaves[at] = left;
      leaves.push(right);
    }
    for (const leaf of leaves) {
      const value = this.leafValue(leaf);
      tree.setLeaf(leaf.node, value, this.coverOf(leaf));
      if (value === 0) continue;
      const { order, logits } = this.at;
      this.functions.addToLogits(order, leaf.from, leaf.to, logits, value);
      this.functions.addToLogits(order, leaf.fromOther, leaf.toOther, logits, value);
    }
    this.treesGrown += 1;
    return tree.build();
  }

  private get functions() {
    return this.matrix.memory.functions;
  }

  /** Puts the rows of the next tree at the front of the order, packs their gradients, and returns how many there are. */
  private orderRows(): number {
    const { at, functions, trainingCount, rowCount, growth } = this;
    const { memory } = this.matrix;
    const seed = hashIntegers(this.seed, this.treesGrown);
    const rows = memory.words(at.rows, rowCount);
    const order = memory.words(at.order, rowCount);
    let sampled = trainingCount;
    if (growth.rowShare < 1) {
      const threshold = floor(growth.rowShare * 2 ** 32);
      sampled = functions.sampleRows(at.rows, trainingCount, hashIntegers(seed, 0x5a3), threshold, at.order, at.spare);
      order.set(rows.subarray(trainingCount), trainingCount);
    } else {
      order.set(rows);
    }
    const { order: from, logits, labels, weights, packed, ordered } = at;
    functions.packGradients(from, sampled, logits, labels, weights, this.scale, seed, packed, ordered);
    functions.sumValues(ordered, sampled, at.total);
    return sampled;
  }

  /** Writes the tables of the words and features that the next tree sees, and returns their number. */
  private sampleFeatures(): SampledWords {
    const { at, growth, featureCount, cellOffsets } = this;
    const positions = growth.samplesWords === true ? this.sampledByWord() : this.sampledOneByOne();
    const words = [...new Set(positions.map((position) => floor(position / FEATURES_PER_WORD)))];
    const wordTable = this.matrix.memory.words(at.words, (wordBytes / 4) * words.length);
    words.forEach((word, entry) => {
      const first = FEATURES_PER_WORD * word;
      const offsets = [0, 1, 2, 3].map((lane) => cellOffsets[min(first + lane, featureCount)]!);
      const last = cellOffsets[min(first + FEATURES_PER_WORD, featureCount)]!;
      // the cell of the features that are none, which is filled and never read
      const end = first + FEATURES_PER_WORD > featureCount ? last + cellBytes : last;
      wordTable.set([this.wordAddresses[word]!, ...offsets, end], (wordBytes / 4) * entry);
    });
    const featureTable = this.matrix.memory.words(at.features, (featureBytes / 4) * positions.length);
    positions.forEach((position, entry) => {
      const feature = this.matrix.featureAt[position]!;
      const row = [cellOffsets[position]!, this.binCounts[feature]!, this.directionOf(feature)];
      featureTable.set(row, (featureBytes / 4) * entry);
    });
    return { count: words.length, positions };
  }

  private sampledByWord(): number[] {
    const { featureCount, wordAddresses, growth } = this;
    const words = this.sample(wordAddresses.length, growth.featureShare);
    const positions = words.flatMap((word) => [0, 1, 2, 3].map((lane) => FEATURES_PER_WORD * word + lane));
    return positions.filter((position) => position < featureCount);
  }

  private sampledOneByOne(): number[] {
    return this.sample(this.featureCount, this.growth.featureShare);
  }

  /** Some of the numbers below a count, ascending. */
  private sample(count: number, share: number): number[] {
    const wanted = max(1, round(count * min(1, share)));
    const items = Array.from({ length: count }, (_, item) => item);
    if (wanted >= count) return items;
    this.random.shuffle(items).splice(wanted);
    return items.sort((left, right) => left - right);
  }

  private rootLeaf(sampled: number, words: SampledWords): Leaf {
    const { at } = this;
    const [hessian, gradient] = this.readSums(at.total);
    const histogram = this.histogram(0);
    if (words.count > 0) {
      this.functions.fillHistograms(at.words, words.count, at.order, at.ordered, 0, sampled, histogram);
    }
    const leaf: Leaf = {
      node: 0,
      depth: 0,
      from: 0,
      to: sampled,
      fromOther: sampled,
      toOther: this.rowCount,
      gradient,
      hessian,
      low: -Infinity,
      high: Infinity,
      histogram,
      split: null,
    };
    return this.canBeSplit(leaf) ? { ...leaf, split: this.findSplit(leaf, words) } : leaf;
  }

  private splitLeaf(
    parent: Leaf,
    tree: TreeBuilder,
    words: SampledWords,
    leafCount: number,
    isLast: boolean,
  ): [Leaf, Leaf] {
    const { at, functions } = this;
    const split = parent.split!;
    const middle = this.partition(parent.from, parent.to, split);
    const middleOther = this.partition(parent.fromOther, parent.toOther, split);
    const nodes = tree.addSplit(parent.node, split);
    const depth = parent.depth + 1;
    const leftIsSmall = middle - parent.from <= parent.to - middle;
    const left: Leaf = {
      ...parent,
      node: nodes.left,
      depth,
      to: middle,
      toOther: middleOther,
      gradient: split.leftGradient,
      hessian: split.leftHessian,
      split: null,
    };
    const right: Leaf = {
      ...parent,
      node: nodes.right,
      depth,
      from: middle,
      fromOther: middleOther,
      gradient: parent.gradient - split.leftGradient,
      hessian: parent.hessian - split.leftHessian,
      split: null,
    };
    this.boundValues(left, right, this.directionOf(split.feature));
    const [leftCanSplit, rightCanSplit] = [this.canBeSplit(left), this.canBeSplit(right)];
    if (isLast || (!leftCanSplit && !rightCanSplit)) return [left, right];
    const small = leftIsSmall ? left : right;
    const own = this.histogram(leafCount);
    functions.orderValues(at.order, small.from, small.to, at.packed, at.ordered);
    functions.fillHistograms(at.words, words.count, at.order, at.ordered, small.from, small.to, own);
    if (leftIsSmall ? rightCanSplit : leftCanSplit) {
      functions.subtractHistograms(at.words, words.count, parent.histogram, own);
    }
    const withSplit = (leaf: Leaf, canSplit: boolean): Leaf => {
      const placed = leaf === small ? { ...leaf, histogram: own } : leaf;
      return canSplit ? { ...placed, split: this.findSplit(placed, words) } : placed;
    };
    return [withSplit(left, leftCanSplit), withSplit(right, rightCanSplit)];
  }

  private directionOf(feature: number): number {
    return this.directions?.[feature] ?? 0;
  }

  /** Keeps all leaves below two sides of a monotone split in order. */
  private boundValues(left: Leaf, right: Leaf, direction: number): void {
    if (direction === 0) return;
    const middle = (this.leafValue(left) + this.leafValue(right)) / 2;
    const [lower, upper] = direction > 0 ? [left, right] : [right, left];
    lower.high = min(lower.high, middle);
    upper.low = max(upper.low, middle);
  }

  private canBeSplit({ depth, hessian }: Leaf): boolean {
    return depth < this.growth.depthMax && hessian >= 2 * this.hessianMin;
  }

  private findSplit(leaf: Leaf, words: SampledWords): LeafSplit | null {
    const { at, functions, scale } = this;
    const { memory, featureAt } = this.matrix;
    const lambda = this.growth.lambda * 4 * scale;
    const scoreOfLeaf = (leaf.gradient * leaf.gradient) / (leaf.hessian + lambda);
    const scoreMin = scoreOfLeaf + (gainMin * scale) / 4; // in levels: squared gradients over hessians
    memory.words(at.total, 2).set([leaf.hessian, leaf.gradient]);
    const { features, prefix, total, split } = at;
    const featureCount = words.positions.length;
    functions.findSplit(
      features,
      featureCount,
      leaf.histogram,
      prefix,
      total,
      lambda,
      this.hessianMin,
      scoreMin,
      split,
    );
    const [entry, bin, missingLeft] = memory.integers(split + 8, 3);
    if (entry! < 0) return null;
    const position = words.positions[entry!]!;
    const [leftHessian, leftGradient] = this.readSums(split + 24);
    const gain = memory.doubles(split, 1)[0]! - scoreOfLeaf;
    return {
      ...{ gain, feature: featureAt[position]!, bin: bin!, missingLeft: missingLeft === 1 },
      ...{ position, leftGradient, leftHessian },
    };
  }

  /** In whole numbers, at least one: a side without any row has no hessian. */
  private get hessianMin(): number {
    return max(1, this.growth.hessianMin * 4 * this.scale);
  }

  private partition(from: number, to: number, { position, bin, missingLeft }: LeafSplit): number {
    const { at, wordAddresses, functions } = this;
    if (from === to) return from;
    const address = wordAddresses[floor(position / FEATURES_PER_WORD)]!;
    const shift = 8 * (position % FEATURES_PER_WORD);
    return functions.partitionRows(address, shift, at.order, at.spare, from, to, bin, missingLeft ? 1 : 0);
  }

  private leafValue({ node, gradient, hessian, low, high }: Leaf): number {
    if (node === 0) return 0;
    const { scale, growth } = this;
    const value = (-growth.learningRate * (gradient / scale)) / (hessian / (4 * scale) + growth.lambda);
    return min(high, max(low, value));
  }

  /** The total weight of the leaf's rows. */
  private coverOf({ from, to }: Leaf): number {
    if (this.weights === undefined) return to - from;
    const order = this.matrix.memory.words(this.at.order, this.rowCount);
    let cover = 0;
    for (let at = from; at < to; at += 1) cover += this.weights[order[at]!]!;
    return cover;
  }

  /** @returns hessian and gradient */
  private readSums(address: number): [number, number] {
    const { memory } = this.matrix;
    return [memory.words(address, 1)[0]!, memory.integers(address + 4, 1)[0]!];
  }

  private histogram(at: number): number {
    return this.matrix.histogram(at, this.histogramBytes);
  }
}

/** Sums of gradients, and quarters of sums of hessians, stay below this: they have 32 bits. */
const sumMax = 2 ** 30;
/** Fewer levels of a gradient of 1 would round gradients to noise. */
const scaleMin = 8;
const gainMin = 1e-9;
/** The sizes of what kernels read, see libs/learning/kernels/growing. */
const [cellBytes, wordBytes, featureBytes] = [8, 32, 16];

/** Addresses in the memory of the matrix. */
interface RunAreas {
  /** Training rows, then followed ones. */
  readonly rows: number;
  readonly order: number;
  readonly spare: number;
  readonly packed: number;
  readonly ordered: number;
  readonly logits: number;
  readonly labels: number;
  /** 0 where all weights are 1. */
  readonly weights: number;
  readonly words: number;
  readonly features: number;
  readonly prefix: number;
  readonly total: number;
  readonly split: number;
}

interface SampledWords {
  readonly count: number;
  /** Positions of the features that a split may be on, see `BinnedMatrix.featureAt`. */
  readonly positions: readonly number[];
}

interface LeafSplit extends Split {
  readonly gain: number;
  readonly position: number;
  /** Sums of the left side, in levels. */
  readonly leftGradient: number;
  readonly leftHessian: number;
}

interface Leaf {
  readonly node: number;
  readonly depth: number;
  /** The leaf's sampled rows are those of the order at [from … to), its other rows those at [fromOther … toOther). */
  readonly from: number;
  readonly to: number;
  readonly fromOther: number;
  readonly toOther: number;
  /** In levels: `scale` and 4 × `scale` per unit. */
  readonly gradient: number;
  readonly hessian: number;
  /** Bounds of the leaf's value, from monotone splits above it. */
  low: number;
  high: number;
  readonly histogram: number;
  readonly split: LeafSplit | null;
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = -1;
  leaves.forEach((leaf, at) => {
    if (leaf.split && !(best >= 0 && leaves[best]!.split!.gain >= leaf.split.gain)) best = at;
  });
  return best;
}

function weightsOf(
  rows: Uint32Array,
  labels: Uint8Array,
  weights: Float64Array | undefined,
): { weight: number; positive: number } {
  let [weight, positive] = [0, 0];
  for (const row of rows) {
    const own = weights === undefined ? 1 : weights[row]!;
    weight += own;
    if (labels[row] === 1) positive += own;
  }
  return { weight, positive };
}
