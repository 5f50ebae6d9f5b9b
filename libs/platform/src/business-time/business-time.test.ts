import { businessTimeOf, callableInstant } from './business-time.js';

it.each([
  ['2026-02', undefined, '2026-03-03T02:00:00.000Z'],
  ['2026-12', undefined, '2027-01-03T02:00:00.000Z'],
  ['2026-09', '2026-10-02T03:00:00+08:00', '2026-10-03T02:00:00.000Z'],
  ['2026-09', '2026-10-07T11:30:00+08:00', '2026-10-07T03:30:00.000Z'],
  ['2026-09', '2026-10-07T23:30:00+08:00', '2026-10-08T02:00:00.000Z'],
  ['2026-09', '2126-10-07T11:30:00+08:00', '2026-10-03T02:00:00.000Z'],
  ['2026-09', 'soon', '2026-10-03T02:00:00.000Z'],
])('business time of data up to %s that were written at %s is %s', (month, writtenAt, instant) => {
  const written = writtenAt === undefined ? undefined : new Date(writtenAt);
  expect(businessTimeOf(month, written).toISOString()).toBe(instant);
});

it.each([
  ['2026-03-03T00:59:59Z', '2026-03-03T02:00:00.000Z'],
  ['2026-03-03T01:00:00Z', '2026-03-03T01:00:00.000Z'],
  ['2026-03-03T12:59:59Z', '2026-03-03T12:59:59.000Z'],
  ['2026-03-03T13:00:00Z', '2026-03-04T02:00:00.000Z'],
  ['2026-12-31T15:59:59Z', '2027-01-01T02:00:00.000Z'],
  ['2026-12-31T16:00:00Z', '2027-01-01T02:00:00.000Z'],
])('at %s people may be called at %s', (instant, callable) => {
  expect(callableInstant(new Date(instant)).toISOString()).toBe(callable);
});
