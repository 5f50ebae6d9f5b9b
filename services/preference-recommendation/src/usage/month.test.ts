import { LocalTime, dayText, lastDayOf, lastMonths } from './month.js';

describe('months', () => {
  it('go back over a new year', () => {
    expect(lastMonths('2026-02', 3)).toEqual(['2025-12', '2026-01', '2026-02']);
    const lastDays = ['2026-02', '2024-02', '2026-12'].map((month) => dayText(lastDayOf(month)));
    expect(lastDays).toEqual(['2026-02-28', '2024-02-29', '2026-12-31']);
    expect(() => lastMonths('2026-13', 3)).toThrow('YYYY-MM');
  });
});

describe('local time', () => {
  it('is that of the zone at that moment', () => {
    const shanghai = new LocalTime('Asia/Shanghai');
    expect(shanghai.minuteOfDay(Date.parse('2026-09-30T13:00:59Z'))).toBe(21 * 60);
    expect(shanghai.minuteOfDay(Date.parse('2026-09-30T16:00:00Z'))).toBe(0);
    expect(dayText(shanghai.dayOf(Date.parse('2026-09-30T16:00:00Z')))).toBe('2026-10-01');
    // An hour later an hour is skipped.
    const berlin = new LocalTime('Europe/Berlin');
    const around = ['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'].map((at) => berlin.minuteOfDay(Date.parse(at)));
    expect(around).toEqual([119, 180]);
    expect(new LocalTime('Asia/Kolkata').minuteOfDay(Date.parse('2026-01-01T00:00:00Z'))).toBe(330);
  });
});
