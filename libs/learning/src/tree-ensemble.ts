import { MISSING_BIN } from './binning.js';

/**
 * A binary tree over binned features, one entry per node in every array, node 0 the root. An inner node sends a row
 * left where its bin ≤ `splitBin` (MISSING_BIN by `missingLeft`), else right; a leaf has `feature` −1.
 */
export interface Tree {
  readonly feature: Int32Array;
  readonly splitBin: Uint8Array;
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf adds to the logit; 0 in inner nodes. */
  readonly value: Float64Array;
  /** How many training rows reached the node: the weights of path-dependent TreeSHAP. */
  readonly cover: Float64Array;
}

/** The arrays of a tree as lists: in JSON, and while it grows. */
export type TreeLists = { readonly [array in keyof Tree]: number[] };

export function treeOf(lists: { readonly [array in keyof Tree]: readonly number[] }): Tree {
  return {
    feature: Int32Array.from(lists.feature),
    splitBin: Uint8Array.from(lists.splitBin),
    missingLeft: Uint8Array.from(lists.missingLeft),
    left: Int32Array.from(lists.left),
    right: Int32Array.from(lists.right),
    value: Float64Array.from(lists.value),
    cover: Float64Array.from(lists.cover),
  };
}

export function treeLists(tree: Tree): TreeLists {
  return Object.fromEntries(Object.entries(tree).map(([name, values]) => [name, [...values]])) as TreeLists;
}

/** logit = base + the sum of one leaf per tree, in the order of the trees. */
export interface TreeEnsemble {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** The leaf that a row reaches, `bins` one array per feature. O(depth). */
export function leafOf(tree: Tree, bins: readonly Uint8Array[], row: number): number {
  let node = 0;
  let feature = tree.feature[0]!;
  while (feature >= 0) {
    const bin = bins[feature]![row]!;
    const goesLeft = bin === MISSING_BIN ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!;
    node = goesLeft ? tree.left[node]! : tree.right[node]!;
    feature = tree.feature[node]!;
  }
  return node;
}

/** Adds one tree to the logits of all rows. */
export function addTree(tree: Tree, bins: readonly Uint8Array[], logits: Float64Array): void {
  for (let row = 0; row < logits.length; row += 1) {
    logits[row] = logits[row]! + tree.value[leafOf(tree, bins, row)]!;
  }
}
