import { tableSource } from '../extract/table-source.js';
import { simulateLives } from '../hazard/life-simulator.js';
import { buildWorld, householdOf } from '../world/world.js';
import { BUDGET_SHARE, bestPolicyOf, bestTreatmentRows, bestPolicyLines } from './best-policy.js';

describe('the best policy', () => {
  const world = buildWorld({ seed: 8, subscribers: 900, months: 6, to: '2026-06' });
  const lives = simulateLives(world, { withOutlook: true });
  const source = tableSource(world, lives);
  const policy = bestPolicyOf(source)!;
  const { outlook } = lives;

  /** Best gain of each household, by brute force. */
  function gainsByHousehold(gain: Float32Array): number[] {
    const households = Array.from({ length: world.households.count }, () => 0);
    for (let at = 0; at < world.subscriptions.count; at += 1) {
      const household = householdOf(world, at);
      households[household] = Math.max(households[household]!, gain[at]!);
    }
    return households.filter((each) => each > 0).sort((left, right) => right - left);
  }

  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

  test('contacts every household with a gain once, or those with the highest gains', () => {
    const valueGains = gainsByHousehold(outlook.maxValue.cny);
    const retentionGains = gainsByHousehold(outlook.maxRetention.stays);
    const few = Math.floor(BUDGET_SHARE * policy.atStart);
    expect(valueGains.length).toBeGreaterThan(few);
    expect(policy.byValue.unlimited.contacts).toBe(valueGains.length);
    expect(policy.byValue.budget.contacts).toBe(few);
    const { byValue, byRetention, atStart } = policy;
    expect(byValue.unlimited.netCnyPerThousand).toBeCloseTo((1000 * sum(valueGains)) / atStart, 2);
    expect(byValue.budget.netCnyPerThousand).toBeCloseTo((1000 * sum(valueGains.slice(0, few))) / atStart, 2);
    expect(byRetention.unlimited.stayedPerThousand).toBeCloseTo((1000 * sum(retentionGains)) / atStart, 2);
    expect(byRetention.budget.stayedPerThousand).toBeCloseTo((1000 * sum(retentionGains.slice(0, few))) / atStart, 2);
  });

  test('is best in its objective', () => {
    const { byValue, byRetention } = policy;
    for (const budget of ['unlimited', 'budget'] as const) {
      expect(byValue[budget].netCnyPerThousand).toBeGreaterThan(byRetention[budget].netCnyPerThousand);
      expect(byRetention[budget].stayedPerThousand).toBeGreaterThan(byValue[budget].stayedPerThousand);
      expect(byValue[budget].netCnyPerThousand).toBeGreaterThan(0);
    }
    expect(bestPolicyLines(policy).join('\n')).toContain('2026-07 to 2026-10');
  });

  test('contacts fewer sleeping dogs and lost causes', () => {
    const rows = [...bestTreatmentRows(source)];
    expect(rows).toHaveLength(policy.atStart);
    const shareContacted = (type: string): number => {
      const ofType = rows.filter((row) => row[1] === type);
      return ofType.filter((row) => row[4] !== undefined).length / ofType.length;
    };
    expect(shareContacted('persuadable')).toBeGreaterThan(0.5);
    expect(shareContacted('lost')).toBeLessThan(shareContacted('persuadable') - 0.2);
    expect(shareContacted('sleepingDog')).toBeLessThan(shareContacted('persuadable') - 0.2);
  });
});
