import fc from 'fast-check';
import { isQuiet, minuteOf, minuteOfDay, quietEndsAt, type QuietHours } from './quiet-hours.js';

const night: QuietHours = { fromMinute: minuteOf('21:00'), toMinute: minuteOf('09:00') };
const early: QuietHours = { fromMinute: 0, toMinute: minuteOf('02:30') };
const lunch: QuietHours = { fromMinute: minuteOf('12:00'), toMinute: minuteOf('13:30') };
const ZONES = [
  ...['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Kathmandu', 'UTC'],
  ...['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'], // their clocks change
];

describe('quiet hours', () => {
  it.each([
    [night, '20:59', false],
    [night, '21:00', true],
    [night, '23:59', true],
    [night, '00:00', true],
    [night, '08:59', true],
    [night, '09:00', false],
    [night, '15:00', false],
    [lunch, '11:59', false],
    [lunch, '12:00', true],
    [lunch, '13:29', true],
    [lunch, '13:30', false],
    [lunch, '00:00', false],
  ])('of %j at %s: %s', (quiet, timeOfDay, expected) => {
    expect(isQuiet(quiet, minuteOf(timeOfDay))).toBe(expected);
  });

  it.each([
    ['2026-09-03T02:00:00Z', 'Asia/Shanghai', '10:00'],
    ['2026-09-03T16:00:00Z', 'Asia/Shanghai', '00:00'],
    ['2026-09-03T12:59:59.999Z', 'Asia/Shanghai', '20:59'],
    ['2026-09-03T00:00:00Z', 'Asia/Kathmandu', '05:45'],
    ['2026-03-29T00:59:00Z', 'Europe/Berlin', '01:59'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '03:00'],
  ])('sees %s in %s as %s', (at, zone, timeOfDay) => {
    expect(minuteOfDay(new Date(at), zone)).toBe(minuteOf(timeOfDay));
  });

  it.each(['', 'Mars/Olympus', 'Asia/', ' '])('rejects the zone "%s"', (zone) => {
    expect(minuteOfDay(new Date(), zone)).toBeUndefined();
  });

  it.each([
    ['an ordinary night', night, '2026-09-03T13:00:00Z', 'Asia/Shanghai', '2026-09-04T01:00:00Z'],
    ['seconds into a minute', night, '2026-09-03T13:00:42Z', 'Asia/Shanghai', '2026-09-04T01:00:00Z'],
    ['not quiet: at once', night, '2026-09-03T12:59:59Z', 'Asia/Shanghai', '2026-09-03T12:59:59Z'],
    ['the clocks go forward in the night', night, '2026-03-28T21:00:00Z', 'Europe/Berlin', '2026-03-29T07:00:00Z'],
    ['the clocks go back in the night', night, '2026-10-24T21:00:00Z', 'Europe/Berlin', '2026-10-25T08:00:00Z'],
    ['the clocks skip its end', early, '2026-03-28T23:30:00Z', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['its end comes twice', early, '2026-10-24T22:30:00Z', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
  ])('end: %s', (_, quiet, at, zone, expected) => {
    expect(quietEndsAt(quiet, new Date(at), zone)).toEqual(new Date(expected));
  });

  it('end at the first minute that is not quiet, in any zone on any day', () => {
    const anyMinute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(
        anyMinute,
        anyMinute,
        fc.date({ min: new Date('2025-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        fc.constantFrom(...ZONES),
        (fromMinute, toMinute, at, zone) => {
          fc.pre(fromMinute !== toMinute);
          const quiet = { fromMinute, toMinute };
          const end = quietEndsAt(quiet, at, zone);
          expect(isQuiet(quiet, minuteOfDay(end, zone)!)).toBe(false);
          const minuteBefore = new Date(end.getTime() - 60_000);
          expect(minuteBefore < at || isQuiet(quiet, minuteOfDay(minuteBefore, zone)!)).toBe(true);
          expect(end.getTime() - at.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
        },
      ),
      { numRuns: 300 },
    );
  });
});
