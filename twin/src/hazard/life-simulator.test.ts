import { buildWorld, type World } from '../world/world.js';
import { bayesAucsOf, weightedAuc } from './bayes-auc.js';
import { BAYES_AUC_BAND, CAUSES, fillObservableRates, hazardOf, latentFactor, type Drivers } from './causes.js';
import { LifeSimulator } from './life-simulator.js';
import { allocateLives, isInUse, type Lives } from './lives.js';

function simulate(seed: number, order: (households: number) => number[]): { world: World; lives: Lives } {
  const world = buildWorld({ seed, subscribers: 2500, months: 10, to: '2026-09' });
  const lives = allocateLives(world.subscriptions.count, world.months);
  const simulator = new LifeSimulator(world, lives);
  for (const household of order(world.households.count)) simulator.simulateHousehold(household);
  return { world, lives };
}

const forward = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

const bySeed = new Map<number, ReturnType<typeof simulate>>();

/** One simulation per seed. */
function simulated(seed: number): ReturnType<typeof simulate> {
  const result = bySeed.get(seed) ?? simulate(seed, forward);
  bySeed.set(seed, result);
  return result;
}

const QUIET: Drivers = {
  overpaid: 0,
  monthsSinceContract: Infinity,
  drop: 0,
  complaints: 0,
  rivalCalls: 0,
  droppedCalls: 0,
  monthsSinceMove: Infinity,
  yearsWithUs: 3,
  age: 40,
  arrearsMonths: 0,
};

function hazardWith(change: Partial<Drivers>): number {
  const rates = new Float64Array(CAUSES.length);
  fillObservableRates({ ...QUIET, ...change }, rates);
  return hazardOf(rates);
}

describe('hazards', () => {
  test.each([
    ['overpaying', { overpaid: 0.7 }],
    ['the end of a contract', { monthsSinceContract: 0 }],
    ['using less', { drop: 1 }],
    ['complaints', { complaints: 2 }],
    ['a rival', { rivalCalls: 3 }],
    ['dropped calls', { droppedCalls: 10 }],
    ['a move', { monthsSinceMove: 1 }],
    ['unpaid bills', { arrearsMonths: 1 }],
  ])('rise with %s', (_, change) => {
    expect(hazardWith(change)).toBeGreaterThan(2 * hazardWith({}));
  });

  test('fall under a contract and with tenure', () => {
    expect(hazardWith({ monthsSinceContract: -5 })).toBeLessThan(0.4 * hazardWith({}));
    expect(hazardWith({ yearsWithUs: 8 })).toBeLessThan(hazardWith({ yearsWithUs: 1 }));
  });

  test('have latent factors with mean 1', () => {
    let sum = 0;
    const steps = 4000;
    for (let step = 0; step < steps; step += 1) {
      const z = -6 + (12 * (step + 0.5)) / steps;
      sum += (latentFactor(0, z) * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
    }
    expect((sum * 12) / steps).toBeCloseTo(1, 4);
    expect(latentFactor(CAUSES.indexOf('arrears'), 3)).toBe(1);
  });
});

describe('lives', () => {
  test('do not depend on the order of the households', () => {
    const { lives: one } = simulated(21);
    const { lives: two } = simulate(21, (count) => forward(count).reverse());
    expect(two.churnDay).toEqual(one.churnDay);
    expect(two.hazard).toEqual(one.hazard);
    expect(two.plan).toEqual(one.plan);
  });

  test.each([21, 22, 23])('have a Bayes AUC in the predefined range, higher with latent traits (seed %d)', (seed) => {
    const { world, lives } = simulated(seed);
    const { observable, all } = bayesAucsOf(lives, world.subscriptions.count, [2, 3, 4, 5, 6, 7, 8, 9]);
    expect(observable.expected).toBeGreaterThan(BAYES_AUC_BAND.low);
    expect(observable.expected).toBeLessThan(BAYES_AUC_BAND.high);
    expect(all.expected).toBeGreaterThan(observable.expected + 0.005);
    expect(Math.abs(observable.realised - observable.expected)).toBeLessThan(0.04);
  });

  test('end for every cause, most often for a misfitting plan', () => {
    const { lives } = simulated(21);
    const isOf = (cause: number) => (each: number, at: number) => lives.churnMonth[at]! >= 0 && each === cause;
    const counts = CAUSES.map((_, cause) => lives.cause.filter(isOf(cause)).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(CAUSES[counts.indexOf(Math.max(...counts))]).toBe('misfit');
  });

  test('end on the day of churn', () => {
    const { world, lives } = simulated(21);
    const at = lives.churnMonth.findIndex((month) => month >= 0);
    const activated = world.subscriptions.activatedDay[at]!;
    expect(isInUse(world, lives, at, lives.churnDay[at]! - 1)).toBe(true);
    expect(isInUse(world, lives, at, lives.churnDay[at]!)).toBe(false);
    expect(isInUse(world, lives, at, activated - 1)).toBe(false);
  });
});

describe('weightedAuc', () => {
  test('is the share of pairs in the right order, ties counting half', () => {
    expect(weightedAuc(Float64Array.of(1, 2, 3, 4), Float64Array.of(0, 0, 1, 1))).toBe(1);
    expect(weightedAuc(Float64Array.of(1, 1, 2, 2), Float64Array.of(0, 1, 0, 1))).toBe(0.5);
    // (0.8, 0.2) against each other: 0.8·0.8 right, 0.2·0.2 wrong, ties with oneself 0.16 + 0.16 half
    const expected = (0.8 * 0.8 + (0.16 + 0.16) / 2) / (1 * 1);
    expect(weightedAuc(Float64Array.of(1, 2), Float64Array.of(0.2, 0.8))).toBeCloseTo(expected, 12);
  });
});
