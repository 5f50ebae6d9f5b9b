import { Purpose, type Stream } from '../randomness/stream.js';
import { ROLES, type Households, type People } from './households.js';
import { sharedFloats, sharedInts } from './shared.js';
import type { Subscriptions } from './subscriptions.js';

/**
 * Who calls whom inside the network: undirected edges with calls a month in both directions together. Both ends read
 * an edge's calls from the same keyed stream, so what one sends the other receives.
 */
export interface Circle {
  edges: number;
  from: Int32Array;
  to: Int32Array;
  callsPerMonth: Float32Array;
  /** Edges of subscription s: `edgeOf[start[s]]` … `edgeOf[start[s + 1] - 1]`. */
  start: Int32Array;
  edgeOf: Int32Array;
}

const FRIENDS_MIN = 2;
const FRIENDS_SPREAD = 4;

export function buildCircle(stream: Stream, households: Households, people: People, all: Subscriptions): Circle {
  const from: number[] = [];
  const to: number[] = [];
  const calls: number[] = [];
  const add = (left: number, right: number, callsPerMonth: number): void => {
    if (left === right) return;
    from.push(left);
    to.push(right);
    calls.push(callsPerMonth);
  };
  addHomes(stream, households, people, all, add);
  addFriends(stream, people, all, add);
  return indexed(all.count, Int32Array.from(from), Int32Array.from(to), Float32Array.from(calls));
}

type AddEdge = (left: number, right: number, callsPerMonth: number) => void;

function addHomes(stream: Stream, households: Households, people: People, all: Subscriptions, add: AddEdge): void {
  for (let household = 0; household < households.count; household += 1) {
    const first = all.firstOfPerson[households.firstPerson[household]!]!;
    const after = all.firstOfPerson[households.firstPerson[household + 1]!]!;
    const random = stream.at(Purpose.circle, household, 1);
    for (let left = first; left < after; left += 1) {
      for (let right = left + 1; right < after; right += 1) {
        const rate = homeRate(random, people, all.person[left]!, all.person[right]!);
        if (rate > 0) add(left, right, rate);
      }
    }
  }
}

function homeRate(random: Stream, people: People, left: number, right: number): number {
  if (left === right) return 0;
  const roles = [ROLES[people.role[left]!]!, ROLES[people.role[right]!]!];
  if (roles.includes('tenant')) return random.chance(0.3) ? random.logNormal(0.6, 0.5) : 0;
  const isCouple = roles.includes('head') && roles.includes('spouse');
  return random.logNormal(isCouple ? 9 : 5, 0.5);
}

/** Colleagues, neighbours and people from anywhere. */
function addFriends(stream: Stream, people: People, all: Subscriptions, add: AddEdge): void {
  const atWork = groupedBy(people.workCell);
  const atHome = groupedBy(people.homeCell);
  for (let at = 0; at < all.count; at += 1) {
    const random = stream.at(Purpose.circle, at, 2);
    const person = all.person[at]!;
    const friends = FRIENDS_MIN + random.below(FRIENDS_SPREAD);
    for (let friend = 0; friend < friends; friend += 1) {
      const where = random.weighted([0.4, 0.2, 0.4]);
      const groups = [atWork.get(people.workCell[person]!)!, atHome.get(people.homeCell[person]!)!];
      const group = groups[where];
      const other = group === undefined ? random.below(people.count) : random.pick(group);
      const isHousemate = people.household[other] === people.household[person];
      const rate = random.logNormal(1.6, 0.7);
      if (!isHousemate) add(at, all.firstOfPerson[other]!, rate);
    }
  }
}

function groupedBy(cells: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  cells.forEach((cell, person) => {
    const group = groups.get(cell);
    if (group === undefined) groups.set(cell, [person]);
    else group.push(person);
  });
  return groups;
}

function indexed(count: number, from: Int32Array, to: Int32Array, calls: Float32Array): Circle {
  const edges = from.length;
  const circle: Circle = {
    edges,
    from: sharedInts(edges),
    to: sharedInts(edges),
    callsPerMonth: sharedFloats(edges),
    start: sharedInts(count + 1),
    edgeOf: sharedInts(2 * edges),
  };
  circle.from.set(from);
  circle.to.set(to);
  circle.callsPerMonth.set(calls);
  for (let edge = 0; edge < edges; edge += 1) {
    circle.start[from[edge]! + 1]! += 1;
    circle.start[to[edge]! + 1]! += 1;
  }
  for (let at = 0; at < count; at += 1) circle.start[at + 1]! += circle.start[at]!;
  const next = circle.start.slice();
  for (let edge = 0; edge < edges; edge += 1) {
    circle.edgeOf[next[from[edge]!]!++] = edge;
    circle.edgeOf[next[to[edge]!]!++] = edge;
  }
  return circle;
}
