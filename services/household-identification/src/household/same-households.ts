/** A household by the ids of its members. */
export interface Membership {
  id: string;
  members: readonly string[];
}

/** Share of common members from which on a household is still the same. */
const JACCARD_MIN = 0.5;

/**
 * Which of the earlier households each new one is: the one with the greatest share of common members (Jaccard), each given
 * once, best matches first; ties by id. A half is enough, so that a couple stays the same with its child. O(matches log matches).
 * @param found members of the new ones
 * @returns for each the earlier id, undefined where it is a new household
 */
export function sameHouseholds(
  found: readonly (readonly string[])[],
  earlier: readonly Membership[],
): (string | undefined)[] {
  const placeOf = new Map<string, number>();
  earlier.forEach(({ members }, at) => members.forEach((member) => placeOf.set(member, at)));
  const matches: { at: number; before: number; share: number }[] = [];
  found.forEach((members, at) => {
    const common = new Map<number, number>();
    for (const member of members) {
      const before = placeOf.get(member);
      if (before !== undefined) common.set(before, (common.get(before) ?? 0) + 1);
    }
    for (const [before, count] of common) {
      const share = count / (members.length + earlier[before]!.members.length - count);
      if (share >= JACCARD_MIN) matches.push({ at, before, share });
    }
  });
  const idOf = (place: number): string => earlier[place]!.id;
  matches.sort(
    (one, other) => other.share - one.share || (idOf(one.before) < idOf(other.before) ? -1 : 1) || one.at - other.at,
  );
  const ids: (string | undefined)[] = found.map(() => undefined);
  const taken = new Set<number>();
  for (const { at, before } of matches) {
    if (ids[at] !== undefined || taken.has(before)) continue;
    ids[at] = idOf(before);
    taken.add(before);
  }
  return ids;
}
