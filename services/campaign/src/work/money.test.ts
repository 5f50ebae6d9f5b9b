import fc from 'fast-check';
import { decimalText, minorDigits, moneyOf, NO_CURRENCY, toMinor } from './money.js';

describe('money', () => {
  it.each([
    [95.1, 'CNY', 9510, '95.10'],
    [1.005, 'CNY', 100, '1.00'], // 1.005 is 1.00499999999999989… as a double
    [0.125, 'CNY', 13, '0.13'],
    [-0.125, 'CNY', -13, '-0.13'],
    [95, 'JPY', 95, '95'],
    [1.2345, 'KWD', 1235, '1.235'],
    [2, NO_CURRENCY, 200, '2.00'],
  ])('%d %s is %d minor, %s', (amount, currency, minor, text) => {
    expect(toMinor(amount, currency)).toBe(minor);
    expect(decimalText(minor, currency)).toBe(text);
  });

  it('keeps what is unknown unknown', () => {
    expect(moneyOf(null, 'CNY')).toBeUndefined();
    expect(moneyOf('0', 'CNY')).toEqual({ minor: 0, currency: 'CNY' });
  });

  it('comes back from its decimal text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom('CNY', 'JPY', 'KWD'), (minor, currency) => {
        expect(Math.round(Number(decimalText(minor, currency)) * 10 ** minorDigits(currency)) + 0).toBe(minor);
      }),
    );
  });
});
