import { canonicalRowOrder } from './row-order.js';
import { allRows, categoryColumn, MISSING_CATEGORY, numberColumn, Table } from './table.js';

test('codes are given by appearance, missing values marked', () => {
  const column = categoryColumn('plan', ['b', null, 'a', 'b', undefined]);
  expect(column.categories).toEqual(['b', 'a']);
  expect([...column.codes]).toEqual([0, MISSING_CATEGORY, 1, 0, MISSING_CATEGORY]);
  expect([...numberColumn('spend', [1, null, undefined]).values]).toEqual([1, NaN, NaN]);
});

test.each([
  ['different lengths', () => new Table([numberColumn('a', [1, 2]), numberColumn('b', [1])])],
  ['a name given twice', () => new Table([numberColumn('a', [1]), categoryColumn('a', ['x'])])],
  ['infinite numbers', () => new Table([numberColumn('a', [1, Infinity])])],
  [
    'codes without a category',
    () => new Table([{ kind: 'category', name: 'a', codes: Uint32Array.of(3), categories: ['x'] }]),
  ],
])('refuses %s', (_what, make) => {
  expect(make).toThrow(RangeError);
});

test('the canonical order follows content, not position: −0 is 0, and the label counts', () => {
  const values = [3, 0, 7, -0, 3, Number.NaN];
  const texts = ['x', 'y', null, 'y', 'z', 'x'];
  const labels = Uint8Array.of(0, 1, 0, 1, 0, 0);
  const table = new Table([numberColumn('n', values), categoryColumn('c', texts)]);
  const ordered = canonicalRowOrder(table, labels, allRows(6));
  const contentOf = (order: Uint32Array, from: Table): string[] =>
    [...order].map((row) => {
      const column = from.categoryColumn('c');
      return `${from.numberColumn('n').values[row]! + 0} ${column.categories[column.codes[row]!] ?? '-'}`;
    });
  const reversed = new Table([categoryColumn('c', [...texts].reverse()), numberColumn('n', [...values].reverse())]);
  const again = canonicalRowOrder(reversed, labels.slice().reverse(), allRows(6));
  expect(contentOf(again, reversed)).toEqual(contentOf(ordered, table));
  expect([...ordered].sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
});
