import { Purpose, type Stream } from '../randomness/stream.js';
import { SCENES, type Geography } from './geography.js';
import { OCCUPATIONS, type People } from './households.js';
import { sharedBytes, sharedInts } from './shared.js';

/** Of those who work in offices and factories, how many have colleagues here with whom they work every day. */
export const COLLEAGUES_SHARE = 0.3;
/** Of the firms, those that are customers themselves: group customers. */
export const GROUP_CUSTOMER_SHARE = 0.3;
/** Of the members of such a firm who would pay for themselves, those for whom it pays. */
export const FIRM_PAYS_SHARE = 0.6;

const MEMBERS_MIN = 3;
const MEMBERS_SPREAD = 3;

/**
 * Small firms: people in one work cell who call each other and live nowhere near each other. To whoever looks at cells
 * and calls alone they are like a family.
 */
export interface Firms {
  count: number;
  cell: Int32Array;
  /** 1 where the firm is a customer: it signs an agreement, and its account pays for some. */
  isCustomer: Uint8Array;
  /** Persons of firm f: `member[start[f]]` … `member[start[f + 1] - 1]`, no two of one household. */
  start: Int32Array;
  member: Int32Array;
  /** Firm of a person, -1 without one. */
  ofPerson: Int32Array;
}

/** @returns firms cell by cell; O(persons log persons) */
export function buildFirms(stream: Stream, geography: Geography, people: People): Firms {
  const cells: number[] = [];
  const members: number[] = [];
  const starts = [0];
  for (const [cell, workers] of workersByCell(stream, geography, people)) {
    for (let from = 0; workers.length - from >= MEMBERS_MIN;) {
      const size = MEMBERS_MIN + stream.at(Purpose.firm, -1 - cell, from).below(MEMBERS_SPREAD);
      const picked = fromDifferentHouseholds(people, workers.slice(from, from + size));
      from += size;
      if (picked.length < 2) continue;
      cells.push(cell);
      members.push(...picked);
      starts.push(members.length);
    }
  }
  const count = cells.length;
  const firms: Firms = {
    count,
    cell: sharedInts(count),
    isCustomer: sharedBytes(count),
    start: sharedInts(count + 1),
    member: sharedInts(members.length),
    ofPerson: sharedInts(people.count, -1),
  };
  firms.cell.set(cells);
  firms.start.set(starts);
  firms.member.set(members);
  for (let firm = 0; firm < count; firm += 1) {
    firms.isCustomer[firm] = stream.at(Purpose.firm, firm, 1).chance(GROUP_CUSTOMER_SHARE) ? 1 : 0;
    for (const person of membersOfFirm(firms, firm)) firms.ofPerson[person] = firm;
  }
  return firms;
}

export function membersOfFirm({ start, member }: Firms, firm: number): Int32Array {
  return member.subarray(start[firm]!, start[firm + 1]!);
}

/** The group customer that a person belongs to, -1 where the firm is no customer or there is none. */
export function groupOfPerson({ ofPerson, isCustomer }: Firms, person: number): number {
  const firm = ofPerson[person]!;
  return firm >= 0 && isCustomer[firm] === 1 ? firm : -1;
}

const EMPLOYED = [OCCUPATIONS.indexOf('office'), OCCUPATIONS.indexOf('worker')];
const WORKPLACES = [SCENES.indexOf('office'), SCENES.indexOf('industrial')];

/** Whether somebody goes to an office or a factory from elsewhere. */
export function isEmployed({ scene }: Geography, { occupation, homeCell, workCell }: People, person: number): boolean {
  const cell = workCell[person]!;
  return EMPLOYED.includes(occupation[person]!) && WORKPLACES.includes(scene[cell]!) && homeCell[person] !== cell;
}

/** Those who work in firms by cell, in an order that has nothing to do with where they live. */
function workersByCell(stream: Stream, geography: Geography, people: People): Map<number, number[]> {
  const found = new Map<number, { person: number; order: number }[]>();
  for (let person = 0; person < people.count; person += 1) {
    const random = stream.at(Purpose.firm, person);
    if (!isEmployed(geography, people, person) || !random.chance(COLLEAGUES_SHARE)) continue;
    const cell = people.workCell[person]!;
    const workers = found.get(cell) ?? [];
    found.set(cell, workers);
    workers.push({ person, order: random.next() });
  }
  const inCells = [...found].sort(([left], [right]) => left - right);
  return new Map(
    inCells.map(([cell, workers]) => {
      workers.sort((left, right) => left.order - right.order || left.person - right.person);
      return [cell, workers.map(({ person }) => person)];
    }),
  );
}

function fromDifferentHouseholds({ household }: People, persons: readonly number[]): number[] {
  return persons.filter((person, at) => !persons.slice(0, at).some((other) => household[other] === household[person]));
}
