import { restartDelayMs } from './restart-policy.mjs';

describe('when to start a dead service again', () => {
  const now = 1_000_000;
  it.each([
    ['the first death', [now], 250],
    ['the third in a minute', [now - 2000, now - 1000, now], 1000],
    ['the fifth in a minute', [now - 50_000, now - 3000, now - 2000, now - 1000, now], 4000],
    ['the sixth in a minute', [now - 50_000, now - 4000, now - 3000, now - 2000, now - 1000, now], undefined],
    ['the second after a quiet minute', [now - 70_000, now - 65_000, now - 61_000, now - 60_001, now - 10, now], 500],
  ])('%s', (_, deaths, delay) => {
    expect(restartDelayMs(deaths, now, false)).toBe(delay);
  });

  it('one that was ready is started again for as long as it dies', () => {
    const everySecond = Array.from({ length: 60 }, (_, second) => now - second * 1000);
    expect([6, 7, 60].map((deaths) => restartDelayMs(everySecond.slice(0, deaths), now, true))).toEqual([
      8000, 15_000, 15_000,
    ]);
  });
});
