import fc from 'fast-check';
import { gaussLegendre } from './gauss-legendre.js';
import { kernelLimits } from './kernels.js';
import { LeafGame } from './leaf-game.js';
import { packPieces } from './packed-pieces.js';
import { RandomStream } from './random.js';
import { randomBins } from './random-trees.fixture.js';
import { TreeBuilder } from './tree-builder.js';
import type { Tree, TreeEnsemble } from './tree-ensemble.js';
import { TreeExplainer } from './tree-explainer.js';
import { piecesOf } from './tree-pieces.js';
import { plainContributions } from './tree-shap.fixture.js';

/** A tree of so many leaves with covers that add up; `chain` splits the last leaf again, so that paths are long. */
function treeWithCovers(random: RandomStream, leafCount: number, featureCount: number, chain: boolean): Tree {
  const tree = new TreeBuilder();
  const leaves = [{ node: 0, cover: 1_000_000 }];
  while (leaves.length < leafCount) {
    const [leaf] = leaves.splice(chain ? leaves.length - 1 : random.below(leaves.length), 1);
    const split = {
      feature: chain ? leaves.length % featureCount : random.below(featureCount),
      bin: random.below(256),
      missingLeft: random.below(2) === 1,
    };
    const inLeft = leaf!.cover * (0.2 + 0.6 * random.next());
    const { left, right } = tree.addSplit(leaf!.node, split);
    leaves.push({ node: left, cover: inLeft }, { node: right, cover: leaf!.cover - inLeft });
  }
  for (const { node, cover } of leaves) tree.setLeaf(node, 2 * random.next() - 1, cover);
  return tree.build();
}

const ownGroups = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, feature) => feature);

/** By the kernel, for all rows at once, and row by row in plain TypeScript: the same bits. */
function explainBothWays(
  ensemble: TreeEnsemble,
  bins: readonly Uint8Array[],
  rowCount: number,
  groups = ownGroups(bins.length),
  groupCount = bins.length,
): Float64Array {
  const together = new TreeExplainer(ensemble, groups, groupCount).explain(bins, rowCount).contributions;
  for (let row = 0; row < rowCount; row += 1) {
    const alone = bins.map((column) => column.subarray(row, row + 1));
    const plain = new TreeExplainer(ensemble, groups, groupCount).explain(alone, 1).contributions;
    const own = together.subarray(row * groupCount, (row + 1) * groupCount);
    expect([...plain.keys()].filter((at) => !Object.is(plain[at], own[at]))).toEqual([]);
  }
  return together;
}

function expectPlainAlgorithm({ trees }: TreeEnsemble, bins: readonly Uint8Array[], given: Float64Array): void {
  const width = bins.length;
  for (let row = 0; row * width < given.length; row += 1) {
    const expected = new Float64Array(width);
    for (const tree of trees) {
      plainContributions(tree, bins, row).forEach((share, at) => (expected[at] = expected[at]! + share));
    }
    expected.forEach((share, at) => expect(given[row * width + at]).toBeCloseTo(share, 9));
  }
}

test('any trees: the plain algorithm, and the same bits by the kernel and row by row', () => {
  const counts = fc.record({
    seed: fc.integer(),
    leavesMax: fc.constantFrom(1, 2, 8, 12, 31, 40),
    features: fc.integer({ min: 1, max: 25 }),
    rows: fc.constantFrom(24, 40, 130),
    binMax: fc.constantFrom(2, 255),
    chain: fc.boolean(),
  });
  fc.assert(
    fc.property(counts, ({ seed, leavesMax, features, rows, binMax, chain }) => {
      const random = new RandomStream(seed);
      const leaves = [leavesMax, 1 + random.below(leavesMax), 1];
      const trees = leaves.map((count) => treeWithCovers(random, count, features, chain));
      const bins = randomBins(random, features, rows, binMax);
      const ensemble = { base: random.next(), trees };
      expectPlainAlgorithm(ensemble, bins, explainBothWays(ensemble, bins, rows));
    }),
    { numRuns: 25 },
  );
});

test.each([
  ['64 players, which the kernel takes', 65, true],
  ['70 players, which it does not', 71, false],
])('a path of %s', (_what, leaves, isPacked) => {
  const random = new RandomStream(leaves);
  const tree = treeWithCovers(random, leaves, 100, true);
  const players = { groupOfFeature: ownGroups(100), playerOfFeature: ownGroups(100) };
  expect(packPieces(piecesOf(tree, players, 8).map((piece) => ({ tree, piece }))) !== null).toBe(isPacked);
  const bins = randomBins(random, 100, 30);
  const ensemble = { base: 0, trees: [tree] };
  expectPlainAlgorithm(ensemble, bins, explainBothWays(ensemble, bins, 30));
});

