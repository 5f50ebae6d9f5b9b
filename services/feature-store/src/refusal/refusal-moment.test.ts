import { RefusalMoments } from './refusal-moment.js';

const iso = (zone: string, cell: string): string | undefined => {
  const ms = new RefusalMoments(zone).read(cell);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('the moment of a refusal', () => {
  it.each([
    ['2026-10-01T10:00:00', '2026-10-01T02:00:00.000Z'],
    ['2026-10-01 10:00', '2026-10-01T02:00:00.000Z'],
    ['2026-10-01 10:00:00.250', '2026-10-01T02:00:00.250Z'],
    ['2026-10-01T10:00:00Z', '2026-10-01T10:00:00.000Z'],
    ['2026-10-01T10:00:00+02:00', '2026-10-01T08:00:00.000Z'],
    ['2026-10-01 10:00:00-05', '2026-10-01T15:00:00.000Z'],
    ['2026-10-01', '2026-10-01T15:59:59.999Z'],
    ['2026/10/1', '2026-10-01T15:59:59.999Z'],
    ['2026.10.01', '2026-10-01T15:59:59.999Z'],
    ['2026年10月1日', '2026-10-01T15:59:59.999Z'],
    ['20261001', '2026-10-01T15:59:59.999Z'],
    ['2026-10-01 in the evening', '2026-10-01T15:59:59.999Z'],
    ['2026-02-30', undefined],
    ['2026-13-01', undefined],
    ['yesterday', undefined],
    ['', undefined],
  ])('%j in Shanghai is %s', (cell, expected) => {
    expect(iso('Asia/Shanghai', cell)).toBe(expected);
  });

  it('follows the clocks of the zone where they change', () => {
    expect(iso('Europe/Berlin', '2026-03-28')).toBe('2026-03-28T22:59:59.999Z');
    expect(iso('Europe/Berlin', '2026-03-29')).toBe('2026-03-29T21:59:59.999Z');
    expect(iso('Europe/Berlin', '2026-10-25')).toBe('2026-10-25T22:59:59.999Z');
  });
});
