import fc from 'fast-check';
import { LocalCalendar, dateText, dayOfText, firstDayOf, monthPlus } from './local-calendar.js';

describe('a local calendar', () => {
  it.each([
    ['Asia/Shanghai', '2026-10-02', '2026-10-01T16:00:00.000Z'],
    ['Asia/Shanghai', '1988-07-01', '1988-06-30T15:00:00.000Z'], // China had summer time then
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'], // clocks go forward at 02:00 of that day
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'], // and back
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    ['UTC', '2026-02-28', '2026-02-28T00:00:00.000Z'],
  ])('of %s begins %s at %s', (timeZone, date, begins) => {
    const calendar = new LocalCalendar(timeZone);
    const midnight = calendar.midnight(dayOfText(date)!);
    expect(midnight.toISOString()).toBe(begins);
    expect(calendar.dateOf(midnight)).toBe(date);
    expect(calendar.dayOf(new Date(midnight.getTime() - 1))).toBe(dayOfText(date)! - 1);
  });

  it('finds every day again at which it begins', () => {
    const calendars = ['Asia/Shanghai', 'Europe/London', 'Australia/Lord_Howe'].map((zone) => new LocalCalendar(zone));
    fc.assert(
      fc.property(fc.constantFrom(...calendars), fc.integer({ min: 8_000, max: 25_000 }), (calendar, day) => {
        expect(calendar.dayOf(calendar.midnight(day))).toBe(day);
      }),
    );
  });

  it('reads dates, and nothing else', () => {
    const days = ['2026-02-28', '2026-13-01', '20260101', ''].map(dayOfText);
    expect(days).toEqual([20_512, undefined, undefined, undefined]);
    expect(dateText(20_512)).toBe('2026-02-28');
  });

  it.each([
    ['2026-01', -1, '2025-12'],
    ['2026-12', 1, '2027-01'],
    ['2026-09', -2, '2026-07'],
    ['2026-09', 0, '2026-09'],
  ])('counts from %s by %i to %s', (month, by, expected) => {
    expect(monthPlus(month, by)).toBe(expected);
    expect(dateText(firstDayOf(expected))).toBe(`${expected}-01`);
  });
});
