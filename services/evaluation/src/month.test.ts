import fc from 'fast-check';
import { monthNumber, monthText } from '@holdfast/platform/month';
import { localDay, localMonth } from './month.js';

test('a month is its number and back', () => {
  expect(monthNumber('2026-01') - monthNumber('2025-12')).toBe(1);
  fc.assert(
    fc.property(fc.integer({ min: 1900 * 12, max: 2200 * 12 }), (month) => {
      expect(monthNumber(monthText(month))).toBe(month);
    }),
  );
});

test.each([
  ['2026-09-30T15:59:59.999Z', '2026-09-30', '2026-09'],
  ['2026-09-30T16:00:00Z', '2026-10-01', '2026-10'],
])('%s is %s in Shanghai', (at, day, month) => {
  expect(localDay(new Date(at), 'Asia/Shanghai')).toBe(day);
  expect(monthText(localMonth(new Date(at), 'Asia/Shanghai'))).toBe(month);
});
