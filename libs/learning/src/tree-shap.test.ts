import fc from 'fast-check';
import { BinnedMatrix } from './binned-matrix.js';
import { BoostingRun } from './boosting-run.js';
import { RandomStream } from './random.js';
import { TreeBuilder } from './tree-builder.js';
import { ensembleLogits } from './ensemble-logits.js';
import { leafOf, type Tree, type TreeEnsemble } from './tree-ensemble.js';
import { TreeExplainer, type TreeContributions } from './tree-explainer.js';
import { expectedValue } from './tree-covers.js';

const featureCount = 5;

/** A random tree over bins 0 … 4 with covers that add up. */
function randomTree(random: RandomStream, depth: number): Tree {
  const tree = new TreeBuilder();
  const grow = (node: number, level: number, cover: number): void => {
    if (level === depth || cover < 2 || random.next() < 0.15) {
      tree.setLeaf(node, 2 * random.next() - 1, cover);
      return;
    }
    const split = { feature: random.below(featureCount), bin: 1 + random.below(3), missingLeft: random.below(2) === 1 };
    const leftCover = 1 + random.below(cover - 1);
    const { left, right } = tree.addSplit(node, split);
    grow(left, level + 1, leftCover);
    grow(right, level + 1, cover - leftCover);
  };
  grow(0, 0, 1_000);
  return tree.build();
}

/** The tree's mean value when only some features are known. */
function valueOfCoalition(tree: Tree, bins: readonly Uint8Array[], known: number, node = 0): number {
  const feature = tree.feature[node]!;
  if (feature < 0) return tree.value[node]!;
  const [left, right] = [tree.left[node]!, tree.right[node]!];
  if ((known >> feature) & 1) {
    const bin = bins[feature]![0]!;
    const goesLeft = bin === 0 ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!;
    return valueOfCoalition(tree, bins, known, goesLeft ? left : right);
  }
  const inLeft = tree.cover[left]! * valueOfCoalition(tree, bins, known, left);
  return (inLeft + tree.cover[right]! * valueOfCoalition(tree, bins, known, right)) / tree.cover[node]!;
}

/** Shapley's definition over all subsets. */
function bruteForce(tree: Tree, bins: readonly Uint8Array[]): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: featureCount }, (_, feature) => {
    let sum = 0;
    for (let others = 0; others < 1 << featureCount; others += 1) {
      if ((others >> feature) & 1) continue;
      const size = others.toString(2).split('1').length - 1;
      const weight = (factorial(size) * factorial(featureCount - size - 1)) / factorial(featureCount);
      const gain = valueOfCoalition(tree, bins, others | (1 << feature)) - valueOfCoalition(tree, bins, others);
      sum += weight * gain;
    }
    return sum;
  });
}

function treeContributions(
  ensemble: TreeEnsemble,
  bins: readonly Uint8Array[],
  rowCount: number,
  groups: Uint32Array,
  groupCount: number,
): TreeContributions {
  return new TreeExplainer(ensemble, groups, groupCount).explain(bins, rowCount);
}

const ownGroups = Uint32Array.from({ length: featureCount }, (_, feature) => feature);

test('equals the Shapley values by their definition, features split on repeatedly included', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 }), (seed, row) => {
      const tree = randomTree(new RandomStream(seed), 5);
      const bins = row.map((bin) => Uint8Array.of(bin));
      const { base, contributions } = treeContributions({ base: 0.5, trees: [tree] }, bins, 1, ownGroups, featureCount);
      bruteForce(tree, bins).forEach((expected, feature) => expect(contributions[feature]).toBeCloseTo(expected, 10));
      expect(base).toBeCloseTo(0.5 + valueOfCoalition(tree, bins, 0), 12);
    }),
    { numRuns: 200 },
  );
});

