import { chiSquareTail, pearsonStatistic } from './chi-square.js';
import { holmAdjusted } from './holm.js';
import { upperIncompleteGamma } from './incomplete-gamma.js';
import { normalCdf, normalQuantile, twoSidedNormalTail } from './normal.js';
import { detectableEffect, plannedStandardError, powerAt } from './power.js';

/** Equal to 12 digits. */
function expectSame(value: number, expected: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(1e-12);
}

describe('as scipy 1.17 has it', () => {
  test.each([
    [0.5, 0.1, 0.6547208460185768],
    [2.5, 7, 0.01560941610026691],
    [100, 90, 0.84177901081357],
    [1, 50, 1.9287498479639183e-22],
  ])('Q(%p, %p)', (a, x, expected) => expectSame(upperIncompleteGamma(a, x), expected));

  test.each([
    [-8, 6.22096057427174e-16],
    [-1.5, 0.06680720126885807],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [2.5, 0.9937903346742238],
  ])('the normal distribution at %p', (z, expected) => expectSame(normalCdf(z), expected));

  test.each([
    [1e-12, -7.034483825301131],
    [0.001, -3.090232306167813],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.8, 0.8416212335729143],
    [0.975, 1.959963984540054],
    [0.9999, 3.719016485455709],
  ])('the normal quantile of %p', (probability, expected) => expectSame(normalQuantile(probability), expected));

  test.each([
    [3.841458820694124, 1, 0.05],
    [13.815510557964274, 2, 0.001],
    [0.5, 3, 0.9188914116546758],
    [100, 5, 5.285148360943219e-20],
    [60, 50, 0.1572420272383916],
  ])('the tail of chi-square at %p with %p degrees of freedom', (statistic, degrees, expected) =>
    expectSame(chiSquareTail(statistic, degrees), expected),
  );

  test('the test of goodness of fit', () => {
    const statistic = pearsonStatistic([506, 424, 410], [455.6, 442.2, 442.2]);
    expectSame(statistic, 8.669220741213708);
    expectSame(chiSquareTail(statistic, 2), 0.013106979942869667);
  });

  test('power and detectable effect', () => {
    expectSame(detectableEffect(0.0123, 0.8, 0.05), 0.03445949818278951);
    expectSame(powerAt(0.02, 0.0123, 0.05), 0.369377410252494);
    expectSame(powerAt(-0.02, 0.0123, 0.05), 0.369377410252494);
  });
});

test('quantile and distribution are each other’s inverse', () => {
  for (let probability = 0.0005; probability < 1; probability += 0.0005) {
    expectSame(normalCdf(normalQuantile(probability)), probability);
  }
});

test('what lies outside is not a number, and the ends are infinite', () => {
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(1)).toBe(Infinity);
  expect(normalQuantile(1.1)).toBeNaN();
  expect(normalQuantile(NaN)).toBeNaN();
  expect(chiSquareTail(0, 3)).toBe(1);
  expect(chiSquareTail(Infinity, 3)).toBe(0);
  expect(chiSquareTail(-1, 3)).toBeNaN();
  expect(twoSidedNormalTail(0)).toBe(1);
});

test('an effect that is not there is found as often as is allowed', () => {
  expect(powerAt(0, 0.01, 0.05)).toBeCloseTo(0.05, 12);
});

test('clusters cost as much as their design effect', () => {
  const independent = plannedStandardError(0.06, [660, 680], 1);
  expect(independent).toBeCloseTo(Math.sqrt(0.06 * 0.94 * (1 / 660 + 1 / 680)), 15);
  expect(plannedStandardError(0.06, [660, 680], 4)).toBeCloseTo(2 * independent, 15);
});

describe('holmAdjusted', () => {
  test('is the published example of stepping down', () => {
    // 0.005 × 4, 0.01 × 3, 0.03 × 2, and 0.04 no smaller than the one before
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]).map((value) => Number(value.toFixed(10)));
    expect(adjusted).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  test('leaves a single one alone and never exceeds 1', () => {
    expect(holmAdjusted([0.04])).toEqual([0.04]);
    expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1]);
    expect(holmAdjusted([])).toEqual([]);
  });
});
