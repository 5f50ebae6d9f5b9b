import { Stream } from '../randomness/stream.js';
import { DISTRICTS } from './geography.js';
import { BASELINE_CALLS, RIVALS, RivalCampaigns } from './rivals.js';

const FIRST = 2025 * 12;
const MONTHS = 24;

function callsIn(rivals: RivalCampaigns, district: number, month: number, age: number): number {
  const calls = new Float64Array(RIVALS.length);
  rivals.fillCalls(district, month, age, calls);
  return calls.reduce((sum, each) => sum + each, 0);
}

describe('rival campaigns', () => {
  const rivals = new RivalCampaigns(17, FIRST, MONTHS);

  test('run in some months and districts, and not in most', () => {
    const places = DISTRICTS.flatMap((_, district) =>
      Array.from({ length: MONTHS }, (__, month) => ({ district, month: FIRST + month })),
    );
    const active = places.filter(({ district, month }) => rivals.in(district, month).length > 0);
    expect(active.length / places.length).toBeGreaterThan(0.1);
    expect(active.length / places.length).toBeLessThan(0.35);
    const moreIn = (of: typeof places): number[] =>
      of.map(({ district, month }) => callsIn(rivals, district, month, 30) - BASELINE_CALLS);
    expect(Math.min(...moreIn(active))).toBeGreaterThan(0.05);
    const quiet = places.filter(({ district, month }) => rivals.in(district, month).length === 0);
    expect(Math.max(...moreIn(quiet))).toBeCloseTo(0, 12);
  });

  test('do not depend on the queried months', () => {
    const shorter = new RivalCampaigns(17, FIRST + 5, 4);
    for (let month = FIRST + 5; month < FIRST + 9; month += 1) {
      for (const district of DISTRICTS.keys()) {
        expect(shorter.in(district, month)).toEqual(rivals.in(district, month));
      }
    }
  });

  test('reach their target group most', () => {
    const campus = rivals.all.find(({ offer, district, firstMonth }) => {
      return offer === 1 && rivals.in(district, firstMonth).length === 1 && firstMonth >= FIRST;
    })!;
    const at = (age: number): number => callsIn(rivals, campus.district, campus.firstMonth, age);
    expect(at(20)).toBeGreaterThan(at(50));
    expect(at(50)).toBeGreaterThan(BASELINE_CALLS);
  });

  test('have the mean effect of independent campaigns in one month of six', () => {
    const rate = (faded: number): number => Math.exp(1.7 * Math.min(3.5, faded));
    const ages = [16, 22, 28, 35, 42, 50, 58, 66];
    let sum = 0;
    let months = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const of = new RivalCampaigns(seed, FIRST, 40);
      for (let person = 0; person < 320; person += 1) {
        const random = new Stream(seed).at(9999, person);
        let faded = 0;
        for (let month = 0; month < 40; month += 1) {
          faded = 0.6 * faded + random.poisson(callsIn(of, person % 8, FIRST + month, ages[(person >> 3) % 8]!));
          if (month <= 10) continue;
          sum += rate(faded);
          months += 1;
        }
      }
    }
    // 3.40 with 0.05 calls per month, and 0.45 in 18 % of the months
    expect(sum / months).toBeGreaterThan(3.4 * 0.9);
    expect(sum / months).toBeLessThan(3.4 * 1.1);
  });
});
