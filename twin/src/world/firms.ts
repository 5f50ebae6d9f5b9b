import { Purpose, type Stream } from '../randomness/stream.js';
import { SCENES, type Geography } from './geography.js';
import { OCCUPATIONS, type People } from './households.js';
import { sharedBytes, sharedInts, sharedIntsOf } from './shared.js';

/** Share of employed persons whose colleagues are subscribers, too. */
export const COLLEAGUES_SHARE = 0.3;
/** Share of firms that are group customers. */
export const GROUP_CUSTOMER_SHARE = 0.3;
/** Share of members with their own account for which a group customer pays. */
export const FIRM_PAYS_SHARE = 0.6;

const MEMBERS_MIN = 3;
const MEMBERS_SPREAD = 3;

/**
 * Small firms: persons that work in one cell, call each other and live in different households. By cells and calls alone
 * they look like a family.
 */
export type Firms = ReturnType<typeof buildFirms>;

/** O(persons log persons). */
export function buildFirms(stream: Stream, geography: Geography, people: People) {
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
  const firms = {
    count: cells.length,
    cell: sharedIntsOf(cells),
    /** 1 if the firm is a group customer with its own account. */
    isCustomer: sharedBytes(cells.length),
    /** Persons of firm f: `member[start[f]]` … `member[start[f + 1] - 1]`. */
    start: sharedIntsOf(starts),
    member: sharedIntsOf(members),
    /** Firm of a person, -1 for none. */
    ofPerson: sharedInts(people.count, -1),
  };
  for (let firm = 0; firm < firms.count; firm += 1) {
    firms.isCustomer[firm] = stream.at(Purpose.firm, firm, 1).chance(GROUP_CUSTOMER_SHARE) ? 1 : 0;
    for (const person of membersOfFirm(firms, firm)) firms.ofPerson[person] = firm;
  }
  return firms;
}

export function membersOfFirm({ start, member }: Firms, firm: number): Int32Array {
  return member.subarray(start[firm]!, start[firm + 1]!);
}

/** The group customer of a person, -1 for none. */
export function groupOfPerson({ ofPerson, isCustomer }: Firms, person: number): number {
  const firm = ofPerson[person]!;
  return firm >= 0 && isCustomer[firm] === 1 ? firm : -1;
}

const EMPLOYED = [OCCUPATIONS.indexOf('office'), OCCUPATIONS.indexOf('worker')];
const WORKPLACES = [SCENES.indexOf('office'), SCENES.indexOf('industrial')];

/** Whether a person commutes to an office or a factory. */
export function isEmployed({ scene }: Geography, { occupation, homeCell, workCell }: People, person: number): boolean {
  const cell = workCell[person]!;
  return EMPLOYED.includes(occupation[person]!) && WORKPLACES.includes(scene[cell]!) && homeCell[person] !== cell;
}

/** Persons with colleagues by cell, in an order independent of their homes. */
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
