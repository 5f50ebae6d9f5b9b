import { fitSequences, withAllMonths } from './monthly-sequences.js';
import { allRows, categoryColumn, numberColumn, Table } from './table.js';

const table = new Table([
  numberColumn('bill_m0', [30, 30, 60, null]),
  numberColumn('bill_m1', [20, 30, 20, 20]),
  numberColumn('bill_m2', [10, 30, 40, 30]),
  numberColumn('calls_m0', [1, 2, 3, 4]),
  numberColumn('tenure', [5, 6, 7, 8]),
  numberColumn('constant', [1, 1, 1, 1]),
  categoryColumn('city', ['A', 'B', 'A', 'B']),
]);
const labels = Uint8Array.of(1, 0, 1, 0);

test('has a step for each month, the oldest first, standardised together, and all else in each step', () => {
  const { encoder, encoded } = fitSequences(table, labels, allRows(4), Uint8Array.of(0, 0, 1, 1));
  expect(encoder.parts.steps).toBe(3);
  expect(encoder.columns).toEqual(['bill_m0', 'bill_m1', 'bill_m2', 'calls_m0', 'city', 'tenure']);
  expect(encoder.width).toBe(5); // bill, whether it is missing, calls, tenure, city
  const at = (row: number, step: number, input: number): number => encoded[(row * 3 + step) * 5 + input]!;
  const steps = [0, 1, 2].map((step) => at(0, step, 0));
  expect(steps[1]! - steps[0]!).toBeCloseTo(steps[2]! - steps[1]!, 5);
  expect(steps[2]!).toBeGreaterThan(steps[0]!);
  expect([at(3, 2, 0), at(3, 2, 1), at(3, 1, 1)]).toEqual([0, 1, 0]);
  for (const input of [2, 3]) expect(at(1, 0, input)).toBe(at(1, 2, input));
  expect([...encoder.sources.subarray(0, 5)].map((source) => encoder.columns[source])).toEqual([
    ...['bill_m2', 'bill_m2', 'calls_m0', 'tenure', 'city'],
  ]);
});

test('encodes other rows as it learned, clipped at what it has seen', () => {
  const { encoder, encoded } = fitSequences(table, labels, allRows(4), Uint8Array.of(0, 0, 1, 1));
  const others = new Table(
    table.columns.map((column) => (column.name === 'tenure' ? numberColumn('tenure', [5, 1_000, 7, 8]) : column)),
  );
  const again = encoder.encode(others, allRows(4));
  const tenure = (from: Float32Array, row: number): number => from[row * 3 * 5 + 3]!;
  expect(tenure(again, 0)).toBe(tenure(encoded, 0));
  expect(tenure(again, 1)).toBe(tenure(encoded, 3));
});

test('takes all months of a chosen column', () => {
  const names = withAllMonths(table, new Set(['bill_m1', 'city'])).columns.map(({ name }) => name);
  expect(names).toEqual(['bill_m0', 'bill_m1', 'bill_m2', 'city']);
});
