import type { Tree } from './tree-ensemble.js';

/**
 * How the bins of a feature become the signed bytes that the kernels compare: `added` modulo 256, then XORed with
 * `flipped`. Adding 128 keeps the order of unsigned bins, with missing values lowest; adding 127 puts them above all
 * others. Flipping all bits turns the order round.
 */
interface TestedColumn {
  readonly feature: number;
  readonly added: number;
  readonly flipped: number;
}

/** A row passes where its byte of the column is above the threshold. */
export interface NodeTest {
  readonly column: TestedColumn;
  readonly threshold: number;
}

/** The test that a row passes where it goes to the given side of a node; a side, where all rows go there. */
export function testOf(tree: Tree, node: number, toLeft: boolean): NodeTest | 'left' | 'right' {
  const feature = tree.feature[node]!;
  const missingLeft = tree.missingLeft[node] === 1;
  // the greatest byte, before its sign, that goes left
  const leftMax = tree.splitBin[node]! - (missingLeft ? 0 : 1);
  if (leftMax < 0) return 'right';
  if (leftMax === 255) return 'left';
  const added = missingLeft ? 128 : 127;
  return toLeft
    ? { column: { feature, added, flipped: 255 }, threshold: 254 - leftMax - 128 }
    : { column: { feature, added, flipped: 0 }, threshold: leftMax - 128 };
}

/** The columns that a part of an ensemble tests, each once, numbered in the order of their first test. */
export class TestedColumns {
  private readonly columns = new Map<string, TestedColumn & { readonly at: number }>();

  get count(): number {
    return this.columns.size;
  }

  /** Its number. */
  add(column: TestedColumn): number {
    const key = `${column.feature} ${column.added} ${column.flipped}`;
    const before = this.columns.get(key);
    if (before !== undefined) return before.at;
    this.columns.set(key, { ...column, at: this.columns.size });
    return this.columns.size - 1;
  }

  /** What the kernels take: the features in the order of their slots, and two words per column. */
  pack(): { readonly features: readonly number[]; readonly words: readonly (readonly [number, number])[] } {
    const features = [...new Set([...this.columns.values()].map(({ feature }) => feature))];
    const slotOf = new Map(features.map((feature, slot) => [feature, slot]));
    const words = [...this.columns.values()].map(({ feature, added, flipped }): [number, number] => [
      slotOf.get(feature)!,
      added | (flipped << 8),
    ]);
    return { features, words };
  }
}
