import fc from 'fast-check';
import { binCountOf, binOfNumber, binRows, defaultBinning, fitBinning, MISSING_BIN, quantileCuts } from './binning.js';
import { categoryBy, numberBy } from './synthetic-table.fixture.js';
import { allRows, Table } from './table.js';

const numbers = fc.array(fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 5 })), {
  maxLength: 300,
});

test('thresholds ascend, do not exceed the limit, and bins keep the order of values', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 2, max: 40 }), (values, binsMax) => {
      const cuts = quantileCuts(Float64Array.from(values), binsMax);
      expect(cuts.length).toBeLessThan(binsMax);
      expect(cuts.every((cut, at) => at === 0 || cut > cuts[at - 1]!)).toBe(true);
      const sorted = Float64Array.from(values).sort();
      const bins = [...sorted].map((value) => binOfNumber(value, cuts));
      expect(bins).toEqual([...bins].sort((left, right) => left - right));
      expect(bins.every((bin) => bin >= 1 && bin <= cuts.length + 1)).toBe(true);
    }),
  );
});

test('few distinct values each have a bin, many share bins of about equal count', () => {
  expect([...quantileCuts(Float64Array.of(3, 1, 2, 2, NaN, 3), 255)]).toEqual([1.5, 2.5]);
  const cuts = quantileCuts(Float64Array.from(allRows(1_000)), 10);
  expect(cuts.length).toBe(9);
  expect([...cuts]).toEqual([99.5, 199.5, 299.5, 399.5, 499.5, 599.5, 699.5, 799.5, 899.5]);
});

test('adjacent doubles are distinguished', () => {
  const cuts = quantileCuts(Float64Array.of(1, 1 + Number.EPSILON), 255);
  expect([binOfNumber(1, cuts), binOfNumber(1 + Number.EPSILON, cuts)]).toEqual([1, 2]);
});

test('a flag is one feature, a category of three levels three, a constant none', () => {
  const count = 60;
  const rows = allRows(count);
  const labels = Uint8Array.from(rows, (row) => row % 2);
  const table = new Table([
    categoryBy('partner', rows, (row) => (row % 2 === 0 ? 'yes' : 'no')),
    categoryBy('plan', rows, (row) => ['a', 'b', 'c'][row % 3]),
    categoryBy('country', rows, () => 'CN'),
    numberBy('spend', rows, (row) => (row % 5 === 0 ? null : row)),
  ]);
  const { features, trainingBins } = fitBinning(table, labels, rows, 1);
  expect(features.map((feature) => [feature.kind, feature.column])).toEqual([
    ['level', 'partner'],
    ['level', 'plan'],
    ['level', 'plan'],
    ['level', 'plan'],
    ['number', 'spend'],
  ]);
  expect(binRows(features, table, rows)).toEqual(trainingBins);
  expect(trainingBins[4]![0]).toBe(MISSING_BIN);
  expect(trainingBins.every((bins, at) => bins.every((bin) => bin < binCountOf(features[at]!)))).toBe(true);
});

test("a large category's training bins do not carry the row's own label", () => {
  // every level has exactly one row: rates from all rows would give the label away
  const rows = allRows(200);
  const labels = Uint8Array.from(rows, (row) => (row % 3 === 0 ? 1 : 0));
  const table = new Table([categoryBy('town', rows, (row) => `town ${row}`)]);
  const { features, trainingBins } = fitBinning(table, labels, rows, 1, { ...defaultBinning, ratePriorRows: 1 });
  const positivesByBin = new Map<number, number[]>();
  trainingBins[0]?.forEach((bin, row) => positivesByBin.set(bin, [...(positivesByBin.get(bin) ?? []), labels[row]!]));
  for (const outcomes of positivesByBin.values()) expect(new Set(outcomes).size).toBe(2);
  // while new rows of a known level get the rate of all training rows
  const known = binRows(features, table, rows);
  expect(known.length).toBe(features.length);
});
