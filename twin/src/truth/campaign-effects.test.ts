import { simulateLives } from '../hazard/life-simulator.js';
import type { Lives } from '../hazard/lives.js';
import { Purpose, Stream } from '../randomness/stream.js';
import { AGENTS, agentQuality, isOnList, oldEffectFactor, oldRuleMonth } from '../treatment/old-rule.js';
import { ARM_SHARES, ARMS, assignedArm, effectFactor, trialMonth, FOLLOW_UP_MONTHS } from '../treatment/trial.js';
import { buildWorld, householdOf, type World } from '../world/world.js';
import {
  differenceInMeans,
  oldRuleEffectOf,
  trialDifference,
  trueEffectOf,
  type TrialRow,
} from './campaign-effects.js';

const TREATED = ARMS.map((_, arm) => arm).slice(1);

const { world, lives } = simulate(5, 3000, 9);
const truth = trueEffectOf(lives, world.subscriptions.count)!;

/** The trial under another randomisation. */
function rerandomise(stream: Stream, repetition: number): TrialRow[] {
  const rows: TrialRow[] = [];
  for (let at = 0; at < world.subscriptions.count; at += 1) {
    if (lives.trial.isJudged[at] !== 1) continue;
    const cluster = householdOf(world, at);
    const arm = stream.at(Purpose.reRandomisation, cluster, repetition).weighted(ARM_SHARES);
    rows.push({ cluster, isTreated: arm > 0, outcome: (lives.trial.outcomes[at]! >> arm) & 1 });
  }
  return rows;
}

/**
 * Width of the 95 % interval by the variances of all potential outcomes (Neyman, 1923), with households as
 * randomisation units: S² of their totals around the mean in each group, over the households of the group.
 */
function neymanWidth(): number {
  const groups = [
    { arms: [0], share: ARM_SHARES[0] },
    { arms: TREATED, share: ARM_SHARES[1] + ARM_SHARES[2] },
  ];
  const judged = [...lives.trial.isJudged.keys()].filter((at) => lives.trial.isJudged[at] === 1);
  const outcome = (at: number, arm: number): number => (lives.trial.outcomes[at]! >> arm) & 1;
  const variance = groups.reduce((sum, { arms, share }) => {
    const mean = arms.flatMap((arm) => judged.map((at) => outcome(at, arm))).reduce((left, right) => left + right, 0);
    const totals = new Map<string, number>();
    for (const arm of arms) {
      for (const at of judged) {
        const key = `${arm} ${householdOf(world, at)}`;
        totals.set(key, (totals.get(key) ?? 0) + outcome(at, arm) - mean / arms.length / judged.length);
      }
    }
    const squares = [...totals.values()].reduce((left, right) => left + right * right, 0) / arms.length;
    return sum + squares / share / judged.length ** 2;
  }, 0);
  return 2 * 1.959964 * Math.sqrt(variance);
}

describe('the past campaign', () => {
  test('retains customers on average', () => {
    const { judged, effect } = truth;
    expect(judged).toBeGreaterThan(1500);
    expect(effect['offers']!.expected).toBeLessThan(-0.003);
    expect(effect['discount']!.expected).toBeLessThan(effect['video']!.expected);
  });

  test('its interval has the nominal coverage over many randomisations', () => {
    const { realised } = truth.effect['offers']!;
    const stream = new Stream(99);
    const repetitions = 2000;
    let covered = 0;
    const widths: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const { low, high } = differenceInMeans(rerandomise(stream, repetition));
      if (low <= realised && realised <= high) covered += 1;
      widths.push(high - low);
    }
    const median = widths.sort((left, right) => left - right)[repetitions / 2]!;
    // 95 %, with the error of 2,000 repetitions
    expect(covered / repetitions).toBeGreaterThan(0.937);
    expect(covered / repetitions).toBeLessThan(0.962);
    expect(median).toBeLessThan(1.1 * neymanWidth());
    expect(median).toBeGreaterThan(0.9 * neymanWidth());
  });

  test('has the outcome of the assigned arm for every subscription', () => {
    const trial = trialMonth(world.months)!;
    for (let at = 0; at < world.subscriptions.count; at += 1) {
      if (lives.trial.isJudged[at] !== 1) continue;
      const churnMonth = lives.churnMonth[at]!;
      const isInFollowUp = churnMonth > trial && churnMonth <= trial + 3;
      expect((lives.trial.outcomes[at]! >> lives.trial.arm[at]!) & 1).toBe(isInFollowUp ? 1 : 0);
    }
  });

  test('affects other members less than the called one, and fades', () => {
    const called = { type: 0, isCalled: true, isAnswered: true };
    const [discount] = TREATED;
    expect(effectFactor(called, discount!, 1)).toBeLessThan(effectFactor({ ...called, isCalled: false }, discount!, 1));
    expect(effectFactor(called, discount!, 1)).toBeLessThan(effectFactor(called, discount!, 3));
    expect(effectFactor({ ...called, isAnswered: false }, discount!, 1)).toBe(1);
    expect(effectFactor(called, 0, 1)).toBe(1);
    expect(effectFactor({ ...called, type: 3 }, discount!, 1)).toBeGreaterThan(1);
  });

  test('has arms in the specified shares', () => {
    const stream = new Stream(3);
    const assigned = Array.from({ length: 20_000 }, (_, household) => assignedArm(stream, household));
    for (const [arm, share] of ARM_SHARES.entries()) {
      expect(assigned.filter((each) => each === arm).length / assigned.length).toBeCloseTo(share, 1);
    }
  });

  test('does not run in a span too short for an outcome', () => {
    const short = simulate(5, 300, 1);
    expect(trueEffectOf(short.lives, short.world.subscriptions.count)).toBeUndefined();
    expect(trialMonth(5)).toBeUndefined();
    expect(trialMonth(18)).toBe(12);
  });
});

