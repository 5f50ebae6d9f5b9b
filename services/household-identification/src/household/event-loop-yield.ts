import { setImmediate as nextTurn } from 'node:timers/promises';

const TURN_MS = 40;

/** Lets other work of the process run during long computing, such as the heartbeats of its job. */
export class EventLoopYield {
  private since = performance.now();

  constructor(private readonly signal: AbortSignal) {}

  /** Yields if the last yield was some time ago; cheap enough for loops. @throws when the job is cancelled */
  async ifDue(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return;
    await nextTurn();
    this.signal.throwIfAborted();
    this.since = performance.now();
  }
}
