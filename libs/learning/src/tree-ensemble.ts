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

/** Below this many rows walking down the trees is cheaper than building masks. */
const rowsWorthMasks = 2_000;
const leavesPerMask = 32;
const blockRows = 4_096;

/**
 * The logits of binned rows. Small batches walk each tree; big ones use leaf masks, after QuickScorer (Lucchese et al.,
 * SIGIR 2015): per tree and feature a table gives, for every bin, the leaves that stay reachable as 32 bits; ANDing
 * the tables of a tree's features leaves one bit, the leaf. That turns unpredictable branches into look-ups in a table
 * of 1 KB. Both ways add the same leaves in the same order, so their results are equal to the bit.
 * O(rows × trees × features per tree).
 */
export function ensembleLogits(ensemble: TreeEnsemble, bins: readonly Uint8Array[], rowCount: number): Float64Array {
  const logits = new Float64Array(rowCount).fill(ensemble.base);
  const masked = rowCount < rowsWorthMasks ? [] : ensemble.trees.map(leafMasksOf);
  for (let from = 0; from < rowCount; from += blockRows) {
    const to = Math.min(rowCount, from + blockRows);
    const blockBins = bins.map((column) => column.subarray(from, to));
    const blockLogits = logits.subarray(from, to);
    ensemble.trees.forEach((tree, at) => {
      const masks = masked[at];
      if (masks) addTreeByMasks(masks, blockBins, blockLogits);
      else addTree(tree, blockBins, blockLogits);
    });
  }
  return logits;
}

interface LeafMasks {
  /** Per feature that the tree uses: 256 words, bit k of word b is set if leaf k can be reached from bin b. */
  readonly features: readonly { readonly feature: number; readonly maskByBin: Int32Array }[];
  /** The value of leaf k, leaves numbered from the left. */
  readonly valueByLeaf: Float64Array;
}

const reachable = new Int32Array(blockRows);

function addTreeByMasks(masks: LeafMasks, bins: readonly Uint8Array[], logits: Float64Array): void {
  const rowCount = logits.length;
  reachable.fill(-1, 0, rowCount);
  const { features } = masks;
  for (let at = 0; at < features.length; at += 4) {
    // four features a pass: their look-ups overlap, and `reachable` is read and written once; the last feature, given
    // again to fill up the four, changes nothing
    const last = features.length - 1;
    const { column: column0, maskByBin: mask0 } = columnAt(at);
    const { column: column1, maskByBin: mask1 } = columnAt(Math.min(at + 1, last));
    const { column: column2, maskByBin: mask2 } = columnAt(Math.min(at + 2, last));
    const { column: column3, maskByBin: mask3 } = columnAt(Math.min(at + 3, last));
    for (let row = 0; row < rowCount; row += 1) {
      reachable[row] =
        reachable[row]! & mask0[column0[row]!]! & mask1[column1[row]!]! & mask2[column2[row]!]! & mask3[column3[row]!]!;
    }
  }
  const { valueByLeaf } = masks;
  for (let row = 0; row < rowCount; row += 1) {
    const leaf = 31 - Math.clz32(reachable[row]!);
    logits[row] = logits[row]! + valueByLeaf[leaf]!;
  }

  function columnAt(at: number): { column: Uint8Array; maskByBin: Int32Array } {
    const { feature, maskByBin } = features[at]!;
    return { column: bins[feature]!, maskByBin };
  }
}

/** null for a tree with more leaves than a word has bits. */
function leafMasksOf(tree: Tree): LeafMasks | null {
  const leafCount = (tree.feature.length + 1) / 2;
  if (leafCount > leavesPerMask) return null;
  const valueByLeaf = new Float64Array(leafCount);
  const maskByFeature = new Map<number, Int32Array>();
  let leaves = 0;
  numberLeaves(0);
  // bits above the last leaf would win the search for the highest bit
  const used = leafCount === leavesPerMask ? -1 : (1 << leafCount) - 1;
  if (maskByFeature.size === 0) {
    maskByFeature.set(0, new Int32Array(256).fill(-1)); // a lone leaf
  }
  const usedBits = (mask: Int32Array): Int32Array => mask.map((word) => word & used);
  const features = [...maskByFeature].map(([feature, mask]) => ({ feature, maskByBin: usedBits(mask) }));
  return { features, valueByLeaf };

  /** Returns the leaves below a node as bits and clears, for each bin, those on the side not taken. */
  function numberLeaves(node: number): number {
    const feature = tree.feature[node]!;
    if (feature < 0) {
      valueByLeaf[leaves] = tree.value[node]!;
      leaves += 1;
      return 1 << (leaves - 1);
    }
    const leftLeaves = numberLeaves(tree.left[node]!);
    const rightLeaves = numberLeaves(tree.right[node]!);
    let mask = maskByFeature.get(feature);
    if (!mask) {
      mask = new Int32Array(256).fill(-1);
      maskByFeature.set(feature, mask);
    }
    for (let bin = 0; bin < 256; bin += 1) {
      const goesLeft = bin === MISSING_BIN ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!;
      mask[bin] = mask[bin]! & ~(goesLeft ? rightLeaves : leftLeaves);
    }
    return leftLeaves | rightLeaves;
  }
}