test('is the same in a batch, alone, and again, whether tables are made or not', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new RandomStream(seed);
      const tree = randomTree(random, 3);
      const explainer = new TreeExplainer({ base: 0.5, trees: [tree] }, ownGroups, featureCount);
      const bins = Array.from({ length: featureCount }, () => Uint8Array.from({ length: 12 }, () => random.below(5)));
      const { contributions } = explainer.explain(bins, 12); // plain, without tables
      expect(explainer.explain(bins, 12).contributions).toEqual(contributions); // with tables
      for (let row = 0; row < 12; row += 1) {
        const alone = bins.map((column) => column.slice(row, row + 1));
        const own = contributions.slice(row * featureCount, (row + 1) * featureCount);
        expect(explainer.explain(alone, 1).contributions).toEqual(own);
        bruteForce(tree, alone).forEach((expected, feature) => expect(own[feature]).toBeCloseTo(expected, 10));
      }
    }),
    { numRuns: 60 },
  );
});

test('contributions of an ensemble add up to its logits, however features are grouped', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new RandomStream(seed);
      const trees = Array.from({ length: 8 }, () => randomTree(random, 6));
      const bins = Array.from({ length: featureCount }, () => Uint8Array.from({ length: 20 }, () => random.below(5)));
      const groups = Uint32Array.from({ length: featureCount }, () => random.below(3));
      const { base, contributions } = treeContributions({ base: -1, trees }, bins, 20, groups, 3);
      ensembleLogits({ base: -1, trees }, bins, 20).forEach((logit, row) => {
        const sum = contributions.subarray(3 * row, 3 * row + 3).reduce((total, share) => total + share, base);
        expect(sum).toBeCloseTo(logit, 10);
      });
    }),
    { numRuns: 50 },
  );
});

test('a feature that no tree uses contributes nothing', () => {
  const tree = randomTree(new RandomStream(2), 0);
  const bins = ownGroups.length === 5 ? Array.from({ length: 5 }, () => Uint8Array.of(1)) : [];
  const { contributions } = treeContributions({ base: 0, trees: [tree] }, bins, 1, ownGroups, featureCount);
  expect([...contributions]).toEqual([0, 0, 0, 0, 0]);
});

test('the kernel and walking down give the same bits', () => {
  const random = new RandomStream(6);
  const rowCount = 5_000;
  const bins = Array.from({ length: featureCount }, () => Uint8Array.from({ length: rowCount }, () => random.below(5)));
  const trees = [
    ...Array.from({ length: 20 }, () => randomTree(random, 5)),
    ...Array.from({ length: 5 }, () => randomTree(random, 9)), // more leaves than a word has bits
    randomTree(random, 0),
  ];
  expect(trees.some((tree) => tree.feature.length > 63)).toBe(true);
  const byKernel = ensembleLogits({ base: 0.25, trees }, bins, rowCount);
  const byWalking = Float64Array.from({ length: rowCount }, (_, row) =>
    trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, bins, row)]!, 0.25),
  );
  expect(byKernel).toEqual(byWalking);
});

test('the expected value of a grown tree is its mean over the training rows', () => {
  const random = new RandomStream(9);
  const bins = Array.from({ length: 3 }, () => Uint8Array.from({ length: 400 }, () => random.below(6)));
  const labels = Uint8Array.from({ length: 400 }, (_, row) => (random.next() < bins[0]![row]! / 6 ? 1 : 0));
  const growth = { leavesMax: 8, depthMax: 4, learningRate: 1, lambda: 1, hessianMin: 1, rowShare: 1, featureShare: 1 };
  const tree = new BoostingRun(new BinnedMatrix(bins, [6, 6, 6], labels.length), { labels }, growth, 1).grow();
  let sum = 0;
  for (let row = 0; row < 400; row += 1) sum += tree.value[leafOf(tree, bins, row)]!;
  expect(tree.feature.length).toBeGreaterThan(3);
  expect(expectedValue(tree)).toBeCloseTo(sum / 400, 12);
});
