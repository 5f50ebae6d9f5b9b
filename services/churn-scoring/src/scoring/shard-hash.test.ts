import { ShardHasher, rowsHashOf, type ShardHash } from './shard-hash.js';

const rows: [number, string, number][] = [
  [0, 'a', 0.1],
  [0, 'b', 0.2],
  [7, 'c', 0.3],
  [9, 'd', 0.4],
];

function hashOf(pieces: (typeof rows)[]): string {
  const shards = pieces.flatMap((piece): ShardHash[] => {
    const hasher = new ShardHasher();
    for (const row of piece) hasher.add(...row);
    return hasher.finish();
  });
  return rowsHashOf(shards.sort((left, right) => left.shard - right.shard));
}

test('does not depend on the division into pieces', () => {
  const whole = hashOf([rows]);
  expect(hashOf([rows.slice(0, 2), rows.slice(2)])).toBe(whole);
  expect(hashOf([rows.slice(3), rows.slice(2, 3), rows.slice(0, 2)])).toBe(whole);
});

test('changes with a probability, a subscription and a row that is missing', () => {
  const hashes = [
    rows,
    rows.slice(1),
    [...rows.slice(0, 3), [9, 'd', 0.41] as const],
    [...rows.slice(0, 3), [9, 'e', 0.4] as const],
  ];
  expect(new Set(hashes.map((these) => hashOf([these as typeof rows]))).size).toBe(4);
});
