import { MISSING_BIN } from './binning.js';
import { CannotLearnError } from './learner.js';
import { logitOf } from './logistic.js';
import { hashIntegers, RandomStream } from './random.js';
import { addTree, type Tree } from './tree-ensemble.js';
import { TreeBuilder, type Split } from './tree-builder.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { exp, floor, imul } = Math;

export interface TreeGrowth {
  readonly leavesMax: number;
  readonly depthMax: number;
  /** The part of each Newton step that is taken. */
  readonly learningRate: number;
  /** L2 penalty on leaf values, in units of hessian. */
  readonly lambda: number;
  /** Smallest sum of p(1 − p) in a leaf; 5 means at least 20 rows, more where probabilities are extreme. */
  readonly hessianMin: number;
  /** Part of the rows that each tree uses, sampled without replacement. */
  readonly rowShare: number;
  /** Part of the features that each tree sees. */
  readonly featureShare: number;
  /**
   * Samples features four at a time: by the words that they are packed in, in an order sampled once. A histogram is filled a
   * word at a time, and of features sampled one by one nearly every word has one: with two in five sampled this takes less
   * than half the time, for trees as good.
   */
  readonly samplesWords?: boolean;
}

/**
 * One boosting run for logistic loss on binned features (Friedman, Annals of Statistics 2001; the second-order leaf
 * values of Chen & Guestrin, KDD 2016), grown tree by tree so that the caller decides when to stop.
 *
 * Trees grow leaf by leaf, best gain first. A leaf's histogram holds one double per bin that packs both sums: the
 * gradient, quantised, in the upper bits and the hessian in the lower 26. One addition then fills a cell, exactly and
 * independent of order, and the bigger child's histogram is the parent's minus the smaller child's. Four features share
 * one 32-bit word, so that one load of row number and gradient serves four cells. Quantisation rounds up or down at
 * random, keyed by row, tree and seed (Shi et al., "Quantized training of gradient boosting decision trees", NeurIPS
 * 2022); leaf values come from unrounded sums.
 * Per tree O(rows × features × log leaves), memory O(leaves × bins).
 */
export class BoostingRun {
  readonly base: number;
  /** The logits of the training rows after all trees so far. */
  readonly logits: Float64Array;
  /** The feature at each position of `words` and `offsets`. */
  private readonly featureAt: Uint32Array;
  private readonly words: Uint32Array[];
  private readonly offsets: Uint32Array;
  private readonly histogramLength: number;
  private readonly histograms: Float64Array[] = [];
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  private readonly packed: Float64Array;
  private readonly packedInOrder: Float64Array;
  private readonly rowOrder: Uint32Array;
  private readonly spare: Uint32Array;
  private readonly levels: number;
  private readonly random: RandomStream;
  private treesGrown = 0;

  /**
   * @param bins one array of training bins per feature
   * @param binCounts how many bins each feature has, the missing one counted; at most 256
   * @param labels 0 or 1 per training row, both present
   */
  constructor(
    private readonly bins: readonly Uint8Array[],
    binCounts: readonly number[],
    private readonly labels: Uint8Array,
    private readonly growth: TreeGrowth,
    private readonly seed: number,
  ) {
    const rowCount = labels.length;
    this.levels = Math.min(65_535, floor(packBase / rowCount) - 1);
    if (this.levels < levelsMin) {
      throw new CannotLearnError('tooManyRows', `${rowCount} rows are more than one boosting run takes: sample them`, {
        rows: rowCount,
        rowsMax: floor(packBase / (levelsMin + 1)),
      });
    }
    this.random = new RandomStream(seed, 0xb005);
    this.featureAt = Uint32Array.from(binCounts, (_, feature) => feature);
    if (growth.samplesWords === true) this.random.shuffle(this.featureAt);
    this.offsets = new Uint32Array(binCounts.length + 1);
    this.featureAt.forEach((feature, position) => {
      this.offsets[position + 1] = this.offsets[position]! + binCounts[feature]!;
    });
    // the padding features of the last word always have bin 0 and share one cell at the end
    this.histogramLength = this.offsets[binCounts.length]! + 1;
    this.words = packWords(
      Array.from(this.featureAt, (feature) => bins[feature]!),
      rowCount,
    );
    this.gradient = new Float64Array(rowCount);
    this.hessian = new Float64Array(rowCount);
    this.packed = new Float64Array(rowCount);
    this.packedInOrder = new Float64Array(rowCount);
    this.rowOrder = new Uint32Array(rowCount);
    this.spare = new Uint32Array(rowCount);
    const positives = labels.reduce((sum, label) => sum + label, 0);
    this.base = logitOf(positives / rowCount);
    this.logits = new Float64Array(rowCount).fill(this.base);
  }

