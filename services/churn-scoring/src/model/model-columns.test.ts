import { checkModelColumns } from './model-columns.js';

const columns = [
  { name: 'fee', type: 'number' },
  { name: 'plan', type: 'category' },
];
const of = { table: 'north', model: 'n-1' };

test('a table with all columns passes, whatever else it has', () => {
  const types = new Map([
    ['fee', 'number'],
    ['plan', 'category'],
    ['x', 'flag'],
  ]);
  expect(() => checkModelColumns(columns, types, of)).not.toThrow();
});

test('a column that is not there is missing; one of another type is not', () => {
  const without = new Map([['plan', 'category']]);
  expect(() => checkModelColumns(columns, without, of)).toThrow(/north lacks columns of its model n-1: fee\./);
  const retyped = new Map([
    ['fee', 'category'],
    ['plan', 'category'],
  ]);
  expect(() => checkModelColumns(columns, retyped, of)).toThrow(
    /another type: fee \(category; the model has number\)\. Set the type with types/,
  );
});
