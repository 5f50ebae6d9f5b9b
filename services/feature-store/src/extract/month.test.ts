import { endOfMonth, monthOf } from './month.js';

test('a month ends at midnight by Chinese time', () => {
  expect(endOfMonth('2026-09').toISOString()).toBe('2026-09-30T16:00:00.000Z');
  expect(endOfMonth('2026-12').toISOString()).toBe('2026-12-31T16:00:00.000Z');
});

test('the last moment of a month is in it, its end in the next', () => {
  expect(monthOf(new Date(endOfMonth('2026-12').getTime() - 1))).toBe('2026-12');
  expect(monthOf(endOfMonth('2026-12'))).toBe('2027-01');
});
