import fc from 'fast-check';
import { ensembleLogits, walkedLogits } from './ensemble-logits.js';
import { kernelLimits } from './kernels.js';
import { packTrees } from './packed-trees.js';
import { RandomStream } from './random.js';
import { randomBins, randomTree } from './random-trees.fixture.js';
import { leafOf, type TreeEnsemble } from './tree-ensemble.js';

const { blockRows, rows: rowsMax } = kernelLimits;

function expectEqualBits(ensemble: TreeEnsemble, bins: readonly Uint8Array[], rowCount: number): void {
  expect(packTrees(ensemble.trees)).not.toBeNull();
  const [byKernel, walked] = [ensembleLogits(ensemble, bins, rowCount), walkedLogits(ensemble, bins, rowCount)];
  // a list of the rows that differ takes a tenth of the time of `toEqual` on two arrays
  expect([...byKernel.keys()].filter((row) => !Object.is(byKernel[row], walked[row]))).toEqual([]);
  expect(byKernel.length).toBe(rowCount);
}

test('kernel and plain TypeScript give the same bits for any trees', () => {
  const counts = fc.record({
    seed: fc.integer(),
    trees: fc.integer({ min: 0, max: 12 }),
    leavesMax: fc.constantFrom(1, 2, 8, 9, 31, 32, 33, 64, 120),
    features: fc.integer({ min: 1, max: 20 }),
    rows: fc.integer({ min: 24, max: 300 }),
    binMax: fc.constantFrom(2, 9, 255),
  });
  fc.assert(
    fc.property(counts, ({ seed, trees, leavesMax, features, rows, binMax }) => {
      const random = new RandomStream(seed);
      const ensemble = {
        base: random.next(),
        trees: Array.from({ length: trees }, () => randomTree(random, 1 + random.below(leavesMax), features, binMax)),
      };
      expectEqualBits(ensemble, randomBins(random, features, rows, binMax), rows);
    }),
    { numRuns: 150 },
  );
});

test('the plain TypeScript adds the leaf of each tree in the order of the trees', () => {
  const random = new RandomStream(3);
  const trees = Array.from({ length: 30 }, () => randomTree(random, 9, 4));
  const bins = randomBins(random, 4, 50);
  const expected = Float64Array.from({ length: 50 }, (_, row) =>
    trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, bins, row)]!, 0.25),
  );
  expect(walkedLogits({ base: 0.25, trees }, bins, 50)).toEqual(expected);
  expect(ensembleLogits({ base: 0.25, trees }, bins, 50)).toEqual(expected);
});

test.each([0, 1, 23, 24, blockRows - 1, blockRows, blockRows + 1, rowsMax, rowsMax + 1, 2 * rowsMax + blockRows])(
  '%d rows, whatever is next to them in memory',
  (rowCount) => {
    const random = new RandomStream(rowCount);
    const ensemble = { base: -1, trees: Array.from({ length: 5 }, () => randomTree(random, 20, 3)) };
    expectEqualBits(ensemble, randomBins(random, 3, rowCount), rowCount);
  },
);

test('every kind of split sends every bin to the same side', () => {
  // one row per bin, one tree per split
  const bins = [Uint8Array.from({ length: 256 }, (_, bin) => bin)];
  for (let splitBin = 0; splitBin < 256; splitBin += 1) {
    for (const missingLeft of [0, 1]) {
      for (const isLeftDeeper of [false, true]) {
        // the smaller side is packed first, so that one side has two leaves
        const [inner, leaf] = isLeftDeeper ? [1, 2] : [2, 1];
        const feature = Int32Array.of(0, -1, -1, -1, -1);
        feature[inner] = 0;
        const [left, right] = [Int32Array.of(1, -1, -1, -1, -1), Int32Array.of(2, -1, -1, -1, -1)];
        left[inner] = 3;
        right[inner] = 4;
        const value = Float64Array.of(0, 0, 0, 2, 3);
        value[leaf] = 1;
        const tree = {
          ...{ feature, left, right, value, cover: new Float64Array(5).fill(1) },
          splitBin: Uint8Array.of(splitBin, 100, 100, 0, 0),
          missingLeft: Uint8Array.of(missingLeft, 1, 1, 0, 0),
        };
        expectEqualBits({ base: 0, trees: [tree] }, bins, 256);
      }
    }
  }
});

test('models take turns without a mix-up', () => {
  const random = new RandomStream(8);
  const bins = randomBins(random, 6, 200);
  const ensembles = [1, 2, 3].map((base) => ({ base, trees: [randomTree(random, 30, 6), randomTree(random, 4, 6)] }));
  for (const ensemble of [...ensembles, ...ensembles.toReversed()]) expectEqualBits(ensemble, bins, 200);
});

test('an ensemble that is larger than the memory is taken in parts', () => {
  const random = new RandomStream(5);
  const trees = Array.from({ length: 1_500 }, () => randomTree(random, 16, 40));
  expect(packTrees(trees)!.length).toBeGreaterThan(1);
  expectEqualBits({ base: 0, trees }, randomBins(random, 40, 200), 200);
});

test('more features than the memory has columns for are taken in parts, and fewer rows at a time', () => {
  const random = new RandomStream(6);
  const features = 3_000;
  const trees = Array.from({ length: 200 }, () => randomTree(random, 31, features));
  expect(packTrees(trees)!.length).toBeGreaterThan(1);
  expectEqualBits({ base: 0, trees }, randomBins(random, features, 700), 700);
});

test('a tree of 256 leaves is packed, one of more is walked down', () => {
  const random = new RandomStream(7);
  const bins = randomBins(random, 5, 500);
  expectEqualBits({ base: 0, trees: [randomTree(random, 256, 5)] }, bins, 500);
  const ensemble = { base: 0, trees: [randomTree(random, 257, 5), randomTree(random, 3, 5)] };
  expect(packTrees(ensemble.trees)).toBeNull();
  expect(ensembleLogits(ensemble, bins, 500)).toEqual(walkedLogits(ensemble, bins, 500));
});
