import { setImmediate as nextTurn } from 'node:timers/promises';

const TURN_MS = 40;

/**
 * Long computing lets the process do its other work between: answers, and the heartbeats without which the job would be
 * given to another. Call it in loops.
 */
export class Breath {
  private since = performance.now();

  constructor(private readonly signal: AbortSignal) {}

  /** Cheap, unless a turn is over. @throws when the job is cancelled */
  async take(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return;
    await nextTurn();
    this.signal.throwIfAborted();
    this.since = performance.now();
  }
}
