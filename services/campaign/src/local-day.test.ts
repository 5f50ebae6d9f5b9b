import { isTimeZone } from '@holdfast/platform/clock';
import { dayAfter, dayOf, dayStartsAt, isDay, monthAfter } from './local-day.js';

describe('days of a calendar', () => {
  it.each([
    ['2026-09-30T15:59:59.999Z', 'Asia/Shanghai', '2026-09-30'],
    ['2026-09-30T16:00:00Z', 'Asia/Shanghai', '2026-10-01'],
    ['2026-12-31T23:30:00Z', 'Europe/Berlin', '2027-01-01'],
    ['2026-03-01T04:59:00Z', 'America/New_York', '2026-02-28'],
  ])('%s is in %s the %s', (at, zone, day) => {
    expect(dayOf(new Date(at), zone)).toBe(day);
  });

  it.each([
    ['2026-10-01', 'Asia/Shanghai', '2026-09-30T16:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
  ])('%s begins in %s at %s', (day, zone, at) => {
    expect(dayStartsAt(day, zone).toISOString()).toBe(at);
  });

  it('counts days and months over the ends of months and years', () => {
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
    expect(dayAfter('2028-02-28', 1)).toBe('2028-02-29');
    expect(monthAfter('2026-10-31', 4)).toBe('2027-02-01');
    expect(monthAfter('2026-01-01', 1)).toBe('2026-02-01');
  });

  it.each([
    ['2026-02-28', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['2026-1-1', false],
    ['', false],
    ['tomorrow', false],
  ])('%s is a day: %s', (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });

  it.each([
    ['Asia/Shanghai', true],
    ['', false],
    ['Asia/', false],
  ])('%s is a zone: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
  });
});
