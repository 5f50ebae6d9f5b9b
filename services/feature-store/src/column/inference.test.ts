import { inferType, type CellCounts } from './inference.js';

const counts = (given: Partial<CellCounts>): CellCounts => ({
  present: 100,
  numbers: 0,
  dates: 0,
  yes: 0,
  no: 0,
  spellings: 3,
  ...given,
});

test.each([
  ['all numbers', { numbers: 100 }, 'number'],
  ['all numbers but one', { numbers: 99 }, 'category'],
  ['0 and 1', { numbers: 100, yes: 40, no: 60, spellings: 2 }, 'flag'],
  ['only 1', { numbers: 100, yes: 100, spellings: 1 }, 'number'],
  ['yes and no', { yes: 40, no: 60, spellings: 2 }, 'flag'],
  ['only yes', { yes: 100, spellings: 1 }, 'category'],
  ['yes and true', { yes: 100, spellings: 2 }, 'category'],
  ['yes, no and Yes', { yes: 40, no: 60, spellings: 3 }, 'category'],
  ['yes, no and others', { yes: 40, no: 59, spellings: 3 }, 'category'],
  ['all dates', { dates: 100 }, 'date'],
  ['nothing', { present: 0, spellings: 0 }, 'category'],
] as const)('%s: the type is right', (_, given, type) => {
  expect(inferType(counts(given))).toBe(type);
});
