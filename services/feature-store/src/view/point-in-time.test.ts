import { pointInTimeOf } from './point-in-time.js';

const drawn = new Date('2026-10-02T03:00:00+08:00');

describe('the pointInTime of a month', () => {
  test.each([
    ['2026-06', 5, '2026-07-06T00:00:00+08:00'],
    ['2026-06', 0, '2026-07-01T00:00:00+08:00'],
    ['2026-09', 5, '2026-10-02T03:00:00+08:00'],
    ['2026-09', 1, '2026-10-02T00:00:00+08:00'],
  ])('of %s, %d days later, is not later than the newest extract', (month, lagDays, expected) => {
    const pointInTime = pointInTimeOf(month, 'Asia/Shanghai', lagDays, drawn);
    expect(pointInTime.knowledgeTime).toEqual(new Date(expected));
    expect(pointInTime.endsAt <= pointInTime.knowledgeTime).toBe(true);
  });

  test('ends by the operator’s clocks', () => {
    expect(pointInTimeOf('2026-06', 'Asia/Shanghai', 5, drawn).endsAt).toEqual(new Date('2026-06-30T16:00:00Z'));
    expect(pointInTimeOf('2026-06', 'Europe/Berlin', 5, drawn).endsAt).toEqual(new Date('2026-06-30T22:00:00Z'));
  });
});
