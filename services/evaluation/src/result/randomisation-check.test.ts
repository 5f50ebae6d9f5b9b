import fc from 'fast-check';
import { RandomStream } from '@holdfast/learning/random';
import { checkRandomisation, type GroupSize } from './randomisation-check.js';

const size = (arm: string, units: number, propensity: number | null, stratum = ''): GroupSize => ({
  stratum,
  arm,
  units,
  subscriptions: units,
  propensityMin: propensity,
  propensityMax: propensity,
});

describe('whether it is randomised', () => {
  test.each<[string, boolean, GroupSize[]]>([
    ['sizes as meant', true, [size('control', 500, 0.5), size('a', 510, 0.5)]],
    ['three groups', true, [size('control', 350, 0.34), size('a', 320, 0.33), size('b', 331, 0.33)]],
    ['nothing written down', false, [size('control', 500, null), size('a', 500, null)]],
    ['written down for some', false, [size('control', 500, 0.5), size('a', 500, null)]],
    ['no control group', false, [size('a', 500, 0.5), size('b', 500, 0.5)]],
    ['no arm with an offer', false, [size('control', 500, 0.5)]],
    ['a propensity of 1 is not random', false, [size('control', 500, 1), size('a', 500, 1)]],
    ['more than 1 in all', false, [size('control', 500, 0.5), size('a', 500, 0.6)]],
    ['a group that was meant is missing', false, [size('control', 500, 0.34), size('a', 500, 0.33)]],
    ['sizes that are not those', false, [size('control', 560, 0.5), size('a', 440, 0.5)]],
    [
      'other probabilities in each stratum',
      true,
      [
        ...[size('control', 100, 0.5, 'x'), size('a', 105, 0.5, 'x')],
        ...[size('control', 60, 0.2, 'y'), size('a', 231, 0.8, 'y')],
      ],
    ],
    [
      'a stratum without members of an arm',
      true,
      [size('control', 9, 0.5, 'x'), size('a', 6, 0.4, 'x'), size('control', 60, 0.2, 'y'), size('a', 231, 0.8, 'y')],
    ],
  ])('%s: %p', (_, isRandomised, sizes) => {
    expect(checkRandomisation(sizes, false).isRandomised).toBe(isRandomised);
  });

  test.each([
    // chi-square of (500 + d, 500 - d) is d² ÷ 250; 10.83 is the 99.9th percentile for one degree of freedom
    [52, true],
    [53, false],
  ])('the boundary of 0.001 lies between 552 and 553 of 1,000 (%i more)', (more, fits) => {
    const { sampleRatio } = checkRandomisation([size('control', 500 + more, 0.5), size('a', 500 - more, 0.5)], false);
    expect(sampleRatio!.fits).toBe(fits);
  });

  test('is as scipy.stats.chisquare has it', () => {
    const sizes = [size('control', 506, 0.34), size('a', 424, 0.33), size('b', 410, 0.33)];
    expect(checkRandomisation(sizes, false).sampleRatio!.pValue).toBeCloseTo(0.013106979942869667, 12);
  });
});

test('the order of groups does not matter', () => {
  const sizes = ['x', 'y', 'z'].flatMap((stratum, at) => [
    size('control', 90 + 7 * at, 0.34, stratum),
    size('a', 80 - 5 * at, 0.33, stratum),
    size('b', 99, 0.33, stratum),
  ]);
  const expected = checkRandomisation(sizes, true).sampleRatio!.pValue;
  fc.assert(
    fc.property(fc.shuffledSubarray(sizes, { minLength: sizes.length }), (shuffled) => {
      expect(checkRandomisation(shuffled, true).sampleRatio!.pValue).toBeCloseTo(expected, 12);
    }),
  );
});

/** Counts of subscriptions by arm and stratum, for households of a size that are randomised. */
function drawn(random: RandomStream, householdSize: number, controlShare: number): GroupSize[] {
  const counts = new Map<string, number>();
  for (let household = 0; household < 800 / householdSize; household += 1) {
    const key = `${random.next() < controlShare ? 'control' : 'a'} ${random.below(20)}`;
    counts.set(key, (counts.get(key) ?? 0) + householdSize);
  }
  return [...counts].map(([key, units]) => size(key.split(' ')[0]!, units, 0.5, key.split(' ')[1]!));
}

test('unrecorded clusters cause no mismatch, wrong shares do', () => {
  const random = new RandomStream(5);
  const alarms = (householdSize: number, controlShare: number, isClustered: boolean): number =>
    Array.from({ length: 400 }, () =>
      checkRandomisation(drawn(random, householdSize, controlShare), isClustered),
    ).filter(({ sampleRatio }) => !sampleRatio!.fits).length;
  expect(alarms(4, 0.5, false)).toBeGreaterThan(20);
  expect(alarms(4, 0.5, true)).toBeLessThan(8);
  expect(alarms(1, 0.5, true)).toBeLessThan(5);
  expect(alarms(2, 0.66, true)).toBeGreaterThan(300);
});
