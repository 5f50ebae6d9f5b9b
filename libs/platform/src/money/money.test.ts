import fc from 'fast-check';
import { decimalText, minorDigits, moneyOf, NO_CURRENCY, parseDecimal, toMajor, toMinor } from './money.js';

describe('money', () => {
  it.each([
    [95.1, 'CNY', 9510, '95.10'],
    [1.005, 'CNY', 100, '1.00'], // 1.005 is 1.00499999999999989… as a double
    [0.125, 'CNY', 13, '0.13'],
    [-0.125, 'CNY', -13, '-0.13'],
    [0.05, 'CNY', 5, '0.05'],
    [95, 'JPY', 95, '95'],
    [1.2345, 'KWD', 1235, '1.235'],
    [2, NO_CURRENCY, 200, '2.00'],
  ])('%d %s is %d minor, %s', (amount, currency, minor, text) => {
    expect(toMinor(amount, currency)).toBe(minor);
    expect(decimalText(minor, minorDigits(currency))).toBe(text);
    expect(parseDecimal(text)).toBe(minor);
    expect(toMajor(minor, currency)).toBe(Number(text));
  });

  it.each([
    [null, undefined],
    [undefined, undefined],
    [NaN, undefined],
    ['0', 0],
    ['-1200', -1200],
    [12.5, 13],
    [-12.5, -12],
    [-0.2, 0],
  ])('the message of %j has %j minor units', (minor, expected) => {
    expect(moneyOf(minor, 'CNY')).toEqual(expected === undefined ? undefined : { minor: expected, currency: 'CNY' });
  });

  it('comes back from its decimal text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(0, 2, 3), (minor, digits) => {
        expect(parseDecimal(decimalText(minor, digits))).toBe(minor);
        expect(decimalText(minor, digits)).toMatch(digits === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${digits}}$`));
      }),
    );
  });
});
