import { Table, categoryColumn, numberColumn } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';
import { CauseModel, ofUsual } from './cause-model.js';
import { CauseTeller } from './causes.js';
import { Comparisons } from './comparisons.js';
import { LOWERING_MAX, RAISING_MAX, reasonsOf } from './reasons.js';

const names = Array.from({ length: 12 }, (_, index) => `c${index}`);
const columns: TypedColumn[] = names.map((name, index) => ({ name, type: index === 0 ? 'category' : 'number' }));
const table = new Table([
  categoryColumn('c0', ['x', null]),
  ...names.slice(1).map((name, index) => numberColumn(name, [index, null])),
]);
const comparisons = new Comparisons({ overallShare: 0.5, columns: [] });

// No column maps to a cause.
const causes = new CauseModel(ofUsual({}, columns), columns);
const teller = new CauseTeller(causes, columns);

function explain(contributions: number[], row: number) {
  const explanation = {
    columns: names,
    base: -1,
    contributions: Float64Array.from([...new Array<number>(12).fill(9), ...contributions]),
    logits: new Float64Array(2),
  };
  const rows = Uint32Array.of(row, row);
  const assessed = causes.assess(explanation, table, rows);
  return reasonsOf(explanation, 1, table, row, columns, comparisons, { model: causes, teller, assessed });
}

test('takes the strongest on both sides, strongest first, without zero contributions', () => {
  const reasons = explain([0.5, 0, 0.7, -0.1, 0.1, 0.2, 0.3, 0.4, -0.4, -0.3, -0.2, 0.05], 0);
  expect(reasons.raising.map(({ column }) => column)).toEqual(['c2', 'c0', 'c7', 'c6', 'c5']);
  expect(reasons.raising).toHaveLength(RAISING_MAX);
  expect(reasons.lowering.map(({ column, contribution }) => [column, contribution])).toEqual([
    ['c8', -0.4],
    ['c9', -0.3],
    ['c10', -0.2],
  ]);
  expect(reasons.lowering).toHaveLength(LOWERING_MAX);
  expect(reasons.baseLogOdds).toBe(-1);
  expect(reasons).toMatchObject({ causes: [], otherCauses: [], comparisonGroup: undefined });
});

test('carries the value of the row, and none where it is missing', () => {
  const contributions = [0.5, 0.4, ...new Array<number>(10).fill(0)];
  expect(explain(contributions, 0).raising.map(({ value }) => value)).toEqual([
    { $case: 'text', text: 'x' },
    { $case: 'number', number: 0 },
  ]);
  expect(explain(contributions, 1).raising.map(({ value }) => value)).toEqual([undefined, undefined]);
});
