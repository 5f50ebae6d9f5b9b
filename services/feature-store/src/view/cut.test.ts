import { cutOf, dayAfter, monthAfter } from './cut.js';

const drawn = new Date('2026-10-02T03:00:00+08:00');

describe('the cut of a month', () => {
  test.each([
    ['2026-06', 5, '2026-07-06T00:00:00+08:00'],
    ['2026-06', 0, '2026-07-01T00:00:00+08:00'],
    ['2026-09', 5, '2026-10-02T03:00:00+08:00'],
    ['2026-09', 1, '2026-10-02T00:00:00+08:00'],
  ])('of %s, %d days later, is not later than the newest extract', (month, lagDays, expected) => {
    const cut = cutOf(month, 'Asia/Shanghai', lagDays, drawn);
    expect(cut.knownAt).toEqual(new Date(expected));
    expect(cut.endsAt <= cut.knownAt).toBe(true);
  });

  test('ends by the operator’s clocks', () => {
    expect(cutOf('2026-06', 'Asia/Shanghai', 5, drawn).endsAt).toEqual(new Date('2026-06-30T16:00:00Z'));
    expect(cutOf('2026-06', 'Europe/Berlin', 5, drawn).endsAt).toEqual(new Date('2026-06-30T22:00:00Z'));
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
