import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { LRUCache } from 'lru-cache';
import { isRetryable, type Failure } from '../errors/errors.js';
import { isOutage } from '../errors/outage.js';
import { log } from '../log/log.js';

/** How long work is tried while a service, the database or disk space is unavailable: longer than a night. */
const OUTAGE_MS_MAX = 24 * 3_600_000;
/** Limits tries after an internal error. */
const TRIES_MAX = 8;
const STATES_MAX = 10_000;
/** A service that waits to start should not be late when the outage ends. */
const START_DELAY_MS_MAX = 5_000;

/** Delay before try n + 1: a second, then doubling, at most a minute. */
export function backoffMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(10, tries - 1));
}

/**
 * Repeats a step of a start for as long as what it needs is away: a service that starts during an outage waits for its end.
 * @param what for the log
 */
export async function throughOutage<T>(what: string, step: () => Promise<T>): Promise<T> {
  const startedAtMs = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (thrown) {
      if (!isOutage(thrown) || performance.now() - startedAtMs > OUTAGE_MS_MAX) throw thrown;
      const delayMs = Math.min(START_DELAY_MS_MAX, backoffMs(tries));
      log('retry').warn({ err: thrown, what, tries, delayMs }, 'start waits');
      await sleep(delayMs);
    }
  }
}

/** Tries of a message in this process. */
interface TryState {
  tries: number;
  /** Those that ended with an internal error. */
  internal: number;
  notBeforeMs: number;
}

/**
 * Decides whether a message is tried again: after an outage for 24 hours, after an internal error seven times, after
 * a refusal of the input never. JetStream's own count does not serve: it also rises while a message waits in this process
 * behind a long job, and counts outages like errors.
 */
export class Retries {
  private readonly states = new LRUCache<number, TryState>({ max: STATES_MAX });

  /** Milliseconds until the next try is due; 0 where it is due. A message may be delivered several times before. */
  waitMs(message: Pick<JsMsg, 'seq'>): number {
    return Math.max(0, (this.states.get(message.seq)?.notBeforeMs ?? 0) - Date.now());
  }

  /**
   * Notes a failed try.
   * @param ageMs age of the work
   * @returns delay in milliseconds before the next try; undefined to give up
   */
  next(message: Pick<JsMsg, 'seq'>, { kind }: Failure, ageMs: number): { delayMs: number; tries: number } | undefined {
    const before = this.states.get(message.seq);
    const tries = (before?.tries ?? 0) + 1;
    const internal = (before?.internal ?? 0) + (kind === 'internal' ? 1 : 0);
    const isDue = isRetryable(kind) ? ageMs < OUTAGE_MS_MAX : kind === 'internal' && internal < TRIES_MAX;
    if (!isDue) {
      this.states.delete(message.seq);
      return undefined;
    }
    const delayMs = backoffMs(tries);
    this.states.set(message.seq, { tries, internal, notBeforeMs: Date.now() + delayMs });
    return { delayMs, tries };
  }
}
