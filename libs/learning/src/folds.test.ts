import fc from 'fast-check';
import { inOrderOf, rowsWithout, stratifiedFolds } from './folds.js';
import { RandomStream } from './random.js';

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
      const folds = stratifiedFolds(labels, rows, foldCount, new RandomStream(seed));
      expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toEqual([...rows].reverse());
      const spread = (counts: number[]): number => Math.max(...counts) - Math.min(...counts);
      expect(spread(folds.map((fold) => fold.length))).toBeLessThanOrEqual(1);
      expect(spread(folds.map((fold) => fold.filter((row) => labels[row] === 1).length))).toBeLessThanOrEqual(1);
      for (const fold of folds) {
        expect(rowsWithout(rows, fold).length + fold.length).toBe(rows.length);
      }
      const values = folds.map((fold) => Float64Array.from(fold));
      expect([...inOrderOf(rows, folds, values)]).toEqual([...rows]);
    }),
  );
});

test('a seed gives the same folds, another seed others', () => {
  const labels = Uint8Array.from({ length: 50 }, (_, row) => row % 2);
  const rows = Uint32Array.from(labels, (_, row) => row);
  const of = (seed: number): Uint32Array[] => stratifiedFolds(labels, rows, 5, new RandomStream(seed));
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});
