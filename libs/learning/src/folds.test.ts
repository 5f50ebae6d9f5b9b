import fc from 'fast-check';
import { foldsOf, inOrderOf, rowsWithout } from './folds.js';
import { RandomStream } from './random.js';
import { allRows } from './table.js';

const cases = fc.record({
  outcomes: fc.array(fc.boolean(), { minLength: 10, maxLength: 120 }),
  foldCount: fc.integer({ min: 2, max: 10 }),
  seed: fc.integer(),
});

test('folds part the rows, are of one size to within one row and share the positives likewise', () => {
  fc.assert(
    fc.property(cases, ({ outcomes, foldCount, seed }) => {
      const labels = Uint8Array.from(outcomes, (positive) => (positive ? 1 : 0));
      const rows = Uint32Array.from(labels, (_, row) => row).reverse();
      const folds = foldsOf(labels, rows, foldCount, new RandomStream(seed));
      expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toEqual([...rows].reverse());
      const spread = (counts: number[]): number => Math.max(...counts) - Math.min(...counts);
      expect(spread(folds.map((fold) => fold.length))).toBeLessThanOrEqual(1);
      expect(spread(folds.map((fold) => fold.filter((row) => labels[row] === 1).length))).toBeLessThanOrEqual(1);
      for (const fold of folds) expect(rowsWithout(rows, fold).length + fold.length).toBe(rows.length);
      const values = folds.map((fold) => Float64Array.from(fold));
      expect([...inOrderOf(rows, folds, values)]).toEqual([...rows]);
    }),
  );
});

test('a seed gives the same folds, another seed others', () => {
  const labels = Uint8Array.from({ length: 50 }, (_, row) => row % 2);
  const rows = Uint32Array.from(labels, (_, row) => row);
  const of = (seed: number): Uint32Array[] => foldsOf(labels, rows, 5, new RandomStream(seed));
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});

describe('groups', () => {
  const groups = Uint32Array.from({ length: 600 }, (_, row) => Math.floor(row / 6));
  const labels = Uint8Array.from({ length: 600 }, (_, row) => (row % 48 === 0 ? 1 : 0));

  test('stay whole, and positives are dealt evenly', () => {
    const folds = foldsOf(labels, allRows(600), 4, new RandomStream(3), groups);
    expect(folds.flatMap((fold) => [...fold]).sort((left, right) => left - right)).toEqual([...allRows(600)]);
    const foldsOfGroup = Array.from({ length: 100 }, (_, group) => {
      return folds.filter((fold) => fold.some((row) => groups[row] === group)).length;
    });
    expect(foldsOfGroup).toEqual(Array<number>(100).fill(1));
    const positives = folds.map((fold) => fold.reduce((sum, row) => sum + labels[row]!, 0));
    expect(Math.max(...positives) - Math.min(...positives)).toBeLessThanOrEqual(1);
  });

  test('do not depend on how groups are numbered', () => {
    const renumbered = groups.map((group) => 1_000 - 7 * group);
    const parts = (of: Uint32Array): Uint32Array[] => foldsOf(labels, allRows(600), 4, new RandomStream(3), of);
    expect(parts(renumbered)).toEqual(parts(groups));
  });
});
