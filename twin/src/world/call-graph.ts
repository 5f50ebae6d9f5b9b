import { Purpose, type Stream } from '../randomness/stream.js';
import { membersOfFirm, type Firms } from './firms.js';
import { ROLES } from './household-kinds.js';
import type { Households, People } from './households.js';
import { sharedBytes, sharedFloats, sharedInts, sharedShorts } from './shared.js';
import type { Subscriptions } from './subscriptions.js';

/**
 * Who calls whom inside the network: undirected edges with calls a month in both directions together. Both ends read
 * an edge's calls from the same keyed stream, so what one sends the other receives.
 */
export interface CallGraph {
  edges: number;
  from: Int32Array;
  to: Int32Array;
  callsPerMonth: Float32Array;
  /** Months from … before until, in which they call each other, counted from the start of the span. */
  fromMonth: Int16Array;
  untilMonth: Int16Array;
  /** 1 for edges that are there from the start: not those of a new number of an old friend, nor of an heir. */
  isInitial: Uint8Array;
  /** Edges of subscription s: `edgeOf[start[s]]` … `edgeOf[start[s + 1] - 1]`. */
  start: Int32Array;
  edgeOf: Int32Array;
}

const FRIENDS_MIN = 2;
const FRIENDS_SPREAD = 4;
/** How much of what an heir calls goes over the number taken over. */
const HEIR_CALLS = 0.6;

/** Before and after all months. */
const UNBOUNDED_MONTH = 32_767;

export function buildCallGraph(
  stream: Stream,
  households: Households,
  people: People,
  firms: Firms,
  all: Subscriptions,
): CallGraph {
  const edges: Edges = { from: [], to: [], calls: [], fromMonth: new Map(), untilMonth: new Map() };
  const add = (left: number, right: number, callsPerMonth: number): void => {
    push(edges, left, right, callsPerMonth);
  };
  addHouseholdEdges(stream, households, people, all, add);
  addFirmEdges(stream, firms, all, add);
  addFriendEdges(stream, people, firms, all, add);
  const first = edges.from.length;
  addHeirEdges(all, edges);
  addReturnEdges(all, edges);
  return indexEdges(all.count, edges, first);
}

interface Edges {
  from: number[];
  to: number[];
  calls: number[];
  /** By edge, where it is not for ever. */
  fromMonth: Map<number, number>;
  untilMonth: Map<number, number>;
}

/** @returns the edge; nobody calls himself */
function push(edges: Edges, left: number, right: number, calls: number): number | undefined {
  if (left === right) return undefined;
  edges.from.push(left);
  edges.to.push(right);
  return edges.calls.push(calls) - 1;
}

/** Adds an edge for as long as another one. */
function copyEdge(edges: Edges, edge: number, left: number, right: number, calls: number): number | undefined {
  const added = push(edges, left, right, calls);
  if (added === undefined) return undefined;
  for (const months of [edges.fromMonth, edges.untilMonth]) {
    if (months.has(edge)) months.set(added, months.get(edge)!);
  }
  return added;
}

type AddEdge = (left: number, right: number, callsPerMonth: number) => void;

function addHouseholdEdges(
  stream: Stream,
  households: Households,
  people: People,
  all: Subscriptions,
  add: AddEdge,
): void {
  for (let household = 0; household < households.count; household += 1) {
    const first = all.firstOfPerson[households.firstPerson[household]!]!;
    const after = all.firstOfPerson[households.firstPerson[household + 1]!]!;
    const random = stream.at(Purpose.callGraph, household, 1);
    for (let left = first; left < after; left += 1) {
      for (let right = left + 1; right < after; right += 1) {
        if (all.returnOf[left]! >= 0 || all.returnOf[right]! >= 0) continue;
        const rate = householdCallRate(random, people, all.person[left]!, all.person[right]!);
        if (rate > 0) add(left, right, rate);
      }
    }
  }
}

function householdCallRate(random: Stream, people: People, left: number, right: number): number {
  if (left === right) return 0;
  const roles = [ROLES[people.role[left]!]!, ROLES[people.role[right]!]!];
  if (roles.includes('tenant')) return random.chance(0.3) ? random.logNormal(0.6, 0.5) : 0;
  const isCouple = roles.includes('head') && roles.includes('spouse');
  return random.logNormal(isCouple ? 9 : 5, 0.5);
}

/** Everybody in a small firm calls everybody. */
function addFirmEdges(stream: Stream, firms: Firms, all: Subscriptions, add: AddEdge): void {
  for (let firm = 0; firm < firms.count; firm += 1) {
    const members = membersOfFirm(firms, firm);
    const random = stream.at(Purpose.callGraph, firm, 3);
    members.forEach((left, place) => {
      for (const right of members.subarray(place + 1)) {
        add(all.firstOfPerson[left]!, all.firstOfPerson[right]!, random.logNormal(3.5, 0.5));
      }
    });
  }
}

