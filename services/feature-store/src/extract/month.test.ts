import fc from 'fast-check';
import { isTimeZone } from '@holdfast/platform/clock';
import { endOfMonth, monthOf } from './month.js';

test.each([
  ['2026-09', 'Asia/Shanghai', '2026-09-30T16:00:00.000Z'],
  ['2026-12', 'Asia/Shanghai', '2026-12-31T16:00:00.000Z'],
  ['2026-02', 'UTC', '2026-03-01T00:00:00.000Z'],
  ['2026-06', 'America/New_York', '2026-07-01T04:00:00.000Z'],
  ['2026-06', 'Asia/Kathmandu', '2026-06-30T18:15:00.000Z'],
  // Clocks went forward on the month's last day, between midnight in UTC and there.
  ['2024-03', 'Europe/Berlin', '2024-03-31T22:00:00.000Z'],
  // Clocks went back on the first day of the next month.
  ['2020-10', 'America/New_York', '2020-11-01T04:00:00.000Z'],
])('%s ends at midnight in %s', (month, zone, expected) => {
  expect(endOfMonth(month, zone).toISOString()).toBe(expected);
});

test('the last moment of a month is in it, its end in the next', () => {
  const zone = fc.constantFrom('Asia/Shanghai', 'UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Auckland');
  fc.assert(
    fc.property(zone, fc.integer({ min: 2000, max: 2040 }), fc.integer({ min: 0, max: 11 }), (timeZone, year, at) => {
      const [month, next] = [at, at + 1].map((of) => new Date(Date.UTC(year, of)).toISOString().slice(0, 7));
      const end = endOfMonth(month!, timeZone);
      expect(monthOf(new Date(end.getTime() - 1), timeZone)).toBe(month);
      expect(monthOf(end, timeZone)).toBe(next);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['Asia/Shanghai', true],
  ['UTC', true],
  ['Asia/Shenyang', false],
  ['', false],
])('%j is a time zone: %j', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});
