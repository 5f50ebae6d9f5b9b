import { ComparisonKind } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { allRows, categoryColumn, numberColumn } from '@holdfast/learning/table';
import type { ColumnType } from '../table/typed-column.js';
import { Comparisons, PRIOR_ROWS, learnComparisons } from './comparisons.js';

// Ten rows, four of whom left.
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
  ['tenure', 'number', 7, { kind: ComparisonKind.COMPARISON_KIND_MEDIAN_STAYED, figure: 30, against: 2 }],
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