test.each([127, 128, 129, kernelLimits.explainedRows, kernelLimits.explainedRows + 1, 1_300])(
  '%d rows: a row is the same in any block',
  (rowCount) => {
    const random = new RandomStream(rowCount);
    const trees = [1, 2, 3].map(() => treeWithCovers(random, 31, 6, false));
    const bins = randomBins(random, 6, rowCount);
    const groups = Uint32Array.of(0, 1, 1, 4, 0, 3);
    const explainer = new TreeExplainer({ base: 0, trees }, groups, 5);
    const { contributions } = explainer.explain(bins, rowCount);
    for (const from of [0, 1, rowCount - 30]) {
      const some = bins.map((column) => column.subarray(from, from + 30));
      expect(explainer.explain(some, 30).contributions).toEqual(contributions.slice(5 * from, 5 * (from + 30)));
    }
  },
);

test('an ensemble that is larger than the memory is taken in parts', () => {
  const random = new RandomStream(4);
  const trees = Array.from({ length: 130 }, () => treeWithCovers(random, 31, 40, false));
  const players = { groupOfFeature: ownGroups(40), playerOfFeature: ownGroups(40) };
  const pieces = trees.flatMap((tree) => piecesOf(tree, players, 8).map((piece) => ({ tree, piece })));
  expect(packPieces(pieces)!.images.length).toBeGreaterThan(1);
  const bins = randomBins(random, 40, 200);
  const explainer = new TreeExplainer({ base: 0, trees }, ownGroups(40), 40);
  const { contributions } = explainer.explain(bins, 200);
  const few = bins.map((column) => column.subarray(190, 200));
  expect(new TreeExplainer({ base: 0, trees }, ownGroups(40), 40).explain(few, 10).contributions).toEqual(
    contributions.slice(190 * 40),
  );
  expectPlainAlgorithm({ base: 0, trees }, few, contributions.slice(190 * 40));
});

test('more columns and groups than a part has room for', () => {
  const random = new RandomStream(5);
  const features = 5_000;
  const trees = Array.from({ length: 220 }, () => treeWithCovers(random, 31, features, false));
  const bins = randomBins(random, features, 200);
  const { contributions } = new TreeExplainer({ base: 0, trees }, ownGroups(features), features).explain(bins, 200);
  const last = bins.map((column) => column.subarray(199));
  const alone = new TreeExplainer({ base: 0, trees }, ownGroups(features), features).explain(last, 1);
  expect(alone.contributions).toEqual(contributions.slice(199 * features));
});

test('features of one player are one feature', () => {
  const random = new RandomStream(6);
  const tree = treeWithCovers(random, 12, 2, false);
  // the same tree with every other test on a copy of its feature
  const copied = {
    ...tree,
    feature: tree.feature.map((feature, node) => (feature < 0 ? -1 : feature + 2 * (node % 2))),
  };
  const bins = randomBins(random, 2, 40);
  const players = Uint32Array.of(0, 1, 0, 1);
  const explainer = new TreeExplainer({ base: 0, trees: [copied] }, players, 2, players);
  const { contributions } = explainer.explain([...bins, ...bins], 40);
  expectPlainAlgorithm({ base: 0, trees: [tree] }, bins, contributions);
});

test('the shares of training rows may be 0', () => {
  const builder = new TreeBuilder();
  const { left, right } = builder.addSplit(0, { feature: 0, bin: 3, missingLeft: true });
  const below = builder.addSplit(left, { feature: 1, bin: 3, missingLeft: true });
  builder.setLeaf(below.left, 1, 0);
  builder.setLeaf(below.right, 2, 0);
  builder.setLeaf(right, 3, 5);
  const bins = [Uint8Array.of(1, 9), Uint8Array.of(9, 1)];
  const explainer = new TreeExplainer({ base: 0, trees: [builder.build()] }, ownGroups(2), 2);
  const { base, contributions } = explainer.explain(bins, 2);
  expect(base).toBe(3);
  // of the two orders in which the first row's features become known
  expect([...contributions].map((each) => Number(each.toFixed(12)))).toEqual([-1.25, 0.25, 0, 0]);
});

test('a rule of n nodes integrates polynomials of a degree below 2n', () => {
  for (let count = 1; count <= 40; count += 1) {
    const { nodes, weights } = gaussLegendre(count);
    for (let degree = 0; degree < 2 * count; degree += 1) {
      const integral = nodes.reduce((sum, node, at) => sum + weights[at]! * node ** degree, 0);
      expect(integral).toBeCloseTo(1 / (degree + 1), 13);
    }
  }
});

test('a game played for all subsets at once has the same bits', () => {
  const random = new RandomStream(7);
  for (let players = 1; players <= 8; players += 1) {
    const game = new LeafGame(
      random.next(),
      Array.from({ length: players }, () => random.next()),
    );
    const all = game.playAll();
    const values = new Float64Array(players);
    for (let subset = 0; subset < 1 << players; subset += 1) {
      game.play(
        Uint8Array.from({ length: players }, (_, player) => (subset >> player) & 1),
        values,
      );
      expect(values).toEqual(all.slice(subset * players, (subset + 1) * players));
    }
  }
});
