import type { Quadrant } from '@holdfast/platform/terms';
import { quadrantOf } from './quadrant.js';

const limits = { probabilityMin: 0.5, efficiencyMin: 10, valueMin: null };

test.each<[number, number | null, Quadrant]>([
  [0.49, 9.99, 'A'],
  [0.49, 10, 'B'],
  [0.5, 10, 'C'],
  [0.5, 9.99, 'D'],
  [1, null, 'D'],
  [0, null, 'A'],
])('probability %d with efficiency %p is %s', (probability, efficiency, quadrant) => {
  expect(quadrantOf(probability, { efficiency, value: 20 }, limits)).toBe(quadrant);
});

test('no efficiency is high where no row of the run has a value', () => {
  expect(quadrantOf(0.9, { efficiency: 1_000, value: null }, { ...limits, efficiencyMin: null })).toBe('D');
});

test.each<[number, string | null, Quadrant]>([
  [0.49, '79.99', 'A'],
  [0.49, '80.00', 'B'],
  [0.5, '80', 'C'],
  [0.5, null, 'D'],
])(
  'probability %d with a value of %p is %s by a limit of value, whatever the efficiency',
  (probability, value, quadrant) => {
    for (const efficiency of [null, 0, 1_000])
      expect(quadrantOf(probability, { efficiency, value }, { ...limits, valueMin: 80 })).toBe(quadrant);
  },
);
