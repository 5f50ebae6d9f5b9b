import type { TypedColumn } from '../table/typed-column.js';
import { causesOf, usualCauses } from './causes.js';

const columns: TypedColumn[] = [
  { name: 'fee', type: 'number', cause: 'misfit' },
  { name: 'allowance', type: 'number', cause: 'misfit' },
  { name: 'complaints', type: 'number', cause: 'service' },
  { name: 'moved', type: 'flag', cause: 'move' },
  { name: 'age', type: 'number' },
];
const named = (contributions: number[], usual = {}) => causesOf(Float64Array.from(contributions), columns, usual);

test('adds up the columns of a cause, strongest cause and column first; columns for no cause count nowhere', () => {
  expect(named([0.2, 0.5, 0.4, 0.1, 3])).toEqual([
    { cause: 'misfit', contribution: 0.7, columns: ['allowance', 'fee'], controllable: true },
    { cause: 'service', contribution: 0.4, columns: ['complaints'], controllable: true },
    { cause: 'move', contribution: 0.1, columns: ['moved'], controllable: false },
  ]);
});

test('what lowers takes from what raises, and is not named', () => {
  expect(named([0.6, -0.5, 0, 0, 0])).toEqual([
    { cause: 'misfit', contribution: expect.closeTo(0.1), columns: ['fee'], controllable: true },
  ]);
  expect(named([0.4, -0.5, 0, 0, 0])).toEqual([]);
});

test('a cause counts from where it is beyond the usual', () => {
  expect(named([0.4, 0, 0.3, 0, 0], { misfit: 0.5, service: -0.2 })).toEqual([
    { cause: 'service', contribution: 0.5, columns: ['complaints'], controllable: true },
  ]);
});

test('a lower reduction than usual is not a reason', () => {
  expect(named([-0.1, 0, 0, 0, 0], { misfit: -0.4 })).toEqual([]);
});

test('the usual is the median subscription, which a few do not move', () => {
  const quiet = [-0.1, 0, -0.2, 0, 9];
  const contributions = Float64Array.from([...quiet, ...quiet, ...[0, 0, 8, 0, 9]]);
  const explanation = { columns: [], base: 0, contributions, logits: new Float64Array(3) };
  expect(usualCauses(explanation, columns)).toEqual({ misfit: -0.1, service: -0.2, move: 0 });
});
