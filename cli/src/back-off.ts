const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** Milliseconds to wait after so many failed attempts: what the server asked for, else twice as long each time. */
export function backOffMs(failedBefore: number, retryAfterSeconds?: number): number {
  const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failedBefore, 10));
  if (retryAfterSeconds === undefined) return own;
  // A server that asks for no pause gets one from the second time on, so that nothing spins.
  return retryAfterSeconds === 0 && failedBefore > 0 ? own : retryAfterSeconds * 1_000;
}
