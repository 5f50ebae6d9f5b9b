import { logitOf } from '@holdfast/learning/logistic';
import { pairKey } from '../evidence/calls.js';
import type { Kinship } from '../evidence/kinship.js';
import { UNKNOWN, type Subjects } from '../evidence/subjects.js';
import { PERSON, KNOWN } from '../pair/links.js';
import { hasLink } from '../pair/meetings.js';
import { Pairs } from '../pair/pairs.js';
import type { EventLoopYield } from './event-loop-yield.js';
import { clusters, type Edge } from './clusters.js';
import { components } from './components.js';
import { confidences, type Bond } from './confidence.js';
import type { Verdict } from './decisions.js';
import { rolesOf, type MemberRole } from './roles.js';

/** A family plan and one person say more than any figure. */
const PROBABILITY_TOLD = 0.99;
/** Pairs below count like pairs without any evidence. */
const PROBABILITY_SEEN_MIN = 0.02;
const PROBABILITY_MARGIN = 1e-6;
/** Prior log-odds of a pair, and the maximum weight of one pair. */
const WEIGHT_OF_NONE = -2;
const WEIGHT_MAX = 4;

/** Pairs above the threshold, with the probability of the model. */
export interface Candidates {
  pairs: Pairs;
  probability: Float64Array;
}

/** A household as it was found; members by number, ascending. */
export interface FoundHousehold {
  members: number[];
  roles: MemberRole[];
  confidences: number[];
  confidence: number;
  state: 'identified' | 'known' | 'confirmed';
  /** Its pairs, strongest first: places in the candidates. */
  bonds: { row: number; probability: number }[];
}

/** Whether a pair is worth keeping in memory. */
export function isCandidate(pairs: Pairs, row: number, probability: number): boolean {
  return probability >= PROBABILITY_SEEN_MIN || hasLink(pairs.links[row]!);
}

/** What a pair counts for, with what people said. */
function judged(links: number, probability: number, decided: Verdict | undefined): number {
  if (decided !== undefined) return decided === 'confirmed' ? 1 : 0;
  return links & (KNOWN | PERSON) ? PROBABILITY_TOLD : probability;
}

/** Households out of candidate pairs. @param decided by `pairKey` */
export async function groupHouseholds(
  { pairs, probability }: Candidates,
  subjects: Subjects,
  kinship: Kinship,
  decided: ReadonlyMap<number, Verdict>,
  limits: { probabilityMin: number; membersMax: number },
  eventLoop: EventLoopYield,
): Promise<FoundHousehold[]> {
  const count = subjects.ids.count;
  const edges: Edge[] = [];
  const rowOf = new Map<number, number>();
  const final = new Float64Array(pairs.count);
  const against = logitOf(limits.probabilityMin);
  for (let row = 0; row < pairs.count; row += 1) {
    const [left, right] = [pairs.left[row]!, pairs.right[row]!];
    const key = pairKey(left, right, count);
    final[row] = judged(pairs.links[row]!, probability[row]!, decided.get(key));
    rowOf.set(key, row);
    if (!decided.has(key)) edges.push({ left, right, weight: logitOf(inside(final[row]!)) - against });
  }
  for (const [key, verdict] of decided) {
    const weight = verdict === 'confirmed' ? Infinity : -Infinity;
    edges.push({ left: Math.floor(key / count), right: key % count, weight });
  }
  const found: FoundHousehold[] = [];
  const clusterLimits = { membersMax: limits.membersMax, weightOfNone: WEIGHT_OF_NONE, weightMax: WEIGHT_MAX };
  for (const part of components(edges, count)) {
    for (const members of clusters(part, clusterLimits))
      found.push(householdOf(members, { rowOf, final, decided, subjects, kinship }));
    await eventLoop.ifDue();
  }
  return found.sort((one, other) => one.members[0]! - other.members[0]!);
}

interface Context {
  rowOf: ReadonlyMap<number, number>;
  final: Float64Array;
  decided: ReadonlyMap<number, Verdict>;
  subjects: Subjects;
  kinship: Kinship;
}

function householdOf(members: number[], { rowOf, final, decided, subjects, kinship }: Context): FoundHousehold {
  const bonds: (Bond & { row: number })[] = [];
  let isConfirmed = true;
  for (const [at, left] of members.entries()) {
    for (const right of members.slice(at + 1)) {
      const key = pairKey(left, right, subjects.ids.count);
      if (decided.get(key) !== 'confirmed') isConfirmed = false;
      const row = rowOf.get(key);
      if (row !== undefined) bonds.push({ left, right, probability: final[row]!, row });
      else if (decided.get(key) === 'confirmed') bonds.push({ left, right, probability: 1, row: UNKNOWN });
    }
  }
  const { whole, of } = confidences(members, bonds);
  const known = subjects.known[members[0]!]!;
  const isKnown = known !== UNKNOWN && members.every((member) => subjects.known[member] === known);
  return {
    members,
    roles: rolesOf(members.map((member) => personOf(member, members, subjects, kinship))),
    confidences: members.map((member) => of.get(member)!),
    confidence: whole,
    state: isConfirmed ? 'confirmed' : isKnown ? 'known' : 'identified',
    bonds: bonds
      .filter(({ row }) => row !== UNKNOWN)
      .sort((one, other) => other.probability - one.probability || one.row - other.row),
  };
}

function personOf(member: number, members: readonly number[], subjects: Subjects, kinship: Kinship) {
  const { user, age, gender, payer } = subjects;
  const mine = payer[member]!;
  return {
    // an unknown user is a separate person
    person: user[member] === UNKNOWN ? UNKNOWN - member : user[member]!,
    age: age[member]!,
    gender: gender[member]!,
    paidTogether: mine === UNKNOWN ? 0 : members.filter((other) => payer[other] === mine).length,
    told: kinship.toldRoleOf(member),
  };
}

/** Log-odds are finite only inside. */
function inside(probability: number): number {
  return Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, probability));
}
