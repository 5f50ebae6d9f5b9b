import { MISSING_BIN } from './binning.js';
import { DecisionPath, expectedValue } from './tree-shap.js';
import type { Tree, TreeEnsemble } from './tree-ensemble.js';

/** What each column adds to the logits of some rows: base + a row's contributions = its logit. */
export interface TreeContributions {
  /** The expected logit under the trees' own weights. */
  readonly base: number;
  /** Row by row, one contribution per group. */
  readonly contributions: Float64Array;
}

/**
 * TreeSHAP for many rows (the idea of Fast TreeSHAP v2, Yang 2021, arXiv:2109.09847, extended for shallow
 * trees). What a tree's Shapley values are depends on a row only through the way that it would go at each inner node: a
 * tree of eight leaves has seven of them, so 128 answers at most. Each is worked out once, by algorithm 2 of TreeSHAP
 * as before, and then looked up. Rows get the same bits whichever rows came before them.
 * O(rows × trees × nodes) once the answers are known; memory O(trees × 2^nodes × columns per tree). Trees with more
 * than eight inner nodes are worked out row by row.
 */
export class TreeExplainer {
  private readonly base: number;
  private readonly trees: readonly ExplainedTree[];

  /** @param groupOfFeature features of one source column share a group; contributions add up within it */
  constructor(
    ensemble: TreeEnsemble,
    groupOfFeature: Uint32Array,
    private readonly groupCount: number,
  ) {
    this.base = ensemble.trees.reduce((sum, tree) => sum + expectedValue(tree), ensemble.base);
    this.trees = ensemble.trees.map((tree) => new ExplainedTree(tree, groupOfFeature));
  }

  /** @param bins one array per feature, `rowCount` long */
  explain(bins: readonly Uint8Array[], rowCount: number): TreeContributions {
    const contributions = new Float64Array(rowCount * this.groupCount);
    const ways = new Uint32Array(rowCount);
    for (const tree of this.trees) tree.addTo(contributions, this.groupCount, bins, ways);
    return { base: this.base, contributions };
  }
}

/** More inner nodes than this would need tables of megabytes. */
const innerNodesMax = 8;

class ExplainedTree {
  private readonly path: DecisionPath;
  /** Nodes with a split; the way of a row is one bit for each, set where it goes left. */
  private readonly inner: readonly number[];
  /** Groups that the tree has contributions for. */
  private readonly groups: Uint32Array;
  private readonly slotOfNode: Uint32Array;
  /** By way, one contribution per entry of `groups`; filled as ways occur. Empty for a tree that is too large. */
  private readonly answers: Float64Array;
  private readonly isKnown: Uint8Array;

  constructor(
    private readonly tree: Tree,
    groupOfFeature: Uint32Array,
  ) {
    this.path = new DecisionPath(tree);
    const nodes = Array.from(tree.feature, (_, node) => node);
    this.inner = nodes.filter((node) => tree.feature[node]! >= 0);
    const groupAt = (node: number): number => groupOfFeature[tree.feature[node]!]!;
    this.groups = Uint32Array.from(new Set(this.inner.map(groupAt)));
    this.slotOfNode = Uint32Array.from(nodes, (node) => {
      return tree.feature[node]! < 0 ? 0 : this.groups.indexOf(groupAt(node));
    });
    const ways = this.inner.length <= innerNodesMax ? 2 ** this.inner.length : 0;
    this.answers = new Float64Array(ways * this.groups.length);
    this.isKnown = new Uint8Array(ways);
  }

  /** @param ways scratch, one per row */
  addTo(contributions: Float64Array, groupCount: number, bins: readonly Uint8Array[], ways: Uint32Array): void {
    if (this.inner.length === 0) return;
    if (this.isKnown.length === 0) {
      this.addRowByRow(contributions, groupCount, bins, ways.length);
      return;
    }
    this.findWays(bins, ways);
    const { groups, answers, isKnown } = this;
    const slots = groups.length;
    for (let row = 0; row < ways.length; row += 1) {
      const way = ways[row]!;
      if (isKnown[way] === 0) this.workOut(way);
      const from = way * slots;
      const cell = row * groupCount;
      for (let slot = 0; slot < slots; slot += 1) {
        contributions[cell + groups[slot]!] = contributions[cell + groups[slot]!]! + answers[from + slot]!;
      }
    }
  }

  private findWays(bins: readonly Uint8Array[], ways: Uint32Array): void {
    ways.fill(0);
    this.inner.forEach((node, bit) => {
      const column = bins[this.tree.feature[node]!]!;
      const bitByBin = new Uint32Array(256).map((_, bin) => (goesLeft(this.tree, node, bin) ? 1 << bit : 0));
      for (let row = 0; row < ways.length; row += 1) ways[row] = ways[row]! | bitByBin[column[row]!]!;
    });
  }

  private workOut(way: number): void {
    const left = new Uint8Array(this.tree.feature.length);
    this.inner.forEach((node, bit) => (left[node] = (way >> bit) & 1));
    const slots = this.groups.length;
    this.path.explain(left, this.slotOfNode, this.answers.subarray(way * slots, (way + 1) * slots));
    this.isKnown[way] = 1;
  }

  private addRowByRow(out: Float64Array, groupCount: number, bins: readonly Uint8Array[], rowCount: number): void {
    const left = new Uint8Array(this.tree.feature.length);
    const own = new Float64Array(this.groups.length);
    for (let row = 0; row < rowCount; row += 1) {
      for (const node of this.inner) {
        left[node] = goesLeft(this.tree, node, bins[this.tree.feature[node]!]![row]!) ? 1 : 0;
      }
      own.fill(0);
      this.path.explain(left, this.slotOfNode, own);
      own.forEach((share, slot) => {
        const cell = row * groupCount + this.groups[slot]!;
        out[cell] = out[cell]! + share;
      });
    }
  }
}

function goesLeft(tree: Tree, node: number, bin: number): boolean {
  return bin === MISSING_BIN ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!;
}
