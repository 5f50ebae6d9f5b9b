import { buildDesign, fitDesign, type DesignMatrix } from './design-matrix.js';
import { linearLogits, solveLogistic } from './logistic-regression.js';
import { numberBy } from './synthetic-table.fixture.js';
import { allRows, categoryColumn, numberColumn, Table } from './table.js';

function dense(lines: number[][]): DesignMatrix {
  const termCount = lines[0]!.length;
  return {
    rowCount: lines.length,
    termCount,
    rowStart: Uint32Array.from({ length: lines.length + 1 }, (_, row) => row * termCount),
    term: Uint32Array.from(lines.flatMap((line) => line.map((_, term) => term))),
    value: Float64Array.from(lines.flat()),
  };
}

// twelve rows solved with SciPy 1.10.1: the root of the gradient of Σ log loss + Σ weight²
const lines = [
  [0.5, 1, 0],
  [1.5, 0, 1],
  [-0.3, 1, 1],
  [2.2, 0, 0],
  [-1.1, 1, 0],
  [0.1, 0, 1],
  [0.9, 1, 1],
  [-0.7, 0, 0],
  [1.8, 1, 0],
  [-1.6, 0, 1],
  [0.4, 0, 0],
  [-0.2, 1, 1],
];
const labels = Uint8Array.of(1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0);
const expected = [0.8373943657758118, 0.014432389205919244, -0.29535928142125195];

test('agrees with SciPy', () => {
  const { weights, intercept } = solveLogistic(dense(lines), labels, 2);
  expected.forEach((weight, term) => expect(weights[term]).toBeCloseTo(weight, 7));
  expect(intercept).toBeCloseTo(-0.09228448552864825, 7);
});

test('comes to the same answer from a far start', () => {
  const far = { intercept: 15, weights: Float64Array.of(-20, 30, 10) };
  const { weights } = solveLogistic(dense(lines), labels, 2, far);
  expected.forEach((weight, term) => expect(weights[term]).toBeCloseTo(weight, 6));
});

test('a term given twice shares the weight; separable classes stay finite', () => {
  const twice = dense([1, 2, -1, -2].map((value) => [value, value]));
  const { weights } = solveLogistic(twice, Uint8Array.of(1, 1, 0, 0), 0.1);
  expect(weights[0]).toBeCloseTo(weights[1]!, 9);
  expect(linearLogits(twice, { intercept: 0, weights }).every(Number.isFinite)).toBe(true);
});

const design = { knotCount: 5, levelRowsMin: 3, levelsMax: 10 };

test('a spline is straight outside its outer knots and bends between them', () => {
  const table = new Table([numberBy('months', allRows(401), (row) => row)]);
  const columns = fitDesign(table, allRows(401), design);
  const matrix = buildDesign(columns, table, allRows(401));
  const weights = Float64Array.of(0.3, 1, -2, 0.7);
  const curve = linearLogits(matrix, { intercept: 0, weights });
  const bendAt = (row: number): number => curve[row + 1]! - 2 * curve[row]! + curve[row - 1]!;
  expect(matrix.termCount).toBe(4);
  expect(Math.abs(bendAt(10))).toBeLessThan(1e-9); // before the 5 % knot
  expect(Math.abs(bendAt(391))).toBeLessThan(1e-9); // after the 95 % knot
  expect(Math.abs(bendAt(120))).toBeGreaterThan(1e-6);
});

test('an outlier counts as the end of the usual range', () => {
  const values = Array.from({ length: 1_000 }, (_, row) => row % 100);
  values[0] = 1e12;
  const table = new Table([numberColumn('revenue', values)]);
  const [terms] = fitDesign(table, allRows(1_000), { ...design, knotCount: 0 });
  expect(terms).toMatchObject({ kind: 'number', high: 99, knots: [] });
});

test('rare levels share a term, missing and unseen levels have their own', () => {
  const texts = ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'd', null];
  const table = new Table([categoryColumn('plan', texts)]);
  const columns = fitDesign(table, allRows(9), design);
  expect(columns).toEqual([
    { kind: 'category', column: 'plan', levels: ['a', 'b'], rareLevels: ['c', 'd'], missingTerm: true },
  ]);
  const seen = new Table([categoryColumn('plan', ['b', 'd', 'never seen', null])]);
  const matrix = buildDesign(columns, seen, allRows(4));
  expect([...matrix.term]).toEqual([1, 2, 3, 3]);
});
