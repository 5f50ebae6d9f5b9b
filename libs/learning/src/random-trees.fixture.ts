import type { RandomStream } from './random.js';
import { TreeBuilder } from './tree-builder.js';
import type { Tree } from './tree-ensemble.js';

/**
 * A tree of exactly so many leaves: one of them at random is split until there are enough. Split bins lie between
 * `MISSING_BIN` and 255, so that some nodes separate nothing or the missing values alone.
 */
export function randomTree(random: RandomStream, leafCount: number, featureCount: number, binMax = 255): Tree {
  const tree = new TreeBuilder();
  const leaves = [0];
  while (leaves.length < leafCount) {
    const [node] = leaves.splice(random.below(leaves.length), 1);
    const split = {
      feature: random.below(featureCount),
      bin: random.below(binMax + 1),
      missingLeft: random.below(2) === 1,
    };
    const { left, right } = tree.addSplit(node!, split);
    leaves.push(left, right);
  }
  for (const leaf of leaves) tree.setLeaf(leaf, 2 * random.next() - 1, 1);
  return tree.build();
}

/** Bins 0 … `binMax`, one array per feature. */
export function randomBins(random: RandomStream, featureCount: number, rowCount: number, binMax = 255): Uint8Array[] {
  return Array.from({ length: featureCount }, () =>
    Uint8Array.from({ length: rowCount }, () => random.below(binMax + 1)),
  );
}
