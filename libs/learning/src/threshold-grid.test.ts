import fc from 'fast-check';
import { binOfNumber, binRows, quantileCuts } from './binning.js';
import { gridOf } from './threshold-grid.js';
import { kernels } from './kernels.js';
import { allRows, Table } from './table.js';

/** By the kernel, directly: a `Table` refuses infinite numbers. */
function kernelBins(values: Float64Array, thresholds: Float64Array): Uint8Array {
  const bins = new Uint8Array(values.length);
  kernels().binNumbers(gridOf(thresholds), values, allRows(values.length), true, bins);
  return bins;
}

const special = [0, -0, NaN, Infinity, -Infinity, 5e-324, -5e-324, 2.2e-308, Number.MAX_VALUE, -Number.MAX_VALUE];
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.integer({ min: -3, max: 40 }),
  fc.double({ min: -1e-307, max: 1e-307, noNaN: true }), // denormal ones among them
);
const thresholdsOf = fc
  .uniqueArray(double, { minLength: 1, maxLength: 254, comparator: (left, right) => left === right })
  .map((thresholds) => Float64Array.from(thresholds).sort());

test('the bins are those of `binOfNumber` for any thresholds and values', () => {
  fc.assert(
    fc.property(thresholdsOf, fc.array(double, { maxLength: 60 }), (thresholds, others) => {
      const values = Float64Array.from([
        ...special,
        ...others,
        ...thresholds,
        ...[...thresholds].flatMap(adjacentDoubles),
      ]);
      expect([...kernelBins(values, thresholds)]).toEqual([...values].map((value) => binOfNumber(value, thresholds)));
    }),
    { numRuns: 300 },
  );
});

test('also for thresholds that come from the values, evenly spread, skewed or in two heaps', () => {
  const shapes = [(x: number) => x, (x: number) => Math.exp(20 * x), (x: number) => (x < 0.5 ? x / 1e6 : 1e6 + x)];
  for (const shape of shapes) {
    for (const binsMax of [2, 17, 64, 255]) {
      const values = Float64Array.from({ length: 3_000 }, (_, at) => shape(((at * 1_237) % 3_000) / 3_000));
      const thresholds = quantileCuts(values, binsMax);
      expect([...kernelBins(values, thresholds)]).toEqual([...values].map((value) => binOfNumber(value, thresholds)));
    }
  }
});

test('one comparison finds the bin among thresholds that are spread evenly, more among those in a heap', () => {
  const even = Float64Array.from({ length: 60 }, (_, at) => at);
  expect(gridOf(even).steps).toBe(1);
  expect(gridOf(even.map((at) => Math.exp(at))).steps).toBeGreaterThan(1);
});

test('thresholds without a finite range, and no thresholds', () => {
  for (const thresholds of [[], [4], [-Number.MAX_VALUE, 0, Number.MAX_VALUE], [0, 5e-324, 1e-323], [-Infinity, 1]]) {
    const doubles = Float64Array.from(thresholds);
    const values = Float64Array.from([...special, ...thresholds, 3.9, 4.1]);
    expect([...kernelBins(values, doubles)]).toEqual([...values].map((value) => binOfNumber(value, doubles)));
  }
});

test.each([0, 1, 31, 32, 33, 4_095, 4_096, 4_097, 9_001])('%d rows of a table, in any order', (count) => {
  const thresholds = Float64Array.from({ length: 99 }, (_, at) => at * 100);
  const values = Float64Array.from({ length: 10_000 }, (_, at) => (at % 7 === 0 ? NaN : at));
  const table = new Table([{ kind: 'number', name: 'spend', values }]);
  const features = [{ kind: 'number' as const, column: 'spend', cuts: [...thresholds] }];
  const inOrder = allRows(10_000).subarray(900, 900 + count);
  for (const rows of [inOrder, inOrder.toReversed(), inOrder.map((row) => (row * 31) % 10_000)]) {
    const [bins] = binRows(features, table, rows);
    expect([...bins!]).toEqual([...rows].map((row) => binOfNumber(values[row]!, thresholds)));
  }
});

test('two features of a table take turns without a mix-up', () => {
  const values = Float64Array.from({ length: 100 }, (_, at) => at);
  const table = new Table([{ kind: 'number', name: 'spend', values }]);
  const features = [[10, 20], [15], [10, 20]].map((cuts) => ({ kind: 'number' as const, column: 'spend', cuts }));
  const bins = binRows(features, table, allRows(100));
  features.forEach(({ cuts }, at) => {
    expect([...bins[at]!]).toEqual([...values].map((value) => binOfNumber(value, Float64Array.from(cuts))));
  });
});

/** The adjacent doubles. */
function adjacentDoubles(value: number): number[] {
  const [double, bits] = [new Float64Array(1), new BigInt64Array(1)];
  double[0] = value;
  bits[0] = new BigInt64Array(double.buffer)[0]!;
  return [-1n, 1n].map((step) => new Float64Array(BigInt64Array.of(bits[0]! + step).buffer)[0]!);
}
