import type { Quadrant } from '@holdfast/platform/terms';
import { quadrantOf } from './quadrant.js';

const limits = { probabilityMin: 0.5, efficiencyMin: 10 };

test.each<[number, number | null, Quadrant]>([
  [0.49, 9.99, 'A'],
  [0.49, 10, 'B'],
  [0.5, 10, 'C'],
  [0.5, 9.99, 'D'],
  [1, null, 'D'],
  [0, null, 'A'],
])('probability %d with efficiency %p is %s', (probability, efficiency, quadrant) => {
  expect(quadrantOf(probability, efficiency, limits)).toBe(quadrant);
});

test('no efficiency is high where no row of the run has a value', () => {
  expect(quadrantOf(0.9, 1_000, { ...limits, efficiencyMin: null })).toBe('D');
});
