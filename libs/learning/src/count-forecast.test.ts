import fc from 'fast-check';
import { backtestCounts } from './count-backtest.js';
import { forecastCounts, type UnitForecast } from './count-forecast.js';
import { drawNegativeBinomial } from './random-counts.js';
import { RandomStream } from './random.js';
import { syntheticCounts, type SyntheticCounts } from './synthetic-counts.fixture.js';

const DRAWS = { draws: 1_000, seed: 1 };
const CITIES = { months: 24, ahead: 6, sizes: [9_000, 6_000, 3_000, 1_500, 600, 300] };

/** Share of counts within the intervals of many operators, of the whole and of the parts. */
function coverage(operators: number, of: Omit<SyntheticCounts, 'seed'>) {
  const hits = { whole80: 0, whole95: 0, parts80: 0, parts95: 0, whole: 0, parts: 0, below: 0 };
  for (let seed = 1; seed <= operators; seed += 1) {
    const { history, future } = syntheticCounts({ ...of, seed });
    const forecasts = forecastCounts(history, of.ahead, { draws: 500, seed });
    for (const [unit, { months }] of forecasts.entries())
      for (const [month, { low80, high80, low95, high95, median }] of months.entries()) {
        const count = future[unit]![month]!;
        const name = unit === 0 ? 'whole' : 'parts';
        hits[name] += 1;
        if (count >= low80 && count <= high80) hits[`${name}80`] += 1;
        if (count >= low95 && count <= high95) hits[`${name}95`] += 1;
        if (unit === 0 && count < median) hits.below += 1;
      }
  }
  return {
    ...{ whole80: hits.whole80 / hits.whole, whole95: hits.whole95 / hits.whole, below: hits.below / hits.whole },
    ...{ parts80: hits.parts80 / hits.parts, parts95: hits.parts95 / hits.parts },
  };
}

test.each([
  ['steps of 3 %', {}],
  ['a constant level', { step: 0, dispersion: 0 }],
  ['overdispersed counts', { step: 0.01, dispersion: 0.03 }],
  ['a restless level', { step: 0.1 }],
  ['ten months only', { months: 10 }],
])('covers counts of %s', (_, of) => {
  const found = coverage(24, { ...CITIES, ...of });
  expect(found.whole80).toBeGreaterThan(0.7);
  expect(found.whole80).toBeLessThan(0.93);
  expect(found.whole95).toBeGreaterThan(0.9);
  expect(found.parts80).toBeGreaterThan(0.76);
  expect(found.parts80).toBeLessThan(0.93);
  expect(found.parts95).toBeGreaterThan(0.92);
  expect(Math.abs(found.below - 0.5)).toBeLessThan(0.16);
});

test('parts add up to the whole, whatever the counts, and the same seed gives the same forecast', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), sizes, fc.integer({ min: 6, max: 14 }), (seed, of, months) => {
      const { history } = syntheticCounts({ seed, months, ahead: 3, sizes: [1_000, ...of], spread: 0.6 });
      const forecasts = forecastCounts(history, 3, { draws: 60, seed });
      const [whole, ...parts] = forecasts as [UnitForecast, ...UnitForecast[]];
      for (const [month, { mean, low95, low80, median, high80, high95 }] of whole.months.entries()) {
        const sum = parts.reduce((all, part) => all + part.months[month]!.mean, 0);
        expect(sum / mean).toBeCloseTo(1, 9);
        expect([low95, low80, median, high80, high95]).toEqual(
          [low95, low80, median, high80, high95].sort((left, right) => left - right),
        );
      }
      expect(forecastCounts(history, 3, { draws: 60, seed })).toEqual(forecasts);
    }),
    { numRuns: 15 },
  );
});

test('follows the scale: ten times as many subscriptions of the same rate have ten times as many churners', () => {
  const { history } = syntheticCounts({ ...CITIES, seed: 4, step: 0, dispersion: 0 });
  const tenfold = (values: Float64Array): Float64Array => values.map((value) => 10 * value);
  const units = history.units.map(({ parent, counts, exposures }) => {
    return { parent, counts: tenfold(counts), exposures: tenfold(exposures) };
  });
  const [one, ten] = [history, { ...history, units }].map((of) => forecastCounts(of, 6, DRAWS)[0]!.total) as [
    UnitForecast['total'],
    UnitForecast['total'],
  ];
  expect(ten.mean / one.mean).toBeCloseTo(10, 0);
  // Relative uncertainty falls.
  expect((ten.high95 - ten.low95) / ten.mean).toBeLessThan((one.high95 - one.low95) / one.mean);
});

test('a part with few counts is near its unit, one with many at its rate', () => {
  const still = { spread: 0, step: 0, dispersion: 0 };
  const { history } = syntheticCounts({ seed: 9, months: 18, ahead: 3, sizes: [40_000, 40_000, 40_000, 60], ...still });
  const raised = history.units.map(({ counts, ...unit }, at) => ({
    ...unit,
    counts: at === 1 || at === 4 ? counts.map((count) => count * 3) : counts,
  }));
  raised[0] = {
    ...raised[0]!,
    counts: raised[0]!.counts.map((_, month) => {
      return raised.slice(1).reduce((sum, { counts }) => sum + counts[month]!, 0);
    }),
  };
  const forecasts = forecastCounts({ ...history, units: raised }, 3, DRAWS);
  const rateOf = (unit: number): number => forecasts[unit]!.months[0]!.mean / forecasts[unit]!.months[0]!.exposure;
  const observedOf = (unit: number): number => {
    const { counts, exposures } = raised[unit]!;
    return counts.reduce((sum, count) => sum + count, 0) / exposures.slice(1).reduce((sum, count) => sum + count, 0);
  };
  expect(rateOf(1) / observedOf(1)).toBeCloseTo(1, 1);
  const shrunken = (rateOf(4) - rateOf(0)) / (observedOf(4) - rateOf(0));
  expect(shrunken).toBeLessThan(0.9);
});

