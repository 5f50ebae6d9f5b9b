import { Purpose, type Stream } from '../randomness/stream.js';
import { membersOfFirm, type Firms } from './firms.js';
import { ROLES } from './household-kinds.js';
import type { Households, People } from './households.js';
import { sharedBytes, sharedFloats, sharedInts, sharedIntsOf, sharedShorts } from './shared.js';
import { subscriptionRange, type Subscriptions } from './subscriptions.js';

const FRIENDS_MIN = 2;
const FRIENDS_SPREAD = 4;
/** Share of an heir's calls that use the number taken over. */
const HEIR_CALLS = 0.6;

const UNBOUNDED_MONTH = 32_767;

interface Inhabitants {
  households: Households;
  people: People;
  firms: Firms;
  subscriptions: Subscriptions;
}

export function buildCallGraph(stream: Stream, inhabitants: Inhabitants): CallGraph {
  const { subscriptions: all } = inhabitants;
  const edges: Edges = { from: [], to: [], calls: [], fromMonth: new Map(), untilMonth: new Map() };
  addHouseholdEdges(stream, inhabitants, edges);
  addFirmEdges(stream, inhabitants, edges);
  addFriendEdges(stream, inhabitants, edges);
  const initialEdges = edges.from.length;
  addHeirEdges(all, edges);
  addReturnEdges(all, edges);
  return indexEdges(all.count, edges, initialEdges);
}

interface Edges {
  from: number[];
  to: number[];
  calls: number[];
  /** By edge; unbounded by default. */
  fromMonth: Map<number, number>;
  untilMonth: Map<number, number>;
}

/** @returns the edge, undefined for a loop */
function pushEdge(edges: Edges, left: number, right: number, calls: number): number | undefined {
  if (left === right) return undefined;
  edges.from.push(left);
  edges.to.push(right);
  return edges.calls.push(calls) - 1;
}

/** Adds an edge with the months of another one. */
function copyEdge(edges: Edges, edge: number, left: number, right: number, calls: number): number | undefined {
  const added = pushEdge(edges, left, right, calls);
  if (added === undefined) return undefined;
  for (const months of [edges.fromMonth, edges.untilMonth]) {
    if (months.has(edge)) months.set(added, months.get(edge)!);
  }
  return added;
}

function addHouseholdEdges(
  stream: Stream,
  { households, people, subscriptions: all }: Inhabitants,
  edges: Edges,
): void {
  for (let household = 0; household < households.count; household += 1) {
    const [first, after] = subscriptionRange(all, households, household);
    const random = stream.at(Purpose.callGraph, household, 1);
    for (let left = first; left < after; left += 1) {
      for (let right = left + 1; right < after; right += 1) {
        if (all.returnOf[left]! >= 0 || all.returnOf[right]! >= 0) continue;
        const rate = householdCallRate(random, people, all.person[left]!, all.person[right]!);
        if (rate > 0) pushEdge(edges, left, right, rate);
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

/** All members of a firm call each other. */
function addFirmEdges(stream: Stream, { firms, subscriptions: all }: Inhabitants, edges: Edges): void {
  for (let firm = 0; firm < firms.count; firm += 1) {
    const members = membersOfFirm(firms, firm);
    const random = stream.at(Purpose.callGraph, firm, 3);
    members.forEach((left, place) => {
      for (const right of members.subarray(place + 1)) {
        pushEdge(edges, all.firstOfPerson[left]!, all.firstOfPerson[right]!, random.logNormal(3.5, 0.5));
      }
    });
  }
}

/**
 * Persons from the same place of work, from the same community, or from anywhere. Members of a firm have their
 * colleagues there.
 */
function addFriendEdges(stream: Stream, { people, firms, subscriptions: all }: Inhabitants, edges: Edges): void {
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
      if (!isHousemate && !hasColleagues) pushEdge(edges, at, all.firstOfPerson[other]!, rate);
    }
  }
}

/** An heir calls the same persons with the number taken over, less often; its former edges end. */
function addHeirEdges(all: Subscriptions, edges: Edges): void {
  const numberTakenBy = new Map<number, number>();
  all.heir.forEach((heir, at) => {
    if (heir >= 0) numberTakenBy.set(all.firstOfPerson[heir]!, at);
  });
  const count = edges.from.length;
  for (let edge = 0; edge < count; edge += 1) {
    for (const end of [edges.from[edge]!, edges.to[edge]!]) {
      if (all.heir[end]! < 0) continue;
      edges.untilMonth.set(edge, Math.min(edges.untilMonth.get(edge) ?? UNBOUNDED_MONTH, all.handOverMonth[end]!));
    }
  }
  const add = (own: number, other: number, edge: number): void => {
    const takenNumber = numberTakenBy.get(own);
    if (takenNumber === undefined || takenNumber === other) return;
    const added = copyEdge(edges, edge, takenNumber, other, edges.calls[edge]! * HEIR_CALLS);
    if (added !== undefined) edges.fromMonth.set(added, all.handOverMonth[takenNumber]!);
  };
  for (let edge = 0; edge < count; edge += 1) {
    const [left, right] = [edges.from[edge]!, edges.to[edge]!];
    add(left, right, edge);
    add(right, left, edge);
  }
}

/** A return has the edges of the churned subscription. */
function addReturnEdges({ returnAs }: Subscriptions, edges: Edges): void {
  const count = edges.from.length;
  for (let edge = 0; edge < count; edge += 1) {
    const [left, right] = [edges.from[edge]!, edges.to[edge]!];
    const [leftReturn, rightReturn] = [returnAs[left]!, returnAs[right]!];
    const copyTo = (one: number, other: number) => copyEdge(edges, edge, one, other, edges.calls[edge]!);
    if (leftReturn >= 0) copyTo(leftReturn, right);
    if (rightReturn >= 0) copyTo(left, rightReturn);
    if (leftReturn >= 0 && rightReturn >= 0) copyTo(leftReturn, rightReturn);
  }
}

function personsByCell(cells: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  cells.forEach((cell, person) => {
    if (!groups.has(cell)) groups.set(cell, []);
    groups.get(cell)!.push(person);
  });
  return groups;
}

/**
 * Calls between subscriptions: undirected edges with calls per month in both directions. Both ends read the calls of an
 * edge from the same keyed stream, so that an outgoing call of one is an incoming call of the other.
 */
export type CallGraph = ReturnType<typeof indexEdges>;

function indexEdges(count: number, { from, to, calls, fromMonth, untilMonth }: Edges, initialEdges: number) {
  const edges = from.length;
  const callGraph = {
    edges,
    from: sharedIntsOf(from),
    to: sharedIntsOf(to),
    callsPerMonth: sharedFloats(edges),
    /** First month, and first month after it, counted from the start of the span. */
    fromMonth: sharedShorts(edges, -UNBOUNDED_MONTH),
    untilMonth: sharedShorts(edges, UNBOUNDED_MONTH),
    /** 1 for edges from the start of the span; 0 for those of hand-overs and returns. */
    isInitial: sharedBytes(edges),
    /** Edges of subscription s: `edgeOf[start[s]]` … `edgeOf[start[s + 1] - 1]`. */
    start: sharedInts(count + 1),
    edgeOf: sharedInts(2 * edges),
  };
  callGraph.callsPerMonth.set(calls);
  for (const [edge, month] of fromMonth) callGraph.fromMonth[edge] = month;
  for (const [edge, month] of untilMonth) callGraph.untilMonth[edge] = month;
  callGraph.isInitial.fill(1, 0, initialEdges);
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
