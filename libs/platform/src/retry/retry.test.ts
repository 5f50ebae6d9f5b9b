import { Failure, type FailureKind } from '../errors/errors.js';
import { Retries, backoffMs } from './retry.js';

const HOUR_MS = 3_600_000;
const message = { seq: 7 };
const failureOf = (kind: FailureKind) => new Failure(kind, 'some.key', { en: 'Text.', 'zh-CN': '文。' });

describe('retries', () => {
  it('wait a second, then twice as long each time, at most a minute', () => {
    expect([1, 2, 3, 6, 7, 50].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  it('continue for a day while a part of the system is unavailable', () => {
    const retries = new Retries();
    for (let tries = 1; tries <= 200; tries++) {
      expect(retries.next(message, failureOf('unavailable'), 23 * HOUR_MS)).toEqual({
        tries,
        delayMs: backoffMs(tries),
      });
    }
    expect(retries.next(message, failureOf('unavailable'), 24 * HOUR_MS)).toBeUndefined();
  });

  it('end after eight internal errors, whatever the number of outages before', () => {
    const retries = new Retries();
    for (let outages = 0; outages < 50; outages++) retries.next(message, failureOf('unavailable'), 0);
    const internal = Array.from({ length: 8 }, () => retries.next(message, failureOf('internal'), 0));
    expect(internal.map((next) => next !== undefined)).toEqual([...Array<boolean>(7).fill(true), false]);
  });

  it.each<FailureKind>(['invalid', 'notFound', 'conflict', 'precondition', 'forbidden'])(
    'do not follow a refusal of kind %s',
    (kind) => expect(new Retries().next(message, failureOf(kind), 0)).toBeUndefined(),
  );

  it('are due after their delay, by message', () => {
    const retries = new Retries();
    expect(retries.waitMs(message)).toBe(0);
    retries.next(message, failureOf('unavailable'), 0);
    expect(retries.waitMs(message)).toBeGreaterThan(900);
    expect(retries.waitMs({ seq: 8 })).toBe(0);
  });
});