  /** Grows one tree and adds it to the logits; a single leaf of value 0 where no split helps. */
  grow(): Tree {
    this.updateGradients();
    const sampled = this.sampleRows();
    const features = this.sampleFeatures();
    const tree = new TreeBuilder();
    const leaves = [this.rootLeaf(sampled, features)];
    while (leaves.length < this.growth.leavesMax) {
      const at = bestLeaf(leaves, this.growth.depthMax);
      if (at < 0) break;
      const [left, right] = this.splitLeaf(leaves[at]!, tree, features, leaves.length);
      leaves[at] = left;
      leaves.push(right);
    }
    for (const leaf of leaves) tree.setLeaf(leaf.node, this.leafValue(leaf), leaf.to - leaf.from);
    const built = tree.build();
    if (sampled === this.labels.length) this.addLeaves(leaves, built);
    else addTree(built, this.bins, this.logits);
    this.treesGrown += 1;
    return built;
  }

  private updateGradients(): void {
    const { labels, logits, gradient, hessian, packed, levels } = this;
    const streamSeed = hashIntegers(this.seed, this.treesGrown);
    for (let row = 0; row < labels.length; row += 1) {
      const probability = 1 / (1 + exp(-logits[row]!));
      const slope = probability - labels[row]!;
      const curvature = probability * (1 - probability);
      gradient[row] = slope;
      hessian[row] = curvature;
      // xorshift of the row number: cheap, and independent of how rows are visited
      let bits = streamSeed ^ imul(row + 1, 0x9e3779b1);
      bits ^= bits >>> 15;
      bits = imul(bits, 0x85ebca6b);
      const rounding = ((bits ^ (bits >>> 13)) >>> 8) / 16777216;
      const slopeLevel = floor(slope * levels + rounding);
      const curvatureLevel = floor(curvature * 4 * levels + rounding);
      packed[row] = slopeLevel * packBase + (curvatureLevel < 1 ? 1 : curvatureLevel);
    }
  }

  /** Puts the rows of the next tree at the front of `rowOrder`, ascending, and returns how many there are. */
  private sampleRows(): number {
    const { rowOrder, random } = this;
    const rowCount = rowOrder.length;
    let wanted = this.growth.rowShare >= 1 ? rowCount : Math.max(1, Math.round(rowCount * this.growth.rowShare));
    const sampled = wanted;
    let taken = 0;
    for (let row = 0; row < rowCount && wanted > 0; row += 1) {
      // selection sampling (Knuth, The Art of Computer Programming 2, algorithm S)
      if (wanted >= rowCount - row || random.next() * (rowCount - row) < wanted) {
        rowOrder[taken] = row;
        taken += 1;
        wanted -= 1;
      }
    }
    return sampled;
  }

