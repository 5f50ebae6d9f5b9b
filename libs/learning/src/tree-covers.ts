import type { Tree } from './tree-ensemble.js';

/** The share of a node's training rows that went to one of its children; half where there were none. */
export function coverShare(tree: Tree, node: number, child: number): number {
  const cover = tree.cover[node]!;
  return cover > 0 ? tree.cover[child]! / cover : 0.5;
}

/** The mean leaf value over the rows that the tree was grown on. */
export function expectedValue(tree: Tree): number {
  let sum = 0;
  for (let node = 0; node < tree.feature.length; node += 1) {
    if (tree.feature[node]! < 0) sum += tree.value[node]! * tree.cover[node]!;
  }
  return sum / tree.cover[0]!;
}
