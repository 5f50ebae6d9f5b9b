import { BinnedMatrix } from './binned-matrix.js';
import { BoostingRun, type BoostingRows, type TreeGrowth } from './boosting-run.js';
import type { GrowingFunctions } from './growing-kernels.js';
import { exponential, plainKernels } from './plain-growing-kernels.fixture.js';
import { RandomStream } from './random.js';
import { sortedNumbers } from './sorted-numbers.js';
import type { Tree } from './tree-ensemble.js';

const growth: TreeGrowth = {
  leavesMax: 9,
  depthMax: 5,
  learningRate: 0.3,
  lambda: 1,
  hessianMin: 0.5,
  rowShare: 1,
  featureShare: 1,
};

/** Features of many and few bins, of which one is constant; the label follows two of them. */
function sample(rowCount: number, seed: number) {
  const random = new RandomStream(seed);
  const binCounts = [256, 65, 3, 2, 17, 4, 256];
  const bins = binCounts.map((count) => Uint8Array.from({ length: rowCount }, () => random.below(count)));
  bins[3]!.fill(1);
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => {
    const rate = 0.1 + (bins[0]![row]! > 128 ? 0.4 : 0) + (bins[4]![row] === 0 ? 0.3 : 0) + 0.1 * (bins[2]![row]! % 2);
    return random.next() < rate ? 1 : 0;
  });
  return { bins, binCounts, labels, random };
}

/** The trees and logits of a run whose kernels are those of WebAssembly or the plain ones. */
function grown(
  isPlain: boolean,
  seed: number,
  trees: number,
  ofGrowth: Partial<TreeGrowth>,
  rowsOf: RowsOf,
): { trees: Tree[]; logits: number[] } {
  const made = sample(700, seed);
  const matrix = new BinnedMatrix(made.bins, made.binCounts, 700, 5);
  if (isPlain) Object.assign(matrix.memory, { functions: plainKernels(matrix.memory) satisfies GrowingFunctions });
  const run = new BoostingRun(matrix, { labels: made.labels, ...rowsOf(made) }, { ...growth, ...ofGrowth }, seed);
  return { trees: Array.from({ length: trees }, () => run.grow()), logits: [...run.logits] };
}

type RowsOf = (made: ReturnType<typeof sample>) => Omit<BoostingRows, 'labels'>;
const everyRow: RowsOf = () => ({});
const halves = () => ({
  training: Uint32Array.from({ length: 350 }, (_, at) => 2 * at),
  followed: Uint32Array.from({ length: 350 }, (_, at) => 2 * at + 1),
});

test.each<[string, Partial<TreeGrowth>, RowsOf]>([
  ['all rows', {}, everyRow],
  ['deep trees of small leaves', { leavesMax: 24, depthMax: 12, hessianMin: 0, lambda: 0 }, everyRow],
  ['sampled rows and features', { rowShare: 0.6, featureShare: 0.5 }, everyRow],
  ['features sampled by the word', { rowShare: 0.7, featureShare: 0.5, samplesWords: true }, everyRow],
  ['followed rows', { rowShare: 0.7 }, halves],
  ['weights', {}, ({ random }) => ({ weights: Float64Array.from({ length: 700 }, () => 0.5 + 9 * random.next()) })],
  ['monotone directions', { leavesMax: 16 }, () => ({ directions: Int8Array.of(-1, 1, 0, 1, 1, -1, 0) })],
  [
    'replaced features',
    {},
    ({ random }) => {
      const bins = Uint8Array.from({ length: 700 }, () => random.below(200));
      return { ...halves(), replaced: new Map([[4, { bins, binCount: 200 }]]) };
    },
  ],
])('the kernels give the trees and logits of plain TypeScript to the bit: %s', (_, ofGrowth, rowsOf) => {
  for (const seed of [1, 2]) {
    const ours = grown(false, seed, 3, ofGrowth, rowsOf);
    expect(ours).toEqual(grown(true, seed, 3, ofGrowth, rowsOf));
    expect(ours.trees.some((tree) => tree.feature.length > 3)).toBe(true);
  }
});

test('followed rows have the logits of the trees, and change none of them', () => {
  const alone = grown(false, 7, 5, {}, () => ({ training: halves().training }));
  const followed = grown(false, 7, 5, {}, halves);
  expect(followed.trees).toEqual(alone.trees);
  expect(followed.logits.filter((_, row) => row % 2 === 0)).toEqual(alone.logits.filter((_, row) => row % 2 === 0));
  expect(new Set(followed.logits.filter((_, row) => row % 2 === 1)).size).toBeGreaterThan(10);
});

test('a row of weight 3 counts as three rows', () => {
  const { bins, labels } = sample(400, 11);
  const thrice = (column: Uint8Array) =>
    Uint8Array.from([...column, ...column.subarray(0, 100), ...column.subarray(0, 100)]);
  const stump = { ...growth, leavesMax: 2 };
  const matrix = new BinnedMatrix([bins[0]!, bins[4]!], [256, 17], 400);
  const weights = Float64Array.from({ length: 400 }, (_, row) => (row < 100 ? 3 : 1));
  const weighted = new BoostingRun(matrix, { labels, weights }, stump, 1).grow();
  const repeated = new BinnedMatrix([thrice(bins[0]!), thrice(bins[4]!)], [256, 17], 600);
  const plain = new BoostingRun(repeated, { labels: thrice(labels) }, stump, 1).grow();
  expect([weighted.feature, weighted.splitBin, weighted.cover]).toEqual([plain.feature, plain.splitBin, plain.cover]);
  weighted.value.forEach((value, node) => expect(value).toBeCloseTo(plain.value[node]!, 4));
});

test('the exponential function is exact to nine digits', () => {
  for (let x = -36; x <= 36; x += 0.0137) expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-9);
});

test.each([0, 1, 2, 1_000])('sorts %d numbers as TypedArray.sort does', (count) => {
  const random = new RandomStream(count);
  const makers = [
    () => random.next() - 0.5,
    () => random.below(5) - 2,
    () => [-0, 0, Infinity, -Infinity, 5e-324, -1e308, 1e308][random.below(7)]!,
    () => (random.below(3) === 0 ? NaN : random.below(1_000_000) / 100),
  ];
  for (const make of makers) {
    const values = Float64Array.from({ length: count }, make);
    const expected = values.filter((value) => !Number.isNaN(value)).sort();
    const sorted = sortedNumbers(values);
    expect(sorted.every((value, at) => Object.is(value, expected[at])) && sorted.length === expected.length).toBe(true);
  }
});
