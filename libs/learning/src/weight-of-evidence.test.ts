import fc from 'fast-check';
import { areaUnderCurve, rankOutcomes } from './metrics.js';
import { logitOf } from './logistic.js';
import { RandomStream } from './random.js';
import { allRows, categoryColumn, numberColumn, Table, type Column } from './table.js';
import { defaultEvidence, evidenceOf, fitEvidence } from './weight-of-evidence.js';

const withoutPrior = { ...defaultEvidence, priorRows: 0 };

function fit(column: Column, labels: Uint8Array, options = withoutPrior) {
  const rows = allRows(labels.length);
  const folds = Uint8Array.from(rows, (row) => row % 4);
  return { fitted: fitEvidence(new Table([column]), labels, rows, folds, options)[0]!, rows };
}

test('is the logit of the rate of a bin minus that of all rows', () => {
  const labels = Uint8Array.from({ length: 4_000 }, (_, row) => (row % 10 < (row < 2_000 ? 1 : 4) ? 1 : 0));
  const numbers = Array.from(labels, (_, row) => (row < 2_000 ? 1 : 5));
  const { fitted, rows } = fit(numberColumn('n', numbers), labels);
  const all = logitOf((1_000 + 0.5) / 4_001);
  const values = evidenceOf(fitted.encoding, new Table([numberColumn('n', numbers)]), rows);
  expect(values[0]).toBeCloseTo(logitOf(0.1) - all, 3);
  expect(values[3_999]).toBeCloseTo(logitOf(0.4) - all, 3);
  expect(fitted.mean).toBeCloseTo((values[0]! + values[3_999]!) / 2);
});

test('merges bins that do not differ, and keeps a rate that rises and falls', () => {
  const random = new RandomStream(2);
  const numbers = Array.from({ length: 20_000 }, () => random.next());
  const rateOf = (value: number): number => (value > 0.4 && value < 0.6 ? 0.3 : 0.05);
  const labels = Uint8Array.from(numbers, (value) => (random.next() < rateOf(value) ? 1 : 0));
  const { encoding } = fit(numberColumn('n', numbers), labels).fitted;
  if (encoding.kind !== 'number') throw new Error('a number is expected');
  expect(encoding.cuts.length).toBeGreaterThanOrEqual(2);
  expect(encoding.cuts.length).toBeLessThanOrEqual(5);
  expect(Math.min(...encoding.cuts.map((cut) => Math.abs(cut - 0.4)))).toBeLessThan(0.03);
  expect(Math.max(...encoding.evidence)).toBeGreaterThan(1);
});

test('has enough rows of both classes in each bin, and one bin where there are too few', () => {
  const numbers = Array.from({ length: 400 }, (_, row) => row);
  const labels = Uint8Array.from(numbers, (row) => (row % 50 === 0 ? 1 : 0));
  const { encoding } = fit(numberColumn('n', numbers), labels).fitted;
  expect(encoding.kind === 'number' && encoding.cuts.length).toBeLessThanOrEqual(1);
});

test('has a separate value for missing numbers, and one for all rare levels', () => {
  const labels = Uint8Array.from({ length: 1_000 }, (_, row) => (row % 4 === 0 || row < 100 ? 1 : 0));
  const missing = numberColumn(
    'n',
    Array.from(labels, (_, row) => (row < 100 ? null : row % 7)),
  );
  const values = evidenceOf(fit(missing, labels).fitted.encoding, new Table([missing]), allRows(1_000));
  expect(values[0]).toBeGreaterThan(3);

  const levels = categoryColumn(
    'c',
    Array.from(labels, (_, row) => (row < 8 ? `rare ${row >> 1}` : row % 2 === 0 ? 'even' : 'odd')),
  );
  const { encoding } = fit(levels, labels, defaultEvidence).fitted;
  if (encoding.kind !== 'category') throw new Error('a category is expected');
  expect([encoding.levels, encoding.rareLevels]).toEqual([
    ['even', 'odd'],
    ['rare 0', 'rare 1', 'rare 2', 'rare 3'],
  ]);
  const others = new Table([categoryColumn('c', ['odd', 'rare 2', 'new', null])]);
  const [odd, rare, unseen, none] = evidenceOf(encoding, others, allRows(4));
  expect([odd, rare]).toEqual([encoding.evidence[1], encoding.rare]);
  expect(unseen).toBe(none);
});

test('out of fold has nothing of a row’s own label: levels without effect stay without information', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (seed) => {
      const random = new RandomStream(seed);
      const texts = Array.from({ length: 2_000 }, () => `town ${random.below(300)}`);
      const labels = Uint8Array.from(texts, () => (random.next() < 0.2 ? 1 : 0));
      const column = categoryColumn('town', texts);
      const { fitted, rows } = fit(column, labels, defaultEvidence);
      const aucOf = (values: Float64Array): number => areaUnderCurve(rankOutcomes(values, labels));
      expect(aucOf(evidenceOf(fitted.encoding, new Table([column]), rows))).toBeGreaterThan(0.6);
      expect(aucOf(fitted.outOfFold(rows))).toBeLessThan(0.56);
      expect(fitted.information).toBeLessThan(0.05);
    }),
    { numRuns: 20 },
  );
});
