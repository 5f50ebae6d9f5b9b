import fc from 'fast-check';
import { atRiskFrom, priorityOf } from './priority.js';

test('priority is probability times value over cost', () => {
  expect(priorityOf(0.5, 80, 2)).toEqual({ efficiency: 40, priority: 20 });
  expect(priorityOf(0.5, 0, 2)).toEqual({ efficiency: 0, priority: 0 });
});

test('without a value the efficiency is unknown and the probability ranks', () => {
  expect(priorityOf(0.25, Number.NaN, 2)).toEqual({ efficiency: null, priority: 0.25 });
});

test('at equal value the higher probability never ranks lower', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      unit,
      unit,
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0.01, max: 1e4, noNaN: true }),
      (a, b, value, cost) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(priorityOf(high, value, cost).priority).toBeGreaterThanOrEqual(priorityOf(low, value, cost).priority);
      },
    ),
  );
});

test.each([
  ['natural, one in fifty leaves', 0.02, 0.04],
  ['a quarter leaves', 0.25, 0.5],
  ['enriched, every second leaves', 0.5, 0.5],
])('at risk, %s', (_what, prevalence, expected) => {
  expect(atRiskFrom(prevalence, 0.5, 2)).toBe(expected);
});
