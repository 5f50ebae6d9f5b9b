import { ComparisonKind } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { allRows, categoryColumn, numberColumn } from '@holdfast/learning/table';
import type { ColumnType } from '../table/typed-column.js';
import { Comparisons, learnComparisons } from './comparisons.js';
import { PRIOR_ROWS } from './share.js';

// Ten rows, four of whom left: too few for bands.
const labels = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0, 0);
const columns = [
  numberColumn('tenure', [1, 2, 3, null, 10, 20, 30, 40, null, 50]),
  categoryColumn('contract', ['m', 'm', 'm', 'rare', 'm', 'y', 'y', 'y', 'y', null]),
  numberColumn('complained', [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
  numberColumn('known of leavers only', [5, 6, 7, 8, null, null, null, null, null, null]),
];
const typeOf = new Map<string, ColumnType>([
  ['tenure', 'number'],
  ['contract', 'category'],
  ['complained', 'flag'],
  ['known of leavers only', 'number'],
]);
const learned = learnComparisons(columns, typeOf, labels, allRows(10));
const comparisons = new Comparisons(JSON.parse(JSON.stringify(learned)) as typeof learned);
const share = (left: number, seen: number) => ({
  kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE,
  figure: (left + PRIOR_ROWS * 0.4) / (seen + PRIOR_ROWS),
  against: 0.4,
});

test.each<[string, ColumnType, number | string | undefined, object | undefined]>([
  ['tenure', 'number', 7, undefined],
  ['tenure', 'number', undefined, share(1, 2)],
  ['contract', 'category', 'm', share(3, 4)],
  ['contract', 'category', 'rare', share(1, 1)],
  ['contract', 'category', undefined, share(0, 1)],
  ['contract', 'category', 'never seen', undefined],
  ['complained', 'flag', 1, share(3, 3)],
  ['complained', 'flag', undefined, undefined],
  ['known of leavers only', 'number', 5, undefined],
  ['unheard of', 'number', 5, undefined],
])('%s (%s) = %p', (name, type, value, expected) => {
  expect(comparisons.of({ name, type }, value)).toEqual(expected);
});

test('looks at the rows given alone', () => {
  const { overallShare } = learnComparisons(columns, typeOf, labels, Uint32Array.of(0, 4));
  expect(overallShare).toBe(0.5);
});

test('compares a number with its band, and one that fills its band alone with its like', () => {
  // 100 rows: 40 without a complaint, none of whom left, then 1 to 60, of whom the last 30 left.
  const values = Array.from({ length: 100 }, (_, row) => Math.max(0, row - 39));
  const known = learnComparisons(
    [numberColumn('complaints', values)],
    new Map([['complaints', 'number']]),
    Uint8Array.from(values, (value) => (value > 30 ? 1 : 0)),
    allRows(100),
  );
  const of = (value: number) => new Comparisons(known).of({ name: 'complaints', type: 'number' }, value);
  const pulled = (left: number, seen: number) => (left + PRIOR_ROWS * 0.3) / (seen + PRIOR_ROWS);
  const kind = ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND;
  const none = { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: pulled(0, 40), against: 0.3 };
  expect(of(0)).toEqual(none);
  expect(of(-1)).toEqual({ ...none, kind, to: 1 });
  expect(of(10)).toEqual({ kind, figure: pulled(0, 20), against: 0.3, from: 1, to: 21 });
  expect(of(21)).toEqual({ kind, figure: pulled(10, 20), against: 0.3, from: 21, to: 41 });
  expect(of(1e9)).toEqual({ kind, figure: pulled(20, 20), against: 0.3, from: 41 });
});
