import fc from 'fast-check';
import { populationStability } from './population-stability.js';
import { RandomStream } from './random.js';

/** A sample of so many rows from shares of bins. */
function sampled(shares: readonly number[], rows: number, random: RandomStream): number[] {
  const counts = shares.map(() => 0);
  for (let row = 0; row < rows; row += 1) {
    let place = random.next();
    const bin = shares.findIndex((share) => (place -= share) < 0);
    counts[bin < 0 ? shares.length - 1 : bin]! += 1;
  }
  return counts;
}

const TENTHS = Array<number>(10).fill(0.1);

test('is that of the formula for large samples', () => {
  const expected = (0.3 - 0.2) * Math.log(0.3 / 0.2) + (0.2 - 0.3) * Math.log(0.2 / 0.3);
  expect(populationStability([2e6, 5e6, 3e6], [3e6, 5e6, 2e6]).index).toBeCloseTo(expected, 4);
});

test('is 0 for equal shares, finite for empty bins, and symmetric', () => {
  const counts = fc.array(fc.nat({ max: 500 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(counts, fc.infiniteStream(fc.nat({ max: 500 })), (one, stream) => {
      const other = one.map(() => stream.next().value as number);
      const { index, pValue } = populationStability(one, other);
      expect(Number.isFinite(index) && index >= 0).toBe(true);
      expect(pValue >= 0 && pValue <= 1 + 1e-12).toBe(true);
      expect(populationStability(other, one).index).toBeCloseTo(index, 10);
      expect(populationStability(one, one).index).toBe(0);
    }),
  );
});

test.each([30, 100, 300, 2_000])('a run of %i rows of the reference gives no alarm, also with rare bins', (rows) => {
  const random = new RandomStream(5, rows);
  const rare = [0.5, 0.3, 0.1, 0.05, 0.03, 0.01, 0.005, 0.003, 0.001, 0.001];
  let alarms = 0;
  let sum = 0;
  const runs = 2_000;
  for (let run = 0; run < runs; run += 1) {
    const shares = run % 2 === 0 ? TENTHS : rare;
    const { index, pValue } = populationStability(sampled(shares, 5_000, random), sampled(shares, rows, random));
    if (index >= 0.1 && pValue < 0.001) alarms += 1;
    sum += index;
  }
  expect(alarms / runs).toBeLessThan(0.002);
  expect(sum / runs).toBeLessThan(rows < 300 ? 0.1 : 0.02);
});

test.each([100, 1_000])('a shift of the mean by one standard deviation is found in %i rows', (rows) => {
  const random = new RandomStream(6, rows);
  // Shares of N(1, 1) in the tenths of N(0, 1).
  const shifted = [0.0112, 0.0223, 0.0309, 0.0403, 0.0506, 0.0646, 0.0834, 0.1108, 0.1614, 0.4245];
  for (let run = 0; run < 200; run += 1) {
    const { index, pValue } = populationStability(sampled(TENTHS, 5_000, random), sampled(shifted, rows, random));
    expect(index).toBeGreaterThan(0.25);
    expect(pValue).toBeLessThan(1e-5);
  }
});