  private sampleFeatures(): FeatureSample {
    const featureCount = this.bins.length;
    if (this.growth.samplesWords === true) {
      const wordCount = this.words.length;
      const words = Array.from({ length: wordCount }, (_, word) => word);
      this.random.shuffle(words).splice(Math.max(1, Math.round(wordCount * Math.min(1, this.growth.featureShare))));
      words.sort((left, right) => left - right);
      const features = words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]);
      return { features: features.filter((position) => position < featureCount), words };
    }
    const wanted = Math.max(1, Math.round(featureCount * Math.min(1, this.growth.featureShare)));
    const features = Array.from({ length: featureCount }, (_, feature) => feature);
    if (wanted < featureCount) {
      this.random.shuffle(features).splice(wanted);
      features.sort((left, right) => left - right);
    }
    const words = [...new Set(features.map((feature) => feature >> 2))];
    return { features, words };
  }

  private rootLeaf(sampled: number, features: FeatureSample): Leaf {
    const { rowOrder, packed, packedInOrder } = this;
    for (let at = 0; at < sampled; at += 1) packedInOrder[at] = packed[rowOrder[at]!]!;
    const histogram = this.histogram(0);
    this.fillHistogram(histogram, 0, sampled, features.words);
    return { node: 0, depth: 0, from: 0, to: sampled, histogram, split: this.bestSplit(histogram, features.features) };
  }

  private splitLeaf(parent: Leaf, tree: TreeBuilder, sample: FeatureSample, leafCount: number): [Leaf, Leaf] {
    const split = parent.split!;
    const middle = this.partition(parent, split);
    const { left, right } = tree.addSplit(parent.node, split, parent.to - parent.from);
    const leftIsSmall = middle - parent.from <= parent.to - middle;
    const small = this.histogram(leafCount);
    const [from, to] = leftIsSmall ? [parent.from, middle] : [middle, parent.to];
    const { rowOrder, packed, packedInOrder } = this;
    for (let at = from; at < to; at += 1) packedInOrder[at] = packed[rowOrder[at]!]!;
    this.fillHistogram(small, from, to, sample.words);
    const big = parent.histogram;
    for (let cell = 0; cell < big.length; cell += 1) big[cell] = big[cell]! - small[cell]!;
    const depth = parent.depth + 1;
    const leaf = (node: number, start: number, end: number, histogram: Float64Array): Leaf => {
      const split = depth < this.growth.depthMax ? this.bestSplit(histogram, sample.features) : null;
      return { node, depth, from: start, to: end, histogram, split };
    };
    return [
      leaf(left, parent.from, middle, leftIsSmall ? small : big),
      leaf(right, middle, parent.to, leftIsSmall ? big : small),
    ];
  }

  /** The hot loop: a third to a half of all time is spent in these few lines. */
  private fillHistogram(histogram: Float64Array, from: number, to: number, wordsUsed: readonly number[]): void {
    histogram.fill(0);
    const { offsets, rowOrder, packedInOrder } = this;
    const featureCount = this.bins.length;
    const padding = this.histogramLength - 1;
    for (const at of wordsUsed) {
      const word = this.words[at]!;
      const first = 4 * at;
      const offset0 = offsets[first]!;
      const offset1 = first + 1 < featureCount ? offsets[first + 1]! : padding;
      const offset2 = first + 2 < featureCount ? offsets[first + 2]! : padding;
      const offset3 = first + 3 < featureCount ? offsets[first + 3]! : padding;
      for (let k = from; k < to; k += 1) {
        const bins = word[rowOrder[k]!]!;
        const value = packedInOrder[k]!;
        const cell0 = offset0 + (bins & 255);
        const cell1 = offset1 + ((bins >>> 8) & 255);
        const cell2 = offset2 + ((bins >>> 16) & 255);
        const cell3 = offset3 + (bins >>> 24);
        histogram[cell0] = histogram[cell0]! + value;
        histogram[cell1] = histogram[cell1]! + value;
        histogram[cell2] = histogram[cell2]! + value;
        histogram[cell3] = histogram[cell3]! + value;
      }
    }
  }

  /** The split with the greatest gain, missing values tried on both sides. O(bins). */
  private bestSplit(histogram: Float64Array, features: readonly number[]): Split | null {
    const { offsets, levels } = this;
    const scale = 4 * levels; // hessian levels per unit of hessian; gradients have `levels` per unit
    const lambda = this.growth.lambda * scale;
    const hessianMin = this.growth.hessianMin * scale;
    let gainBest = (gainMin * levels) / 4; // in levels: squared gradients over hessians
    let best: Split | null = null;
    for (const feature of features) {
      const start = offsets[feature]!;
      const end = offsets[feature + 1]!;
      let total = 0;
      for (let cell = start; cell < end; cell += 1) total += histogram[cell]!;
      const gradientAll = floor(total / packBase);
      const hessianAll = total - gradientAll * packBase;
      const before = (gradientAll * gradientAll) / (hessianAll + lambda);
      const missing = histogram[start + MISSING_BIN]!;
      for (let missingLeft = missing === 0 ? 0 : 1; missingLeft >= 0; missingLeft -= 1) {
        let running = missingLeft === 1 ? missing : 0;
        // after the last bin only the missing values are left for the right side
        const last = missingLeft === 0 && missing !== 0 ? end : end - 1;
        for (let cell = start + 1; cell < last; cell += 1) {
          running += histogram[cell]!;
          const gradientLeft = floor(running / packBase);
          const hessianLeft = running - gradientLeft * packBase;
          if (hessianLeft < hessianMin) continue;
          const hessianRight = hessianAll - hessianLeft;
          if (hessianRight < hessianMin) break;
          const gradientRight = gradientAll - gradientLeft;
          const gain =
            (gradientLeft * gradientLeft) / (hessianLeft + lambda) +
            (gradientRight * gradientRight) / (hessianRight + lambda) -
            before;
          if (gain > gainBest) {
            gainBest = gain;
            const biggerLeft = hessianLeft >= hessianRight;
            const sendLeft = missing === 0 ? biggerLeft : missingLeft === 1;
            best = { gain, feature: this.featureAt[feature]!, bin: cell - start, missingLeft: sendLeft };
          }
        }
      }
    }
    return best;
  }

  /** Orders the leaf's rows so that those that go left come first, each side keeping its order. */
  private partition(leaf: Leaf, split: Split): number {
    const { rowOrder, spare } = this;
    const column = this.bins[split.feature]!;
    const { bin: splitBin, missingLeft } = split;
    let left = leaf.from;
    let right = 0;
    for (let at = leaf.from; at < leaf.to; at += 1) {
      const row = rowOrder[at]!;
      const bin = column[row]!;
      if (bin === MISSING_BIN ? missingLeft : bin <= splitBin) {
        rowOrder[left] = row;
        left += 1;
      } else {
        spare[right] = row;
        right += 1;
      }
    }
    rowOrder.set(spare.subarray(0, right), left);
    return left;
  }

  private leafValue(leaf: Leaf): number {
    if (leaf.node === 0) return 0;
    let gradient = 0;
    let hessian = 0;
    for (let at = leaf.from; at < leaf.to; at += 1) {
      const row = this.rowOrder[at]!;
      gradient += this.gradient[row]!;
      hessian += this.hessian[row]!;
    }
    return (-this.growth.learningRate * gradient) / (hessian + this.growth.lambda);
  }

  private addLeaves(leaves: readonly Leaf[], tree: Tree): void {
    for (const leaf of leaves) {
      const value = tree.value[leaf.node]!;
      for (let at = leaf.from; at < leaf.to; at += 1) {
        const row = this.rowOrder[at]!;
        this.logits[row] = this.logits[row]! + value;
      }
    }
  }

  private histogram(at: number): Float64Array {
    this.histograms[at] ??= new Float64Array(this.histogramLength);
    return this.histograms[at];
  }
}

