import type { Edge } from './clusters.js';

/**
 * Parts of the pairs that can be clustered one by one: no sum of log-odds across them is above nothing, so no two of them
 * could merge. Union-find over the pairs with positive weight. O(edges log edges).
 */
export function components(edges: readonly Edge[], count: number): Edge[][] {
  const parent = Int32Array.from({ length: count }, (_, at) => at);
  const rootOf = (of: number): number => {
    let at = of;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  for (const { left, right, weight } of edges) {
    if (!(weight > 0)) continue;
    const [one, other] = [rootOf(left), rootOf(right)];
    parent[Math.max(one, other)] = Math.min(one, other);
  }
  const byRoot = new Map<number, Edge[]>();
  for (const edge of edges) {
    const root = rootOf(edge.left);
    if (root !== rootOf(edge.right)) continue;
    const part = byRoot.get(root);
    if (part === undefined) byRoot.set(root, [edge]);
    else part.push(edge);
  }
  return [...byRoot.values()];
}
