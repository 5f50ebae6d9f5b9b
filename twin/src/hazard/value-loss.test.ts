import { buildWorld } from '../world/world.js';
import { weightedAuc } from './bayes-auc.js';
import { simulateLives } from './life-simulator.js';
import { DOWNGRADE, LOSS_CAUSES, fillLossRates, lossFactor, shiftUsage, type LossDrivers } from './value-loss.js';

const QUIET: LossDrivers = {
  rivalCalls: 0,
  dataBeyond: 0,
  callsBeyond: 0,
  billCny: 40,
  age: 40,
  overpaid: 0,
  isFree: true,
};

function ratesWith(change: Partial<LossDrivers>): Float64Array {
  const rates = new Float64Array(LOSS_CAUSES.length);
  fillLossRates({ ...QUIET, ...change }, rates);
  return rates;
}

describe('causes of value loss', () => {
  test.each([
    ['rivalNumber', { rivalCalls: 2 }],
    ['wifi', { dataBeyond: 0.6 }],
    ['internetCalls', { callsBeyond: 0.6 }],
    ['thrift', { billCny: 150 }],
    ['downgrade', { overpaid: 0.4 }],
  ] as const)('%s rises with what drives it, and no other does', (cause, change) => {
    const [quiet, driven] = [ratesWith({}), ratesWith(change)];
    expect(LOSS_CAUSES.filter((_, at) => driven[at]! > 2 * quiet[at]!)).toEqual([cause]);
    expect(LOSS_CAUSES.filter((_, at) => driven[at] !== quiet[at])).toEqual([cause]);
  });

  test('need a changeable plan for a downgrade', () => {
    expect(ratesWith({ overpaid: 0.4, isFree: false })[DOWNGRADE]).toBe(0);
  });

  test('have a latent factor with mean 1', () => {
    const steps = 4000;
    let sum = 0;
    for (let step = 0; step < steps; step += 1) {
      const z = -6 + (12 * (step + 0.5)) / steps;
      sum += (lossFactor(z) * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
    }
    expect((sum * 12) / steps).toBeCloseTo(1, 4);
  });

  test('move the affected usage cumulatively, but never all of it', () => {
    const moved = { voiceMoved: 0, dataMoved: 0 };
    shiftUsage(moved, LOSS_CAUSES.indexOf('wifi'), 0.5);
    expect(moved.voiceMoved).toBeCloseTo(0, 12);
    expect(moved.dataMoved).toBeLessThan(-0.4);
    for (let time = 0; time < 20; time += 1) shiftUsage(moved, LOSS_CAUSES.indexOf('rivalNumber'), 0);
    expect(Math.exp(moved.voiceMoved)).toBeCloseTo(0.1, 12);
    expect(Math.exp(moved.dataMoved)).toBeCloseTo(0.1, 12);
  });
});

describe('lives with value loss', () => {
  const world = buildWorld({ seed: 21, subscribers: 2500, months: 10, to: '2026-09' });
  const lives = simulateLives(world);

  const placesOf = (cause: string): number[] =>
    [...lives.lossCause.keys()].filter((place) => lives.lossCause[place] === LOSS_CAUSES.indexOf(cause as never) + 1);

  test('occur for every cause', () => {
    for (const cause of LOSS_CAUSES) expect([cause, placesOf(cause).length > 10]).toEqual([cause, true]);
  });

  test('have lower usage afterwards', () => {
    const ratios = placesOf('wifi').flatMap((place) => {
      const month = place % world.months;
      const hasBoth = month > 0 && month + 2 < world.months && lives.dataScale[place + 2]! > 0;
      const [before, after] = [lives.dataScale[place - 1]!, lives.dataScale[place + 2]!];
      return hasBoth && before > 0 ? [after / before] : [];
    });
    ratios.sort((left, right) => left - right);
    expect(ratios.length).toBeGreaterThan(5);
    expect(ratios[Math.floor(ratios.length / 2)]).toBeLessThan(0.8);
  });

  test('are partly predictable from the rates', () => {
    const seen = [...lives.lossChance.keys()].filter((place) => lives.lossChance[place]! > 0);
    const score = Float64Array.from(seen, (place) => lives.lossChance[place]!);
    const began = Float64Array.from(seen, (place) => (lives.lossCause[place]! > 0 ? 1 : 0));
    const auc = weightedAuc(score, began);
    expect(auc).toBeGreaterThan(0.55);
    expect(auc).toBeLessThan(0.85);
    const share = began.reduce((sum, value) => sum + value, 0) / seen.length;
    const expected = score.reduce((sum, value) => sum + value, 0) / seen.length;
    expect(share / expected).toBeGreaterThan(0.85);
    expect(share / expected).toBeLessThan(1.15);
  });
});
