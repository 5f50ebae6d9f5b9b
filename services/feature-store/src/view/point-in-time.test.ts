import { pointInTimeOf, dayAfter, monthAfter } from './point-in-time.js';

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

test('months are counted across years', () => {
  expect([monthAfter('2026-01', -2), monthAfter('2025-11', 3), monthAfter('2026-05', 0)]).toEqual([
    '2025-11',
    '2026-02',
    '2026-05',
  ]);
  expect([dayAfter('2026-12'), dayAfter('2026-02')]).toEqual(['2027-01-01', '2026-03-01']);
});