describe('differenceInMeans', () => {
  test('is the difference, with the variance of independent units for clusters of one', () => {
    const rows = [1, 0, 0, 1, 0, 0, 0, 0].map((outcome, at) => ({ outcome, isTreated: at < 4, cluster: at }));
    const { estimate, low, high } = differenceInMeans(rows);
    // shares 0.5 and 0; variance 0.25 · 4 / 3 / 4 of the first, 0 of the second
    expect(estimate).toBe(0.5);
    expect(high - low).toBeCloseTo(2 * 1.959964 * Math.sqrt(0.25 / 3), 10);
  });
});

function simulate(seed: number, subscribers: number, months: number): { world: World; lives: Lives } {
  const built = buildWorld({ seed, subscribers, months, to: '2026-09' });
  return { world: built, lives: simulateLives(built) };
}

describe('the campaign by the old rule', () => {
  test('ends before the randomised one begins, or does not run', () => {
    for (let months = 1; months <= 24; months += 1) {
      expect((oldRuleMonth(months) ?? -Infinity) + FOLLOW_UP_MONTHS).toBeLessThan(trialMonth(months) ?? Infinity);
    }
    expect(oldRuleMonth(9)).toBeUndefined();
    expect(oldRuleMonth(18)).toBe(8);
  });

  test.each([5, 6, 7])('biases a comparison of means; the randomised one does not (seed %i)', (seed) => {
    const { world, lives } = simulate(seed, 8000, 12);
    const { effectOnCalled, naive, naiveError, called, judged } = oldRuleEffectOf(world, lives)!;
    expect(called).toBeGreaterThan(100);
    expect(called).toBeLessThan(judged / 4);
    expect(effectOnCalled.expected).toBeLessThan(-0.005);
    expect(naive.low).toBeGreaterThan(Math.max(effectOnCalled.realised, effectOnCalled.expected));
    expect(naiveError).toBeGreaterThan(0.03);
    const difference = trialDifference(world, lives)!;
    const truth = trueEffectOf(lives, world.subscriptions.count)!.effect['offers']!.realised;
    expect(difference.low).toBeLessThan(truth);
    expect(difference.high).toBeGreaterThan(truth);
  });

  test('has the outcome of the assigned arm for every subscription', () => {
    const { world, lives } = simulate(8, 2000, 12);
    const old = oldRuleMonth(world.months)!;
    const changed = [0, 0];
    for (let at = 0; at < world.subscriptions.count; at += 1) {
      if (lives.oldRule.isJudged[at] !== 1) continue;
      const churnMonth = lives.churnMonth[at]!;
      const isInFollowUp = churnMonth > old && churnMonth <= old + FOLLOW_UP_MONTHS;
      expect((lives.oldRule.outcomes[at]! >> lives.oldRule.isCalled[at]!) & 1).toBe(isInFollowUp ? 1 : 0);
      const isChanged = lives.oldRule.outcomes[at] === 1 || lives.oldRule.outcomes[at] === 2;
      if (isChanged) changed[lives.oldRule.isAnswered[at]!]! += 1;
    }
    expect(changed[0]).toBe(0);
    expect(changed[1]).toBeGreaterThan(5);
  });

  test('depends on the bill and the end of the contract', () => {
    expect(isOnList(80, 0)).toBe(true);
    expect(isOnList(20, 0)).toBe(false);
    expect(isOnList(80, -5)).toBe(false);
    expect(isOnList(80, Infinity)).toBe(false);
  });

  test('has more effect with a better agent', () => {
    const stream = new Stream(4);
    const qualities = Array.from({ length: AGENTS }, (_, agent) => agentQuality(stream, agent));
    expect(Math.max(...qualities) - Math.min(...qualities)).toBeGreaterThan(0.4);
    const persuadable = { type: 0, isCalled: true, isAnswered: true };
    expect(oldEffectFactor(persuadable, 1.3, 1)).toBeLessThan(oldEffectFactor(persuadable, 0.5, 1));
  });
});
