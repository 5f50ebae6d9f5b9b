import { recycleNumbers } from '../behaviour/numbers.js';
import { tableSource } from '../extract/table-source.js';
import { simulateLives } from '../hazard/life-simulator.js';
import { Stream } from '../randomness/stream.js';
import { buildWorld } from '../world/world.js';
import { caseShares, type CaseShare } from './hard-cases.js';
import { HARD_CASES } from './parties.js';

function sharesOf(seed: number): CaseShare[] {
  const world = buildWorld({ seed, subscribers: 4000, months: 18, to: '2026-09' });
  const lives = simulateLives(world);
  recycleNumbers(new Stream(seed), world, lives);
  return caseShares(tableSource(world, lives));
}

const shares = [1, 2, 3].map(sharesOf);

describe('hard cases', () => {
  test('all occur', () => {
    const named = new Set(shares[0]!.map((share) => share.case));
    expect([...named].sort()).toEqual([...HARD_CASES, 'groupCustomer'].sort());
    for (const { count, stated } of shares.flat()) expect([stated > 0, count > 0]).toEqual([true, true]);
  });

  test.each(shares[0]!.map((share, place) => ({ name: `${share.case} of ${share.of}`, place })))(
    'come in the stated share: $name',
    ({ place }) => {
      const [{ stated }] = [shares[0]![place]!];
      const of = (key: 'count' | 'among'): number => shares.reduce((sum, each) => sum + each[place]![key], 0);
      // four standard errors, increased for the correlation within households and firms
      const error = 4.5 * Math.sqrt((stated * (1 - stated)) / of('among'));
      expect(of('count') / of('among')).toBeGreaterThanOrEqual(stated - error - 0.002 * stated);
      expect(of('count') / of('among')).toBeLessThanOrEqual(stated + error + 0.002 * stated);
      expect(shares.every((each) => each[place]!.realised === each[place]!.count / each[place]!.among)).toBe(true);
    },
  );
});
