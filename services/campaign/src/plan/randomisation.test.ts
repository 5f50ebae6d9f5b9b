import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { assignArm, sharesOf, type Share } from './randomisation.js';

/** Groups of a campaign, whose shares add up to 1. */
const anyShares = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }).map((weights): Share[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const [last, ...offers] = weights;
  const arms = offers.map((weight, index) => ({ arm: `offer-${index}`, share: weight / total }));
  return sharesOf({ arms, controlShare: last! / total });
});

describe('assignment to arms', () => {
  it('is reproducible, and independent of order and of other units', () => {
    const units = fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(anyShares, fc.uuid(), units, fc.uuid(), (shares, seed, audience, newcomer) => {
        const draw = (ids: readonly string[]) => new Map(ids.map((id) => [id, assignArm(seed, id, shares)]));
        const before = draw(audience);
        const after = draw([newcomer, ...audience.toReversed()]);
        for (const id of audience) expect(after.get(id)).toBe(before.get(id));
      }),
    );
  });

  it('gives every group its share', () => {
    const units = 20_000;
    fc.assert(
      fc.property(anyShares, fc.integer({ min: 0, max: 1_000 }), (shares, seed) => {
        const counts = shares.map(() => 0);
        for (let unit = 0; unit < units; unit++) counts[assignArm(`seed ${seed}`, `unit ${unit}`, shares)]! += 1;
        const chiSquare = shares.reduce(
          (sum, { share }, index) => sum + (counts[index]! - share * units) ** 2 / (share * units),
          0,
        );
        // The 99.99999 % point of chi-square with 5 degrees of freedom; fewer groups stay below it all the more.
        expect(chiSquare).toBeLessThan(43);
      }),
      { numRuns: 20 },
    );
  });

  it('falls differently in another campaign', () => {
    const shares = sharesOf({ arms: [{ arm: 'a', share: 0.5 }], controlShare: 0.5 });
    const same = Array.from({ length: 2_000 }, (_, unit) => String(unit)).filter(
      (unit) => assignArm('one', unit, shares) === assignArm('other', unit, shares),
    );
    expect(same.length).toBeGreaterThan(850);
    expect(same.length).toBeLessThan(1_150);
  });

  it('is by the written rule', () => {
    const shares = sharesOf({
      arms: [
        { arm: 'a', share: 0.25 },
        { arm: 'b', share: 0.5 },
      ],
      controlShare: 0.25,
    });
    const unit = '3f0f8b52-0000-4000-8000-000000000001';
    const hex = createHash('sha256').update(`campaign\n${unit}`).digest('hex').slice(0, 12);
    const point = Number.parseInt(hex, 16) / 2 ** 48;
    expect(assignArm('campaign', unit, shares)).toBe(point < 0.25 ? 0 : point < 0.75 ? 1 : 2);
  });
});
