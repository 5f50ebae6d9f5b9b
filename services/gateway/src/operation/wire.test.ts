import * as fc from 'fast-check';
import { Operator } from './operator.js';
import { Money, computedMoneyJson, moneyJson, wordOf } from './wire.js';

test.each([
  [0, '0.00'],
  [5, '0.05'],
  [-5, '-0.05'],
  [123_456, '1234.56'],
])('%d minor units are %s', (minor, amount) => {
  expect(moneyJson({ minor, currency: 'CNY' })).toEqual({ amount, currency: 'CNY' });
});

test('money is exact for any whole number of minor units', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (minor) => {
      const { amount } = Money.parse(moneyJson({ minor, currency: 'CNY' }));
      expect(BigInt(amount.replace('.', ''))).toBe(BigInt(minor));
    }),
  );
});

test('an absent amount is null, not zero', () => {
  expect(moneyJson(undefined)).toBeNull();
  expect(computedMoneyJson(undefined, '')).toBeNull();
  expect(computedMoneyJson(0, 'CNY')).toEqual({ amount: '0.00', currency: 'CNY' });
});

test.each([
  ['JOB_STATE_RUNNING', 'JOB_STATE_', 'running'],
  ['COMPARISON_KIND_CHURN_SHARE_OF_BAND', 'COMPARISON_KIND_', 'churnShareOfBand'],
])('%s is written as %p', (value, prefix, word) => {
  expect(wordOf(value, prefix)).toBe(word);
});

test.each([
  ['shenyang', 'demo/shenyang/'],
  ['demo', 'demo/'],
  ['St. John', 'demo/St%2E%20John/'],
  ['demo/shenyang', 'demo/shenyang/'],
  ['demo/shenyang/', 'demo/shenyang/'],
])('unit %s is %s', (unit, orgUnitPath) => {
  expect(new Operator('demo').orgUnitPathOf(unit)).toBe(orgUnitPath);
});
