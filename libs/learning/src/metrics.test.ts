import fc from 'fast-check';
import {
  areaUnderCurve,
  averagePrecision,
  brierScore,
  calibrationError,
  calibrationLine,
  liftInTopDecile,
  logLoss,
  meanProbability,
  observedRate,
  perfectOutcomes,
  precisionAtShare,
  rankOutcomes,
  weightsFor,
  type RankedOutcomes,
} from './metrics.js';
import { RandomStream } from './random.js';

// scikit-learn 1.2.1 on the same ten rows, three of them tied
const probabilities = Float64Array.of(0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.2, 0.9, 0.7, 0.6);
const labels = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 1, 1, 0);
const ranked = rankOutcomes(probabilities, labels);

test('agrees with scikit-learn, ties included', () => {
  expect(areaUnderCurve(ranked)).toBeCloseTo(0.8, 14);
  expect(averagePrecision(ranked)).toBeCloseTo(0.8392857142857143, 14);
  expect(brierScore(ranked)).toBeCloseTo(0.16525, 14);
  expect(logLoss(ranked)).toBeCloseTo(0.4917737913661774, 14);
});

const outcomes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 40 })
  .filter((rows) => rows.some(([, label]) => label) && rows.some(([, label]) => !label))
  .map((rows) => ({
    probabilities: Float64Array.from(rows, ([tenth]) => tenth / 10),
    labels: Uint8Array.from(rows, ([, label]) => (label ? 1 : 0)),
  }));

test('of several lists, the area is that of each weighted by its positives; lists do not compete', () => {
  const row = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.nat({ max: 2 }));
  type Row = [tenth: number, label: boolean, list: number];
  const rankedOf = (all: Row[], probabilityOf: (row: Row) => number, lists?: Uint32Array) =>
    rankOutcomes(
      Float64Array.from(all, probabilityOf),
      Uint8Array.from(all, ([, label]) => Number(label)),
      lists,
    );
  const hasBothIn = (list: number, all: Row[]): boolean =>
    [true, false].every((label) => all.some(([, each, of]) => of === list && each === label));
  const rows = fc
    .array(row, { minLength: 1, maxLength: 40 })
    .filter((all) => [0, 1, 2].some((list) => hasBothIn(list, all)));
  fc.assert(
    fc.property(rows, (all) => {
      let area = 0;
      let weight = 0;
      for (const list of [0, 1, 2]) {
        const own = all.filter(([, , each]) => each === list);
        const outcome = rankedOf(own, ([tenth]) => tenth / 10);
        const ofList = areaUnderCurve(outcome);
        if (Number.isNaN(ofList)) continue;
        area += ofList * outcome.positives;
        weight += outcome.positives;
      }
      const lists = Uint32Array.from(all, ([, , list]) => list);
      const together = rankedOf(all, ([tenth, , list]) => tenth / 10 / (list + 1), lists);
      expect(areaUnderCurve(together)).toBeCloseTo(area / weight, 12);
    }),
  );
  const noPositive = rankOutcomes(Float64Array.of(0.2, 0.1), Uint8Array.of(0, 0), Uint32Array.of(0, 1));
  expect(areaUnderCurve(noPositive)).toBeNaN();
});

test('the area under the curve is the share of pairs in the right order', () => {
  fc.assert(
    fc.property(outcomes, ({ probabilities: given, labels: outcome }) => {
      let wins = 0;
      let pairs = 0;
      given.forEach((high, positive) =>
        given.forEach((low, negative) => {
          if (outcome[positive] === 1 && outcome[negative] === 0) {
            pairs += 1;
            wins += high > low ? 1 : high === low ? 0.5 : 0;
          }
        }),
      );
      expect(areaUnderCurve(rankOutcomes(given, outcome))).toBeCloseTo(wins / pairs, 12);
    }),
  );
});

test('no figure depends on the order of the rows where no two predictions are equal', () => {
  const distinct = Float64Array.from({ length: 100 }, (_, row) => (row + 0.5) / 100);
  const outcome = Uint8Array.from(distinct, (value, row) => (value > 0.3 && row % 3 !== 0 ? 1 : 0));
  const order = new RandomStream(4).shuffle(Array.from(distinct, (_, row) => row));
  const shuffledOutcome = Uint8Array.from(order, (row) => outcome[row]!);
  const shuffled = rankOutcomes(
    Float64Array.from(order, (row) => distinct[row]!),
    shuffledOutcome,
  );
  expect(shuffled).toEqual(rankOutcomes(distinct, outcome));
});

test('the top decile of a perfect ranking of 20 % positives holds five times their share', () => {
  const given = Float64Array.from({ length: 200 }, (_, row) => 1 - row / 200);
  const outcome = Uint8Array.from(given, (_, row) => (row < 40 ? 1 : 0));
  expect(liftInTopDecile(rankOutcomes(given, outcome))).toBeCloseTo(5, 12);
});

test('the calibration error of two bins, worked out by hand', () => {
  // bins of two: mean 0.85 against 1/2, mean 0.15 against 0
  const by = rankOutcomes(Float64Array.of(0.9, 0.8, 0.2, 0.1), Uint8Array.of(1, 0, 0, 0));
  expect(calibrationError(by, 2)).toBeCloseTo((0.35 + 0.15) / 2, 14);
});

