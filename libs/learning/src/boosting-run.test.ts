import { BinnedMatrix } from './binned-matrix.js';
import { BoostingRun, type TreeGrowth } from './boosting-run.js';
import { CannotLearnError } from './learner.js';
import { meanLogLossOfLogits } from './logistic.js';
import { RandomStream } from './random.js';
import { leafOf } from './tree-ensemble.js';

const growth: TreeGrowth = {
  leavesMax: 2,
  depthMax: 1,
  learningRate: 1,
  lambda: 0.5,
  hessianMin: 2,
  rowShare: 1,
  featureShare: 1,
};

/** Six features of up to `binCount` bins; the label follows feature 1, and missing values of feature 4. */
function sample(rowCount: number, binCount: number, seed: number): { bins: Uint8Array[]; labels: Uint8Array } {
  const random = new RandomStream(seed);
  const bins = Array.from({ length: 6 }, () => Uint8Array.from({ length: rowCount }, () => random.below(binCount)));
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => {
    const rate = 0.2 + (bins[1]![row]! > binCount / 2 ? 0.4 : 0) + (bins[4]![row] === 0 ? 0.3 : 0);
    return random.next() < rate ? 1 : 0;
  });
  return { bins, labels };
}

function runOn(
  bins: Uint8Array[],
  binCount: number,
  labels: Uint8Array,
  ofGrowth: TreeGrowth,
  seed: number,
): BoostingRun {
  const binCounts = Array<number>(bins.length).fill(binCount);
  const matrix = new BinnedMatrix(bins, binCounts, labels.length, ofGrowth.samplesWords === true ? seed : undefined);
  return new BoostingRun(matrix, { labels }, ofGrowth, seed);
}

/** The gain of the best stump by trying every split on the unrounded sums. */
function bestStumpGain(bins: Uint8Array[], labels: Uint8Array, binCount: number): number {
  const rate = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const hessianOfRow = rate * (1 - rate);
  const strength = (gradient: number, hessian: number): number => (gradient * gradient) / (hessian + growth.lambda);
  let best = 0;
  for (const column of bins) {
    for (let splitBin = 0; splitBin < binCount; splitBin += 1) {
      for (const missingLeft of [true, false]) {
        const sums = { left: 0, leftRows: 0, all: 0 };
        column.forEach((bin, row) => {
          sums.all += rate - labels[row]!;
          if (bin === 0 ? missingLeft : bin <= splitBin) {
            sums.left += rate - labels[row]!;
            sums.leftRows += 1;
          }
        });
        const left = sums.leftRows * hessianOfRow;
        const right = (labels.length - sums.leftRows) * hessianOfRow;
        if (Math.min(left, right) >= growth.hessianMin) {
          const gain = strength(sums.left, left) + strength(sums.all - sums.left, right);
          best = Math.max(best, gain - strength(sums.all, left + right));
        }
      }
    }
  }
  return best;
}

test.each([1, 2, 3, 4, 5])('a stump is the best of all splits, missing values on either side (sample %d)', (seed) => {
  const { bins, labels } = sample(500, 9, seed);
  const tree = runOn(bins, 9, labels, growth, seed).grow();
  // a Newton leaf −G/(H + λ) is worth G²/(H + λ) = value² × (H + λ)
  const rate = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const worth = [1, 2].reduce((sum, node) => {
    return sum + tree.value[node]! ** 2 * (tree.cover[node]! * rate * (1 - rate) + growth.lambda);
  }, 0);
  expect(worth).toBeCloseTo(bestStumpGain(bins, labels, 9), 4); // up to the rounding of gradients
});

test('every tree lowers the training loss, and the logits are those of the trees', () => {
  const { bins, labels } = sample(800, 30, 9);
  const deeper = { ...growth, leavesMax: 8, depthMax: 4, learningRate: 0.3 };
  const run = runOn(bins, 30, labels, deeper, 1);
  const expected = new Float64Array(800).fill(run.base);
  let loss = meanLogLossOfLogits(run.logits, labels);
  for (let grown = 0; grown < 15; grown += 1) {
    const tree = run.grow();
    expected.forEach((_, row) => (expected[row] = expected[row]! + tree.value[leafOf(tree, bins, row)]!));
    const next = meanLogLossOfLogits(run.logits, labels);
    expect(next).toBeLessThan(loss);
    loss = next;
  }
  expect(run.logits).toEqual(expected);
});

test('keeps to leaves, depth, smallest hessian and the sampled features', () => {
  const { bins, labels } = sample(2_000, 60, 3);
  const wide = { ...growth, leavesMax: 31, depthMax: 4, hessianMin: 20, rowShare: 0.5, featureShare: 0.34 };
  const run = runOn(bins, 60, labels, wide, 2);
  for (let grown = 0; grown < 10; grown += 1) {
    const tree = run.grow();
    const leaves = [...tree.feature.keys()].filter((node) => tree.feature[node]! < 0);
    expect(leaves.length).toBeLessThanOrEqual(16); // depth 4
    expect(Math.min(...leaves.map((leaf) => tree.cover[leaf]!))).toBeGreaterThanOrEqual(80);
    expect(Math.abs(tree.cover[0]! - 1_000)).toBeLessThan(100); // four and a half deviations
    expect(new Set(tree.feature.filter((feature) => feature >= 0)).size).toBeLessThanOrEqual(2);
  }
});

test('nothing to split gives a lone leaf that changes nothing', () => {
  const labels = Uint8Array.of(0, 1, 0, 1, 1);
  const run = runOn([new Uint8Array(5).fill(1)], 3, labels, growth, 1);
  const tree = run.grow();
  expect([tree.feature.length, tree.value[0], tree.cover[0]]).toEqual([1, 0, 5]);
  expect(new Set(run.logits)).toEqual(new Set([run.base]));
});

test('refuses more rows than its sums can hold', () => {
  const { bins, labels } = sample(500, 9, 1);
  const matrix = new BinnedMatrix(bins, Array<number>(6).fill(9), 500);
  const run = (weight: number) =>
    new BoostingRun(matrix, { labels, weights: new Float64Array(500).fill(weight) }, growth, 1);
  expect(() => run(300_000)).toThrow(CannotLearnError); // as 150 million rows
  expect(run(200_000).grow().feature.length).toBe(3);
});

test('sampling features by the word gives the same tree with all of them, and uses every one with some', () => {
  const { bins, labels } = sample(4_000, 9, 8);
  const deep = { ...growth, leavesMax: 6, depthMax: 3 };
  const plain = runOn(bins, 9, labels, deep, 3).grow();
  const byWord = runOn(bins, 9, labels, { ...deep, samplesWords: true }, 3).grow();
  expect(byWord).toEqual(plain);
  const half = { ...deep, featureShare: 0.5, samplesWords: true };
  const run = runOn(bins, 9, labels, half, 3);
  const used = new Set(Array.from({ length: 60 }, () => [...run.grow().feature]).flat());
  expect([...used].filter((feature) => feature >= 0).sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
});
