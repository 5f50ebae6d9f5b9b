/** Two that may belong together. */
export interface Edge {
  left: number;
  right: number;
  /** Log-odds above the threshold: positive for together, negative for apart. Infinite where a person decided. */
  weight: number;
}

export interface ClusterLimits {
  membersMax: number;
  /** Log-odds of two who have no edge; below 0. */
  weightOfNone: number;
  /** No single edge may count for more than this, so that one strong pair does not drag strangers in. */
  weightMax: number;
}

/**
 * Households out of pairs. Connected components would glue flats together by one weak pair; instead two groups merge
 * only while the log-odds of *all* pairs across them, those without any evidence included, sum to more than nothing, the
 * greatest sum first: correlation clustering (Bansal, Blum & Chawla, Machine Learning 56, 2004) by greedy additive edge
 * contraction (Keuper et al., ICCV 2015). What a person confirmed is merged first, what was rejected never.
 *
 * Ties go by the least members, so that the answer does not depend on the order of the edges. O(edges × log edges ×
 * membersMax).
 * @returns groups of two and more, ascending within and by their first
 */
export function clusters(edges: readonly Edge[], limits: ClusterLimits): number[][] {
  const groups = new Groups(edges, limits);
  const queue = new MergeQueue();
  const offer = (one: number, other: number): void => {
    const gain = groups.gainOf(one, other);
    if (gain > 0) queue.push({ gain, one: Math.min(one, other), other: Math.max(one, other) });
  };
  for (const { left, right } of edges) offer(left, right);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { gain, one, other } = next;
    // an offer that was made before one of the two grew is stale; a newer one is in the queue
    if (groups.gainOf(one, other) !== gain) continue;
    for (const peer of groups.merge(one, other)) offer(one, peer);
  }
  return groups.all();
}

/** Groups by their least member. */
class Groups {
  private readonly members = new Map<number, number[]>();
  /** Sum of the weights of edges between two groups, and how many there are. */
  private readonly between = new Map<number, Map<number, { weight: number; edges: number }>>();

  constructor(
    edges: readonly Edge[],
    private readonly limits: ClusterLimits,
  ) {
    for (const { left, right, weight } of edges) {
      if (left === right) continue;
      this.members.set(left, [left]);
      this.members.set(right, [right]);
      this.connect(left, right, { weight: whole(weight, limits.weightMax), edges: 1 });
    }
  }

  /** What merging two groups gains; −∞ where it must not be, or one of them is no more. */
  gainOf(one: number, other: number): number {
    const [mine, theirs] = [this.members.get(one), this.members.get(other)];
    const known = this.between.get(one)?.get(other);
    if (mine === undefined || theirs === undefined || known === undefined) return -Infinity;
    if (known.weight === -Infinity || Number.isNaN(known.weight)) return -Infinity;
    if (known.weight !== Infinity && mine.length + theirs.length > this.limits.membersMax) return -Infinity;
    return known.weight + (mine.length * theirs.length - known.edges) * whole(this.limits.weightOfNone, Infinity);
  }

  /** Merges the other into the one, which is the lesser; returns its adjacent clusters. */
  merge(one: number, other: number): Iterable<number> {
    this.members.set(
      one,
      [...this.members.get(one)!, ...this.members.get(other)!].sort((a, b) => a - b),
    );
    this.members.delete(other);
    for (const [peer, sum] of this.between.get(other)!) {
      this.between.get(peer)!.delete(other);
      if (peer !== one) this.connect(one, peer, sum);
    }
    this.between.delete(other);
    return this.between.get(one)!.keys();
  }

  all(): number[][] {
    return [...this.members.values()].filter(({ length }) => length > 1).sort((a, b) => a[0]! - b[0]!);
  }

  private connect(one: number, other: number, { weight, edges }: { weight: number; edges: number }): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const adjacent = this.between.get(from) ?? new Map<number, { weight: number; edges: number }>();
      const sum = adjacent.get(to) ?? { weight: 0, edges: 0 };
      adjacent.set(to, { weight: sum.weight + weight, edges: sum.edges + edges });
      this.between.set(from, adjacent);
    }
  }
}

/** Weights in whole parts of 1/1024: their sums are exact, so that they do not depend on the order of summing. */
function whole(weight: number, max: number): number {
  return Number.isFinite(weight) ? Math.round(1024 * Math.max(-max, Math.min(max, weight))) : weight;
}

interface Merge {
  gain: number;
  one: number;
  other: number;
}

function isBefore(left: Merge, right: Merge): boolean {
  if (left.gain !== right.gain) return left.gain > right.gain;
  return left.one !== right.one ? left.one < right.one : left.other < right.other;
}

/** A binary heap with the greatest gain on top. */
class MergeQueue {
  private readonly heap: Merge[] = [];

  push(merge: Merge): void {
    let at = this.heap.push(merge) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(merge, this.heap[parent]!)) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = merge;
  }

  pop(): Merge | undefined {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (top === undefined || last === undefined || this.heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && isBefore(this.heap[child + 1]!, this.heap[child]!)) child += 1;
      if (!isBefore(this.heap[child]!, last)) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = last;
    return top;
  }
}
