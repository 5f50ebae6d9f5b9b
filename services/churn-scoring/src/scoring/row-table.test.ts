import { MISSING_CATEGORY } from '@holdfast/learning/table';
import { tableOfRows } from './row-table.js';

const columns = [
  { name: 'tenure', type: 'number' },
  { name: 'contract', type: 'category' },
  { name: 'complained', type: 'flag' },
] as const;
const row = (numbers: Record<string, number>, categories: Record<string, string> = {}) => ({
  clientRowId: '',
  numbers,
  categories,
});

test('a column that a row lacks is missing there, and one that the model lacks is named', () => {
  const { table, unknownColumns } = tableOfRows(
    [row({ tenure: 3, shoeSize: 43 }, { contract: 'monthly', mood: 'bad' }), row({ complained: 1 })],
    columns,
  );
  expect([...table.numberColumn('tenure').values]).toEqual([3, Number.NaN]);
  expect([...table.numberColumn('complained').values]).toEqual([Number.NaN, 1]);
  expect(table.categoryColumn('contract')).toMatchObject({
    codes: Uint32Array.of(0, MISSING_CATEGORY),
    categories: ['monthly'],
  });
  expect(unknownColumns).toEqual([['shoeSize', 'mood'], []]);
});

test('names every value of the wrong kind, and what is not finite', () => {
  const bad = [row({ contract: 1 }), row({ tenure: Infinity }, { complained: 'yes' })];
  const pointers = ['/rows/0/contract', '/rows/1/tenure', '/rows/1/complained'];
  const fields = pointers.map((pointer) => expect.objectContaining({ pointer }) as object);
  expect(() => tableOfRows(bad, columns)).toThrow(expect.objectContaining({ kind: 'unprocessable', fields }));
});

test('a column named like a property of every object has no value', () => {
  const { table } = tableOfRows([row({})], [{ name: 'constructor', type: 'category' }]);
  expect(table.categoryColumn('constructor').codes[0]).toBe(MISSING_CATEGORY);
});
