import fc from 'fast-check';
import { errorOfInterval, inverseVarianceMean, pooledEffect, shrunkEffect } from './random-effects.js';

const effect = fc.record({
  estimate: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
  standardError: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
});
const several = fc.array(effect, { minLength: 1, maxLength: 12 });

test('the pooled effect is that of Borenstein et al. (2009), table 14.1', () => {
  // Six studies of an intervention: Hedges' g and its variance.
  const effects = [
    [0.095, 0.033],
    [0.277, 0.031],
    [0.367, 0.05],
    [0.664, 0.011],
    [0.462, 0.043],
    [0.185, 0.023],
  ].map(([estimate, variance]) => ({ estimate: estimate!, standardError: Math.sqrt(variance!) }));
  const pooled = pooledEffect(effects);
  expect(pooled.estimate).toBeCloseTo(0.358, 3);
  expect(pooled.standardError ** 2).toBeCloseTo(0.0111, 3);
  // The book computes with unrounded figures.
  expect(pooled.variance).toBeCloseTo(0.037, 2);
});

test('equal true effects are pooled by their precision alone, and shrink to the pooled one', () => {
  fc.assert(
    fc.property(effect, fc.integer({ min: 1, max: 8 }), ({ estimate, standardError }, count) => {
      const effects = Array.from({ length: count }, () => ({ estimate, standardError }));
      const pooled = pooledEffect(effects);
      expect(pooled.variance).toBe(0);
      expect(pooled.estimate).toBeCloseTo(estimate, 12);
      expect(pooled.standardError).toBeCloseTo(standardError / Math.sqrt(count), 12);
      expect(shrunkEffect(effects.slice(0, 1), pooled).estimate).toBeCloseTo(pooled.estimate, 12);
    }),
  );
});

test('a group is between its own effect and the pooled one, which is between the lowest and the highest', () => {
  fc.assert(
    fc.property(several, several, (group, others) => {
      const all = [...group, ...others];
      const pooled = pooledEffect(all);
      const [own, shrunk] = [inverseVarianceMean(group, 0), shrunkEffect(group, pooled)];
      const within = (value: number, ends: readonly number[]): void => {
        expect(value).toBeGreaterThanOrEqual(Math.min(...ends) - 1e-12);
        expect(value).toBeLessThanOrEqual(Math.max(...ends) + 1e-12);
      };
      within(
        pooled.estimate,
        all.map(({ estimate }) => estimate),
      );
      within(shrunk.estimate, [own.estimate, pooled.estimate]);
      expect(shrunk.standardError).toBeGreaterThan(0);
    }),
  );
});

test('an interval gives its standard error back', () => {
  expect(errorOfInterval(-1.96, 1.96, 0.95)).toBeCloseTo(1, 4);
});
