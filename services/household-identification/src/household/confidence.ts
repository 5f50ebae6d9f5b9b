/** Two members and the probability that they belong together. */
export interface Bond {
  left: number;
  right: number;
  probability: number;
}

/**
 * How sure a household is: the least link that it needs, which is the least of the maximum spanning tree (Kruskal): a
 * additional weaker pair reduces nothing.
 * @returns for the household, and for each member its strongest bond; 0 where bonds do not connect the members
 */
export function confidences(
  members: readonly number[],
  bonds: readonly Bond[],
): { whole: number; of: Map<number, number> } {
  const of = new Map<number, number>(members.map((member) => [member, 0]));
  const group = new Map<number, number>(members.map((member) => [member, member]));
  let whole = 1;
  let joined = 1;
  for (const { left, right, probability } of [...bonds].sort((one, other) => other.probability - one.probability)) {
    for (const member of [left, right]) of.set(member, Math.max(of.get(member) ?? 0, probability));
    const [one, other] = [group.get(left)!, group.get(right)!];
    if (one === other) continue;
    for (const [member, its] of group) if (its === other) group.set(member, one);
    whole = probability;
    joined += 1;
  }
  return { whole: joined === members.length ? whole : 0, of };
}
