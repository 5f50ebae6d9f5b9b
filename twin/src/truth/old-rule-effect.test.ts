import { simulateLives } from '../hazard/life-simulator.js';
import type { Lives } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import { AGENTS, agentQuality, isOnList, oldEffectFactor, oldRuleMonth } from '../treatment/old-rule.js';
import { FOLLOW_UP_MONTHS, trialMonth } from '../treatment/trial.js';
import { buildWorld, type World } from '../world/world.js';
import { oldRuleEffectOf } from './old-rule-effect.js';
import { trialDifference, trueEffectOf } from './trial-effect.js';

function simulate(seed: number, subscribers: number): { world: World; lives: Lives } {
  const world = buildWorld({ seed, subscribers, months: 12, to: '2026-09' });
  const lives = simulateLives(world);
  return { world, lives };
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
    const { world, lives } = simulate(seed, 8000);
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
    const { world, lives } = simulate(8, 2000);
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