test('exact probabilities show little calibration error, twice the logit a slope of one half', () => {
  const random = new RandomStream(8);
  const logits = Float64Array.from({ length: 20_000 }, () => 4 * random.next() - 2);
  const truth = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const simulated = perfectOutcomes(rankOutcomes(truth, new Uint8Array(20_000)), random);
  expect(calibrationError(simulated)).toBeLessThan(0.015);
  expect(calibrationLine(simulated).slope).toBeCloseTo(1, 1);
  const probabilities = simulated.probabilities.map((p) => (p * p) / (p * p + (1 - p) * (1 - p)));
  const extreme = { ...simulated, probabilities };
  expect(calibrationError(extreme)).toBeGreaterThan(0.05);
  expect(calibrationLine(extreme).slope).toBeCloseTo(0.5, 1);
});

test('a constant prediction is calibrated, but its slope is 0 and its curve is a coin', () => {
  const outcome = Uint8Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 1 : 0));
  const constant = rankOutcomes(new Float64Array(400).fill(0.25), outcome);
  expect(calibrationError(constant)).toBeLessThan(0.01);
  expect(calibrationLine(constant).slope).toBeCloseTo(0, 6);
  expect(areaUnderCurve(constant)).toBe(0.5);
});

test('weights by class give the figures of the population that the rows are a sample of', () => {
  const random = new RandomStream(7, 7);
  const population = Array.from({ length: 60_000 }, () => {
    const probability = 0.002 + 0.1 * random.next() ** 4;
    return { probability, label: random.next() < probability ? 1 : 0 };
  });
  const rate = population.reduce((sum, { label }) => sum + label, 0) / population.length;
  const sample = population.filter(({ label }) => label === 1 || random.next() < 0.2);
  const sampleRate = sample.reduce((sum, { label }) => sum + label, 0) / sample.length;
  const rankedOf = (rows: typeof population, weights?: ReturnType<typeof weightsFor>) =>
    rankOutcomes(
      Float64Array.from(rows, ({ probability }) => probability),
      Uint8Array.from(rows, ({ label }) => label),
      undefined,
      weights,
    );
  const whole = rankedOf(population);
  const weighted = rankedOf(sample, weightsFor(sampleRate, rate));
  expect(observedRate(weighted)).toBeCloseTo(rate, 12);
  const close = (of: (outcomes: typeof whole) => number, share: number): void => {
    expect(Math.abs(of(weighted) / of(whole) - 1)).toBeLessThan(share);
    expect(Math.abs(of(rankedOf(sample)) / of(whole) - 1)).toBeGreaterThan(share);
  };
  close(averagePrecision, 0.06);
  close(liftInTopDecile, 0.06);
  close(brierScore, 0.02);
  close(logLoss, 0.02);
  close(meanProbability, 0.02);
  expect(areaUnderCurve(weighted)).toBeCloseTo(areaUnderCurve(whole), 2);
  expect(calibrationError(weighted)).toBeLessThan(0.004);
  expect(calibrationLine(weighted).intercept).toBeCloseTo(calibrationLine(whole).intercept, 0);
  expect(observedRate(perfectOutcomes(weighted, random))).toBeCloseTo(rate, 2);
});

test('weights of one change nothing', () => {
  fc.assert(
    fc.property(outcomes, (rows) => {
      const plain = rankOutcomes(rows.probabilities, rows.labels);
      const weighted = rankOutcomes(rows.probabilities, rows.labels, undefined, { positive: 1, negative: 1 });
      for (const metric of [averagePrecision, brierScore, logLoss, calibrationError]) {
        expect(metric(weighted)).toBeCloseTo(metric(plain), 12);
      }
    }),
  );
});

describe('precision at a share of each list', () => {
  const rows = fc.array(
    fc.record({
      probability: fc.integer({ min: 0, max: 8 }),
      label: fc.boolean(),
      list: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const share = fc.double({ min: 0.01, max: 1, noNaN: true });
  const ranked = (all: readonly { probability: number; label: boolean; list: number }[]): RankedOutcomes =>
    rankOutcomes(
      Float64Array.from(all, ({ probability }) => probability / 10),
      Uint8Array.from(all, ({ label }) => Number(label)),
      Uint32Array.from(all, ({ list }) => list),
    );

  it('is the mean over all orders of tied rows of the share of positives among the first of each list', () => {
    fc.assert(
      fc.property(rows, share, (all, part) => {
        let [listed, found] = [0, 0];
        for (const list of new Set(all.map((row) => row.list))) {
          const own = all.filter((row) => row.list === list);
          const contacted = Math.max(1, Math.round(part * own.length));
          listed += contacted;
          for (const row of own) {
            const above = own.filter(({ probability }) => probability > row.probability).length;
            const tied = own.filter(({ probability }) => probability === row.probability).length;
            const chance = Math.min(1, Math.max(0, (contacted - above) / tied));
            found += chance * Number(row.label);
          }
        }
        expect(precisionAtShare(ranked(all), part)).toBeCloseTo(found / listed, 10);
      }),
    );
  });

  it('is the rate of positives for the whole list, of the population with weights', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const weights = { positive: 0.2, negative: 1.5 };
        const outcomes = { ...ranked(all), weights };
        expect(precisionAtShare(outcomes, 1)).toBeCloseTo(observedRate(outcomes), 10);
      }),
    );
  });

  it('does not depend on the order of the rows, with weights', () => {
    fc.assert(
      fc.property(rows, share, fc.infiniteStream(fc.nat()), (all, part, keys) => {
        const weights = { positive: 0.2, negative: 1.5 };
        const shuffled = all
          .map((row) => ({ row, key: keys.next().value as number }))
          .sort((left, right) => left.key - right.key)
          .map(({ row }) => row);
        const [one, other] = [all, shuffled].map((each) => precisionAtShare({ ...ranked(each), weights }, part));
        expect(one).toBeCloseTo(other!, 10);
      }),
    );
  });
});