/** The lower 26 bits of a cell hold hessians; rows × levels stays below this. */
const packBase = 2 ** 26;
/** Fewer levels than this would round gradients to noise. */
const levelsMin = 8;
const gainMin = 1e-9;

interface FeatureSample {
  /** Positions, see `featureAt`. */
  readonly features: readonly number[];
  readonly words: readonly number[];
}

interface Leaf {
  readonly node: number;
  readonly depth: number;
  /** The leaf's rows are rowOrder[from … to). */
  readonly from: number;
  readonly to: number;
  readonly histogram: Float64Array;
  readonly split: Split | null;
}

function bestLeaf(leaves: readonly Leaf[], depthMax: number): number {
  let best = -1;
  leaves.forEach((leaf, at) => {
    if (leaf.split && leaf.depth < depthMax && !(best >= 0 && leaves[best]!.split!.gain >= leaf.split.gain)) {
      best = at;
    }
  });
  return best;
}

/** Four features per word, the first in the lowest byte (every platform that Node runs on is little-endian). */
function packWords(bins: readonly Uint8Array[], rowCount: number): Uint32Array[] {
  const words: Uint32Array[] = [];
  for (let first = 0; first < bins.length; first += 4) {
    const bytes = new Uint8Array(4 * rowCount);
    for (let lane = 0; lane < 4 && first + lane < bins.length; lane += 1) {
      const column = bins[first + lane]!;
      for (let row = 0; row < rowCount; row += 1) bytes[4 * row + lane] = column[row]!;
    }
    words.push(new Uint32Array(bytes.buffer));
  }
  return words;
}
