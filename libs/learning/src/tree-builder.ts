import type { Tree } from './tree-ensemble.js';

/** Rows whose bin of `feature` is at most `bin` go left. */
export interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
}

/** Collects nodes while a tree grows; the arrays are truncated at the end. */
export class TreeBuilder {
  private readonly feature: Int32Array;
  private readonly splitBin: Uint8Array;
  private readonly missingLeft: Uint8Array;
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly value: Float64Array;
  private readonly cover: Float64Array;
  private nodeCount = 1;

  constructor(nodesMax: number) {
    this.feature = new Int32Array(nodesMax).fill(-1);
    this.splitBin = new Uint8Array(nodesMax);
    this.missingLeft = new Uint8Array(nodesMax);
    this.left = new Int32Array(nodesMax).fill(-1);
    this.right = new Int32Array(nodesMax).fill(-1);
    this.value = new Float64Array(nodesMax);
    this.cover = new Float64Array(nodesMax);
  }

  addSplit(node: number, split: Split, cover: number): { left: number; right: number } {
    const left = this.nodeCount;
    const right = left + 1;
    this.nodeCount += 2;
    this.feature[node] = split.feature;
    this.splitBin[node] = split.bin;
    this.missingLeft[node] = split.missingLeft ? 1 : 0;
    this.left[node] = left;
    this.right[node] = right;
    this.cover[node] = cover;
    return { left, right };
  }

  setLeaf(node: number, value: number, cover: number): void {
    this.value[node] = value;
    this.cover[node] = cover;
  }

  build(): Tree {
    const end = this.nodeCount;
    return {
      feature: this.feature.slice(0, end),
      splitBin: this.splitBin.slice(0, end),
      missingLeft: this.missingLeft.slice(0, end),
      left: this.left.slice(0, end),
      right: this.right.slice(0, end),
      value: this.value.slice(0, end),
      cover: this.cover.slice(0, end),
    };
  }
}
