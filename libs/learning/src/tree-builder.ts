import { treeOf, type Tree, type TreeLists } from './tree-ensemble.js';

/** Rows whose bin of `feature` is at most `bin` go left. */
export interface Split {
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
}

/** Collects nodes while a tree grows. */
export class TreeBuilder {
  private readonly lists: TreeLists = {
    feature: [],
    splitBin: [],
    missingLeft: [],
    left: [],
    right: [],
    value: [],
    cover: [],
  };

  constructor() {
    this.addNode();
  }

  addSplit(node: number, { feature, bin, missingLeft }: Split): { left: number; right: number } {
    const { lists } = this;
    const [left, right] = [this.addNode(), this.addNode()];
    lists.feature[node] = feature;
    lists.splitBin[node] = bin;
    lists.missingLeft[node] = missingLeft ? 1 : 0;
    lists.left[node] = left;
    lists.right[node] = right;
    return { left, right };
  }

  /** @param cover total weight of the training rows that reached the leaf */
  setLeaf(node: number, value: number, cover: number): void {
    this.lists.value[node] = value;
    this.lists.cover[node] = cover;
  }

  /** The tree, whose inner nodes are covered as their children are together. */
  build(): Tree {
    const { feature, left, right, cover } = this.lists;
    // children have higher numbers than their parent
    for (let node = feature.length - 1; node >= 0; node -= 1) {
      if (feature[node]! >= 0) cover[node] = cover[left[node]!]! + cover[right[node]!]!;
    }
    return treeOf(this.lists);
  }

  private addNode(): number {
    const { feature, splitBin, missingLeft, left, right, value, cover } = this.lists;
    for (const list of [splitBin, missingLeft, value, cover]) list.push(0);
    for (const list of [left, right]) list.push(-1);
    return feature.push(-1) - 1;
  }
}
