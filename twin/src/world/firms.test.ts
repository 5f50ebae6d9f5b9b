import fc from 'fast-check';
import { groupOfPerson, isEmployed, membersOfFirm } from './firms.js';
import { HOUSEHOLD_KINDS } from './household-kinds.js';
import { accountOf, firmOfAccount } from './ownership.js';
import { buildWorld, type World } from './world.js';

const worlds = fc
  .record({ seed: fc.nat(100_000), subscribers: fc.integer({ min: 300, max: 900 }) })
  .map(({ seed, subscribers }) => buildWorld({ seed, subscribers, months: 9, to: '2026-09' }));

function hasEdge({ callGraph }: World, left: number, right: number): boolean {
  for (let place = callGraph.start[left]!; place < callGraph.start[left + 1]!; place += 1) {
    const edge = callGraph.edgeOf[place]!;
    if (callGraph.from[edge] === right || callGraph.to[edge] === right) return true;
  }
  return false;
}

test('colleagues work in one cell, call each other, and live in different households', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { firms, people, subscriptions, geography } = world;
      for (let firm = 0; firm < firms.count; firm += 1) {
        const members = [...membersOfFirm(firms, firm)];
        expect(members.length).toBeGreaterThan(1);
        expect(new Set(members.map((person) => people.household[person])).size).toBe(members.length);
        for (const person of members) {
          expect([people.workCell[person], firms.ofPerson[person]]).toEqual([firms.cell[firm], firm]);
          expect(isEmployed(geography, people, person)).toBe(true);
        }
        const [first, ...others] = members.map((person) => subscriptions.firstOfPerson[person]!);
        for (const other of others) expect(hasEdge(world, first!, other)).toBe(true);
      }
    }),
    { numRuns: 12 },
  );
});

test('a firm pays for its members only, and only as a customer', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { firms, subscriptions } = world;
      for (let at = 0; at < subscriptions.count; at += 1) {
        const firm = firmOfAccount(world, accountOf(world, at, 5));
        expect(firm).toBe(subscriptions.payingFirm[at]);
        expect([-1, groupOfPerson(firms, subscriptions.person[at]!)]).toContain(firm);
      }
    }),
    { numRuns: 12 },
  );
});

test('residents of a dormitory work or study at its site', () => {
  const { people, households } = buildWorld({ seed: 4, subscribers: 4000, months: 9, to: '2026-09' });
  const occupations = new Set<number>();
  let dormitories = 0;
  for (let household = 0; household < households.count; household += 1) {
    if (HOUSEHOLD_KINDS[households.kind[household]!] !== 'dormitory') continue;
    dormitories += 1;
    const [first, after] = [households.firstPerson[household]!, households.firstPerson[household + 1]!];
    const members = Array.from({ length: after - first }, (_, place) => first + place);
    const cells = new Set(members.flatMap((person) => [people.homeCell[person], people.workCell[person]]));
    expect(cells.size).toBe(1);
    occupations.add(people.occupation[first]!);
  }
  expect(dormitories).toBeGreaterThan(20);
  expect(occupations.size).toBe(2);
});
