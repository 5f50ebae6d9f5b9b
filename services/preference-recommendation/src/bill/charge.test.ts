import fc from 'fast-check';
import { centsOf } from './charge.js';

describe('a charge', () => {
  it('is rounded half up to the cent', () => {
    // 0.005, 0.004999, 0.015 and 0.025 of the currency
    expect([5_000, 4_999, 15_000, 25_000].map((micro) => centsOf([micro], [1], [1]))).toEqual([1, 0, 2, 3]);
  });

  it('is exact beyond what a double holds', () => {
    // 1,000,000 MB in millionths × 9.999999 = 9,999,999.00
    expect(centsOf([9_999_999], [1e12], [1_000_000])).toBe(999_999_900);
  });

  it('is that of exact fractions, for any units', () => {
    const term = fc.record({
      rate: fc.integer({ min: 0, max: 10_000_000 }),
      amount: fc.integer({ min: 0, max: 2_000_000_000 }),
      unit: fc.constantFrom(1, 6, 60, 180, 1_000_000),
    });
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
        const common = 9_000_000_000n; // a multiple of every unit and of 10,000
        const sum = terms.reduce(
          (all, { rate, amount, unit }) => all + (BigInt(rate) * BigInt(amount) * common) / BigInt(unit),
          0n,
        );
        const exact = Number((2n * sum + common * 10_000n) / (2n * common * 10_000n));
        const cents = centsOf(
          terms.map(({ rate }) => rate),
          terms.map(({ amount }) => amount),
          terms.map(({ unit }) => unit),
        );
        expect(cents).toBe(exact);
      }),
    );
  });
});
