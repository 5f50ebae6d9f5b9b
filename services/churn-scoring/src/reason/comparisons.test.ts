import { ComparisonKind } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { allRows, categoryColumn, numberColumn } from '@holdfast/learning/table';
import type { ColumnType } from '../table/typed-column.js';
import { Comparisons, learnComparisons } from './comparisons.js';

// Ten rows, four of them churned, repeated thirty times.
const TIMES = 30;
const often = <T>(values: readonly T[]): T[] => Array.from({ length: TIMES }, () => values).flat();
const labels = Uint8Array.from(often([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]));
const columns = [
  numberColumn('one tenure', often([7, 7, 7, null, 7, 7, 7, 7, null, 7])),
  categoryColumn('contract', often(['m', 'm', 'm', 'q', 'm', 'y', 'y', 'y', 'y', null])),
  categoryColumn('shop', [...new Array<string>(29).fill('rare'), ...new Array<string>(271).fill('usual')]),
  numberColumn('complained', often([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])),
];
const typeOf = new Map<string, ColumnType>([
  ['one tenure', 'number'],
  ['contract', 'category'],
  ['shop', 'category'],
  ['complained', 'flag'],
]);
const learned = learnComparisons(columns, typeOf, labels, allRows(10 * TIMES));
const comparisons = new Comparisons(JSON.parse(JSON.stringify(learned)) as typeof learned);
const share = (left: number, seen: number) => ({
  kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE,
  figure: left / seen,
  against: 0.4,
});

test.each<[string, ColumnType, number | string | undefined, object | undefined]>([
  ['one tenure', 'number', 7, undefined], // one value cannot be split into bands
  ['one tenure', 'number', undefined, share(1, 2)],
  ['contract', 'category', 'm', share(3, 4)],
  ['contract', 'category', 'q', share(1, 1)],
  ['contract', 'category', undefined, share(0, 1)],
  ['contract', 'category', 'never seen', undefined],
  ['shop', 'category', 'rare', undefined], // 29 rows
  ['complained', 'flag', 1, share(3, 3)],
  ['complained', 'flag', undefined, undefined],
  ['unheard of', 'number', 5, undefined],
])('%s (%s) = %p', (name, type, value, expected) => {
  expect(comparisons.of({ name, type }, value)).toEqual(expected);
});

test('looks at the rows given alone', () => {
  const { overallShare } = learnComparisons(columns, typeOf, labels, Uint32Array.of(0, 4));
  expect(overallShare).toBe(0.5);
});

test('compares a number with its band, and one that fills its band alone with its like', () => {
  // 200 rows: 80 without a complaint, none churned, then 1 to 120, of which the last 60 churned.
  const values = Array.from({ length: 200 }, (_, row) => Math.max(0, row - 79));
  const known = learnComparisons(
    [numberColumn('complaints', values)],
    new Map([['complaints', 'number']]),
    Uint8Array.from(values, (value) => (value > 60 ? 1 : 0)),
    allRows(200),
  );
  const of = (value: number) => new Comparisons(known).of({ name: 'complaints', type: 'number' }, value);
  const kind = ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND;
  const none = { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure: 0, against: 0.3 };
  expect(of(0)).toEqual(none);
  expect(of(-1)).toEqual({ ...none, kind, to: 1 });
  const middle = of(50)!;
  expect(middle).toMatchObject({ kind, against: 0.3 });
  const inBand = values.filter((value) => value >= middle.from! && value < middle.to!);
  expect(middle.figure).toBe(inBand.filter((value) => value > 60).length / inBand.length);
  expect(of(1e9)).toMatchObject({ kind, figure: 1, against: 0.3 });
  expect(of(1e9)).not.toHaveProperty('to');
});