/** Colleagues, neighbours and people from anywhere; who is in a firm has his colleagues there. */
function addFriendEdges(stream: Stream, people: People, firms: Firms, all: Subscriptions, add: AddEdge): void {
  const atWork = personsByCell(people.workCell);
  const atHome = personsByCell(people.homeCell);
  for (let at = 0; at < all.count; at += 1) {
    if (all.returnOf[at]! >= 0) continue;
    const random = stream.at(Purpose.callGraph, at, 2);
    const person = all.person[at]!;
    const friends = FRIENDS_MIN + random.below(FRIENDS_SPREAD);
    for (let friend = 0; friend < friends; friend += 1) {
      const where = random.weighted([0.4, 0.2, 0.4]);
      const groups = [atWork.get(people.workCell[person]!)!, atHome.get(people.homeCell[person]!)!];
      const group = groups[where];
      const other = group === undefined ? random.below(people.count) : random.pick(group);
      const isHousemate = people.household[other] === people.household[person];
      const rate = random.logNormal(1.6, 0.7);
      const hasColleagues = where === 0 && firms.ofPerson[person]! >= 0;
      if (!isHousemate && !hasColleagues) add(at, all.firstOfPerson[other]!, rate);
    }
  }
}

/** An heir calls the same people from the number taken over, less often; its former friends are gone. */
function addHeirEdges(all: Subscriptions, edges: Edges): void {
  const takenBy = new Map<number, number>();
  for (let at = 0; at < all.count; at += 1) if (all.heir[at]! >= 0) takenBy.set(all.firstOfPerson[all.heir[at]!]!, at);
  const count = edges.from.length;
  for (let edge = 0; edge < count; edge += 1) {
    for (const end of [edges.from[edge]!, edges.to[edge]!]) {
      if (all.heir[end]! < 0) continue;
      edges.untilMonth.set(edge, Math.min(edges.untilMonth.get(edge) ?? UNBOUNDED_MONTH, all.handOverMonth[end]!));
    }
  }
  const add = (own: number, other: number, edge: number): void => {
    const taken = takenBy.get(own);
    if (taken === undefined || taken === other) return;
    const added = copyEdge(edges, edge, taken, other, edges.calls[edge]! * HEIR_CALLS);
    if (added !== undefined) edges.fromMonth.set(added, all.handOverMonth[taken]!);
  };
  for (let edge = 0; edge < count; edge += 1) {
    const [left, right] = [edges.from[edge]!, edges.to[edge]!];
    add(left, right, edge);
    add(right, left, edge);
  }
}

/** Who comes back is called by those who called before: the edges of the old number, once more. */
function addReturnEdges({ returnAs }: Subscriptions, edges: Edges): void {
  const count = edges.from.length;
  for (let edge = 0; edge < count; edge += 1) {
    const [left, right] = [edges.from[edge]!, edges.to[edge]!];
    const [leftAgain, rightAgain] = [returnAs[left]!, returnAs[right]!];
    const again = (one: number, other: number): void => {
      copyEdge(edges, edge, one, other, edges.calls[edge]!);
    };
    if (leftAgain >= 0) again(leftAgain, right);
    if (rightAgain >= 0) again(left, rightAgain);
    if (leftAgain >= 0 && rightAgain >= 0) again(leftAgain, rightAgain);
  }
}

function personsByCell(cells: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  cells.forEach((cell, person) => {
    const group = groups.get(cell);
    if (group === undefined) groups.set(cell, [person]);
    else group.push(person);
  });
  return groups;
}

function indexEdges(count: number, { from, to, calls, fromMonth, untilMonth }: Edges, first: number): CallGraph {
  const edges = from.length;
  const callGraph: CallGraph = {
    edges,
    from: sharedInts(edges),
    to: sharedInts(edges),
    callsPerMonth: sharedFloats(edges),
    fromMonth: sharedShorts(edges, -UNBOUNDED_MONTH),
    untilMonth: sharedShorts(edges, UNBOUNDED_MONTH),
    isInitial: sharedBytes(edges),
    start: sharedInts(count + 1),
    edgeOf: sharedInts(2 * edges),
  };
  callGraph.from.set(from);
  callGraph.to.set(to);
  callGraph.callsPerMonth.set(calls);
  for (const [edge, month] of fromMonth) callGraph.fromMonth[edge] = month;
  for (const [edge, month] of untilMonth) callGraph.untilMonth[edge] = month;
  callGraph.isInitial.fill(1, 0, first);
  for (let edge = 0; edge < edges; edge += 1) {
    callGraph.start[from[edge]! + 1]! += 1;
    callGraph.start[to[edge]! + 1]! += 1;
  }
  for (let at = 0; at < count; at += 1) callGraph.start[at + 1]! += callGraph.start[at]!;
  const next = callGraph.start.slice();
  for (let edge = 0; edge < edges; edge += 1) {
    callGraph.edgeOf[next[from[edge]!]!++] = edge;
    callGraph.edgeOf[next[to[edge]!]!++] = edge;
  }
  return callGraph;
}
