import { maskedName, maskedNumber } from './field.js';

describe('a mask', () => {
  it.each([
    ['王小明', '王**'],
    ['王', '王*'],
    ['𠮷野', '𠮷*'],
    ['', '*'],
  ])('of the name %s is %s', (name, masked) => {
    expect(maskedName(name)).toBe(masked);
  });

  it.each([
    ['13800138000', '138******00'],
    ['123456', '123*56'],
    ['12345', '*****'],
    ['', ''],
  ])('of the number %s is %s', (number, masked) => {
    expect(maskedNumber(number)).toBe(masked);
  });
});
