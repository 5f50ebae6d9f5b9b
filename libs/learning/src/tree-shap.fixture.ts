import type { Tree } from './tree-ensemble.js';

/** The contributions of one tree to a row, by feature. O(leaves × depth²). */
export function plainContributions(tree: Tree, bins: readonly Uint8Array[], row: number): Float64Array {
  const left = Uint8Array.from(tree.feature, (feature, node) => {
    const bin = bins[feature]?.[row] ?? 0;
    return (bin === 0 ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!) ? 1 : 0;
  });
  const contributions = new Float64Array(bins.length);
  new DecisionPath(tree).explain(left, Uint32Array.from(tree.feature), contributions);
  return contributions;
}

/**
 * Exact path-dependent TreeSHAP of one tree (Lundberg, Erion & Lee 2018, arXiv:1802.03888, algorithm 2; Nature Machine
 * Intelligence 2020): what each feature adds to a row's logit, as Shapley values of the game in which an absent feature
 * sends a row down both sides, weighted by the training rows that went there. Expected value + Σ contributions = the
 * leaf's value. O(leaves × depth²).
 *
 * Kept while it walks: the features on the way from the root to a node, each once, with the share of paths that survive
 * when it is absent (`zero`) and present (`one`), and the permutation weights of all subset sizes. One scratch per level
 * of depth.
 */
class DecisionPath {
  private readonly levels: PathLevel[];

  constructor(private readonly tree: Tree) {
    const depth = depthOf(tree, 0) + 2;
    this.levels = Array.from({ length: depth }, () => ({
      node: new Int32Array(depth),
      zero: new Float64Array(depth),
      one: new Float64Array(depth),
      weight: new Float64Array(depth),
    }));
  }

  /**
   * @param left by node, 1 where the row would go left
   * @param slotOfNode by inner node, the entry of `out` that the contribution of its feature is added to
   */
  explain(left: Uint8Array, slotOfNode: Uint32Array, out: Float64Array): void {
    this.visit(0, 0, 0, 1, 1, -1, { left, slotOfNode, out });
  }

  /** `zero` and `one` belong to the feature that the parent, `from`, splits on. */
  private visit(
    node: number,
    level: number,
    upTo: number,
    zero: number,
    one: number,
    from: number,
    row: { readonly left: Uint8Array; readonly slotOfNode: Uint32Array; readonly out: Float64Array },
  ): void {
    const { tree, levels } = this;
    const path = levels[level]!;
    if (level > 0) copyPath(levels[level - 1]!, path, upTo);
    let length = extend(path, upTo, zero, one, from);
    const feature = tree.feature[node]!;
    if (feature < 0) {
      for (let at = 1; at < length; at += 1) {
        const share = unwoundSum(path, length, at) * (path.one[at]! - path.zero[at]!);
        const slot = row.slotOfNode[path.node[at]!]!;
        row.out[slot] = row.out[slot]! + share * tree.value[node]!;
      }
      return;
    }
    const hot = row.left[node] === 1 ? tree.left[node]! : tree.right[node]!;
    const cold = row.left[node] === 1 ? tree.right[node]! : tree.left[node]!;
    let zeroBefore = 1;
    let oneBefore = 1;
    for (let at = 1; at < length; at += 1) {
      if (tree.feature[path.node[at]!] === feature) {
        zeroBefore = path.zero[at]!;
        oneBefore = path.one[at]!;
        length = unwind(path, length, at);
        break;
      }
    }
    const cover = tree.cover[node]!;
    this.visit(hot, level + 1, length, (zeroBefore * tree.cover[hot]!) / cover, oneBefore, node, row);
    this.visit(cold, level + 1, length, (zeroBefore * tree.cover[cold]!) / cover, 0, node, row);
  }
}

interface PathLevel {
  /** The inner node whose split put the feature on the path. */
  readonly node: Int32Array;
  readonly zero: Float64Array;
  readonly one: Float64Array;
  readonly weight: Float64Array;
}

function copyPath(from: PathLevel, to: PathLevel, length: number): void {
  for (let at = 0; at < length; at += 1) {
    to.node[at] = from.node[at]!;
    to.zero[at] = from.zero[at]!;
    to.one[at] = from.one[at]!;
    to.weight[at] = from.weight[at]!;
  }
}

/** Adds a feature to the path and spreads the weights over subsets with and without it. Returns the new length. */
function extend(path: PathLevel, length: number, zero: number, one: number, node: number): number {
  path.node[length] = node;
  path.zero[length] = zero;
  path.one[length] = one;
  path.weight[length] = length === 0 ? 1 : 0;
  for (let at = length - 1; at >= 0; at -= 1) {
    path.weight[at + 1] = path.weight[at + 1]! + (one * path.weight[at]! * (at + 1)) / (length + 1);
    path.weight[at] = (zero * path.weight[at]! * (length - at)) / (length + 1);
  }
  return length + 1;
}

/** Takes a feature out of the path again: the inverse of `extend`, for a feature that is split on twice. */
function unwind(path: PathLevel, length: number, index: number): number {
  const last = length - 1;
  const one = path.one[index]!;
  const zero = path.zero[index]!;
  let next = path.weight[last]!;
  for (let at = last - 1; at >= 0; at -= 1) {
    if (one !== 0) {
      const kept = path.weight[at]!;
      path.weight[at] = (next * length) / ((at + 1) * one);
      next = kept - (path.weight[at]! * zero * (last - at)) / length;
    } else {
      path.weight[at] = (path.weight[at]! * length) / (zero * (last - at));
    }
  }
  for (let at = index; at < last; at += 1) {
    path.node[at] = path.node[at + 1]!;
    path.zero[at] = path.zero[at + 1]!;
    path.one[at] = path.one[at + 1]!;
  }
  return last;
}

/** The sum of the weights that `unwind` would leave, without changing the path. */
function unwoundSum(path: PathLevel, length: number, index: number): number {
  const last = length - 1;
  const one = path.one[index]!;
  const zero = path.zero[index]!;
  let next = path.weight[last]!;
  let total = 0;
  for (let at = last - 1; at >= 0; at -= 1) {
    if (one !== 0) {
      const weight = (next * length) / ((at + 1) * one);
      total += weight;
      next = path.weight[at]! - (weight * zero * (last - at)) / length;
    } else {
      total += (path.weight[at]! * length) / (zero * (last - at));
    }
  }
  return total;
}

function depthOf(tree: Tree, node: number): number {
  return tree.feature[node]! < 0 ? 0 : 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
}