describe('an annotated month', () => {
  const MARKED = 14;
  const cause = { mean: 0, deviation: 1.5, isGiven: true };
  const marks = (from: number, to: number) => (month: number) => (month >= from && month <= to ? 1 : 0);
  const operator = (effect: (month: number) => number) => ({
    ...{ seed: 3, months: 18, ahead: 3, sizes: [60_000, 20_000], step: 0.01, effect },
  });
  const raised = (month: number) => (month === MARKED ? Math.log(3) : 0);
  const means = (forecasts: UnitForecast[]) => forecasts.map(({ total }) => total.mean);

  test('does not shift the level, and its effect is estimated', () => {
    const plain = forecastCounts(syntheticCounts(operator(() => 0)).history, 3, DRAWS);
    const marked = forecastCounts(syntheticCounts(operator(raised), [cause], marks(MARKED, MARKED)).history, 3, DRAWS);
    for (const [unit, mean] of means(marked).entries()) expect(mean / means(plain)[unit]!).toBeCloseTo(1, 1);
    expect(Math.exp(marked[0]!.effects[0]!)).toBeGreaterThan(2.4);
    expect(Math.exp(marked[0]!.effects[0]!)).toBeLessThan(3.6);
    expect(marked[0]!.isEstimated).toEqual([true]);
    const unmarked = forecastCounts(syntheticCounts(operator(raised)).history, 3, DRAWS);
    const width = ([whole]: UnitForecast[]): number => whole!.total.high95 - whole!.total.low95;
    expect(width(unmarked)).toBeGreaterThan(1.5 * width(marked));
  });

  test('that is to come has the given effect, or none', () => {
    const future = marks(18, 18);
    const of = (mean: number) =>
      forecastCounts(
        syntheticCounts(
          operator(() => 0),
          [{ ...cause, mean }],
          future,
        ).history,
        3,
        DRAWS,
      )[0]!;
    const [none, half] = [of(0), of(Math.log(1.5))] as const;
    expect(half.months[0]!.mean / none.months[0]!.mean).toBeCloseTo(1.5, 6);
    expect(half.months[1]!.mean).toBeCloseTo(none.months[1]!.mean, 6);
    expect([half.isEstimated, half.effects]).toEqual([[false], [Math.log(1.5)]]);
  });
});

test('seasons are learnt from two years on', () => {
  const effect = (month: number) => 0.25 * Math.cos((2 * Math.PI * month) / 12);
  const of = (months: number) => {
    const { history } = syntheticCounts({
      seed: 5,
      months,
      ahead: 6,
      sizes: [200_000],
      step: 0.01,
      dispersion: 0,
      effect,
    });
    const [whole] = forecastCounts(history, 6, DRAWS);
    return whole!.months[5]!.mean / whole!.months[0]!.mean;
  };
  // From January (raised) to June (lowered) the rate falls by 37 %.
  expect(of(48)).toBeLessThan(0.75);
  expect(of(12)).toBeGreaterThan(0.85);
});

test('the backtest judges each month with what was known before it', () => {
  const { history } = syntheticCounts({ seed: 6, months: 24, ahead: 3, sizes: [9_000, 3_000, 1_000], step: 0.02 });
  const run = (of: typeof history) => backtestCounts(of, 3, 1);
  const { whole, parts } = run(history);
  expect(whole.map(({ judged }) => judged)).toEqual([12, 11, 10]);
  expect(parts.map(({ judged }) => judged)).toEqual([36, 33, 30]);
  for (const { coverage80, coverage95, scaledErrorOfLast, scaledErrorOfYear } of parts) {
    expect(coverage80).toBeGreaterThan(0.6);
    expect(coverage95).toBeGreaterThan(0.85);
    expect(scaledErrorOfLast).toBeLessThan(1);
    expect(scaledErrorOfYear).toBeLessThan(1);
  }
  // A jump in the last month is met by no forecast, and changes none of the earlier ones.
  const jumped = history.units.map((unit) => ({
    ...unit,
    counts: unit.counts.map((count, at) => (at === 23 ? 9 * count : count)),
  }));
  const after = run({ ...history, units: jumped });
  expect(after.whole[0]!.coverage95).toBeCloseTo(whole[0]!.coverage95 - 1 / 12, 9);
  const short = run(syntheticCounts({ seed: 1, months: 6, ahead: 3, sizes: [500] }).history);
  expect(short.whole[0]).toMatchObject({ judged: 0, coverage80: NaN, scaledErrorOfYear: NaN });
  const few = syntheticCounts({ seed: 1, months: 5, ahead: 3, sizes: [500] }).history;
  expect(() => forecastCounts(few, 3, DRAWS)).toThrow(RangeError);
});

test('random counts have the mean and the variance of a negative binomial', () => {
  for (const [mean, dispersion] of [
    [0.4, 0],
    [8, 0.06],
    [29, 0.003],
    [31, 0],
    [400, 0.015],
  ] as const) {
    const random = new RandomStream(11, 0);
    const counts = Array.from({ length: 20_000 }, () => drawNegativeBinomial(mean, dispersion, random));
    const found = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - found) ** 2, 0) / counts.length;
    const expected = mean + dispersion * mean ** 2;
    expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(expected / counts.length));
    expect(variance / expected).toBeGreaterThan(0.94);
    expect(variance / expected).toBeLessThan(1.06);
  }
});
