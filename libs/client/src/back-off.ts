const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** Milliseconds to wait after that many failed attempts: as the server specified, else twice as long each time. */
export function backOffMs(failedBefore: number, retryAfterSeconds?: number): number {
  const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failedBefore, 10));
  if (retryAfterSeconds === undefined) return own;
  // A Retry-After of 0 is ignored from the second attempt on, to avoid a busy loop.
  return retryAfterSeconds === 0 && failedBefore > 0 ? own : retryAfterSeconds * 1_000;
}
