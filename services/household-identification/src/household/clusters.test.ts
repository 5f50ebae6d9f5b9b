import fc from 'fast-check';
import { clusters, type ClusterLimits, type Edge } from './clusters.js';
import { components } from './components.js';

const LIMITS: ClusterLimits = { membersMax: 8, weightOfNone: -2, weightMax: 4 };

function edge(left: number, right: number, weight: number): Edge {
  return { left, right, weight };
}

describe('clusters', () => {
  it.each<[string, Edge[], number[][]]>([
    ['a couple', [edge(1, 2, 3)], [[1, 2]]],
    ['a pair against it', [edge(1, 2, -1)], []],
    ['a child that calls one of its parents', [edge(1, 2, 4), edge(2, 3, 4)], [[1, 2, 3]]],
    [
      'two flats and a weak pair between them',
      [edge(1, 2, 4), edge(3, 4, 4), edge(2, 3, 1)],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'a chain of weak pairs',
      [edge(1, 2, 1), edge(2, 3, 1), edge(3, 4, 1), edge(4, 5, 1)],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'one strong pair against three negative ones',
      [edge(1, 2, 4), edge(3, 4, 4), edge(1, 3, 9), edge(1, 4, -3), edge(2, 3, -3)],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['what was confirmed, against all figures', [edge(1, 2, Infinity), edge(2, 3, Infinity)], [[1, 2, 3]]],
    ['what was rejected, in spite of all figures', [edge(1, 2, -Infinity), edge(2, 3, 4)], [[2, 3]]],
    [
      'a third between two that are known to be separate',
      [edge(1, 3, 4), edge(2, 3, 3), edge(1, 2, -Infinity)],
      [[1, 3]],
    ],
  ])('%s', (_, edges, expected) => {
    expect(clusters(edges, LIMITS)).toEqual(expected);
  });

  it('keeps to the size, except for what was confirmed', () => {
    const clique = (weight: number): Edge[] =>
      [0, 1, 2, 3].flatMap((left) =>
        [1, 2, 3].filter((right) => right > left).map((right) => edge(left, right, weight)),
      );
    expect(clusters(clique(4), { ...LIMITS, membersMax: 3 }).map(({ length }) => length)).toEqual([3]);
    expect(clusters(clique(Infinity), { ...LIMITS, membersMax: 3 })).toEqual([[0, 1, 2, 3]]);
  });

  const anyEdges = fc
    .uniqueArray(
      fc.record({ left: fc.nat(14), right: fc.nat(14), weight: fc.double({ min: -6, max: 6, noNaN: true }) }),
      { selector: ({ left, right }) => `${Math.min(left, right)} ${Math.max(left, right)}`, maxLength: 60 },
    )
    .map((edges) => edges.filter(({ left, right }) => left !== right));

  it('gives the same whatever the order and the direction of the pairs', () => {
    fc.assert(
      fc.property(anyEdges, fc.infiniteStream(fc.nat()), (edges, numbers) => {
        const keyed = edges.map((one) => ({ one, key: numbers.next().value! }));
        const other = keyed
          .sort((a, b) => a.key - b.key)
          .map(({ one, key }) => (key % 2 === 0 ? one : { ...one, left: one.right, right: one.left }));
        expect(clusters(other, LIMITS)).toEqual(clusters(edges, LIMITS));
      }),
    );
  });

  it('puts each member into one group at most, none larger than allowed', () => {
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const groups = clusters(edges, { ...LIMITS, membersMax: 4 });
        const members = groups.flat();
        expect(new Set(members).size).toBe(members.length);
        expect(groups.every(({ length }) => length >= 2 && length <= 4)).toBe(true);
      }),
    );
  });

  it('finds the same in each component as in all', () => {
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const byPart = components(edges, 15).flatMap((part) => clusters(part, LIMITS));
        expect(byPart.sort((a, b) => a[0]! - b[0]!)).toEqual(clusters(edges, LIMITS));
      }),
    );
  });
});
