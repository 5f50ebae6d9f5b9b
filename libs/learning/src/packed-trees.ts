import { kernelLimits, type TreeImage } from './kernels.js';
import { TestedColumns, testOf, type NodeTest } from './node-tests.js';
import type { Tree } from './tree-ensemble.js';

/** Leaf numbers are bytes. */
const leavesMax = 256;
const leavesPerPlane = 8;

/** A leaf range that a node takes away, in one plane. */
interface PackedNode extends NodeTest {
  readonly lost: number;
}

interface PackedTree {
  readonly planes: readonly (readonly PackedNode[])[];
  readonly values: readonly number[];
}

/**
 * Trees in the form that the kernel reads (libs/learning/kernels/trees.ts), in parts that fit its memory, in the order
 * of the trees. Null where a tree has more leaves than a byte can number. O(nodes × leaves per plane).
 */
export function packTrees(trees: readonly Tree[]): TreeImage[] | null {
  const images: TreeImage[] = [];
  let part = new ImagePart();
  for (const tree of trees) {
    if (tree.feature.length > 2 * leavesMax - 1) return null;
    const packed = packTree(tree);
    if (!part.hasRoomFor(packed)) {
      images.push(part.toImage());
      part = new ImagePart();
    }
    part.add(packed);
  }
  images.push(part.toImage());
  return images;
}

function packTree(tree: Tree): PackedTree {
  const leafCounts = leafCountsOf(tree);
  const values: number[] = [];
  const planes: PackedNode[][] = [[]];
  place(0);
  // the last leaf is in no range, but may be alone in its plane
  while (planes.length * leavesPerPlane < values.length) planes.push([]);
  return { planes, values };

  function place(node: number): void {
    if (tree.feature[node]! < 0) {
      values.push(tree.value[node]!);
      return;
    }
    // the smaller side first: the range to take away is short, and crosses fewer planes
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    const isLeftFirst = leafCounts[left]! <= leafCounts[right]!;
    const test = testOf(tree, node, !isLeftFirst);
    if (typeof test === 'string') {
      place(test === 'left' ? left : right);
      return;
    }
    const from = values.length;
    place(isLeftFirst ? left : right);
    takeAway(test, from, values.length);
    place(isLeftFirst ? right : left);
  }

  function takeAway(test: NodeTest, from: number, to: number): void {
    for (let plane = Math.floor(from / leavesPerPlane); plane * leavesPerPlane < to; plane += 1) {
      const low = Math.max(0, from - plane * leavesPerPlane);
      const high = Math.min(leavesPerPlane, to - plane * leavesPerPlane);
      while (planes.length <= plane) planes.push([]);
      planes[plane]!.push({ ...test, lost: (1 << high) - (1 << low) });
    }
  }
}

/** Leaves below each node. */
function leafCountsOf(tree: Tree): Uint32Array {
  const counts = new Uint32Array(tree.feature.length);
  count(0);
  return counts;

  function count(node: number): number {
    counts[node] = tree.feature[node]! < 0 ? 1 : count(tree.left[node]!) + count(tree.right[node]!);
    return counts[node]!;
  }
}

const wordBytes = 8; // a column, a plane, a node, a leaf, and the two counts of an image or a tree

/** Collects trees up to the limits of the kernel's memory. One tree always fits. */
class ImagePart {
  private readonly trees: PackedTree[] = [];
  private readonly columns = new TestedColumns();
  private words = 1;

  hasRoomFor(tree: PackedTree): boolean {
    const columns = this.columns.count + tree.planes.reduce((sum, plane) => sum + plane.length, 0);
    const bytes = wordBytes * (this.words + wordsOf(tree) + columns);
    return this.trees.length === 0 || (columns <= kernelLimits.columns && bytes <= kernelLimits.imageBytes);
  }

  add(tree: PackedTree): void {
    this.trees.push(tree);
    this.words += wordsOf(tree);
    for (const { column } of tree.planes.flat()) this.columns.add(column);
  }

  toImage(): TreeImage {
    const { features, words } = this.columns.pack();
    const view = new DataView(new ArrayBuffer(wordBytes * (this.words + words.length)));
    let at = 0;
    const write = (low: number, high: number): void => {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
      at += wordBytes;
    };
    write(words.length, this.trees.length);
    for (const [low, high] of words) write(low, high);
    for (const { planes, values } of this.trees) {
      write(planes.length, values.length);
      for (const nodes of planes) {
        write(nodes.length, 0);
        for (const { column, threshold, lost } of nodes) {
          write(this.columns.add(column) * kernelLimits.blockRows, (threshold & 255) | (lost << 8));
        }
      }
      for (const value of values) {
        view.setFloat64(at, value, true);
        at += wordBytes;
      }
    }
    return { bytes: new Uint8Array(view.buffer), features };
  }
}

function wordsOf({ planes, values }: PackedTree): number {
  return planes.reduce((sum, nodes) => sum + 1 + nodes.length, 1) + values.length;
}
