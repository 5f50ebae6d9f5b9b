/** Result of the bucket for one request. */
interface Admission {
  admitted: boolean;
  /** Whole requests that would still be admitted now. */
  remaining: number;
  /** Until one more request is admitted, where none is; else until the bucket is full. */
  waitMs: number;
}

/**
 * A token bucket: `ratePerSecond` requests per second in the long run, `burst` at once. Time is a parameter, in
 * milliseconds from any fixed start; it never decreases. O(1).
 */
export class TokenBucket {
  private tokens: number;
  private filledAtMs: number;

  constructor(
    private readonly ratePerSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.tokens = burst;
    this.filledAtMs = nowMs;
  }

  take(nowMs: number): Admission {
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.filledAtMs) / 1_000) * this.ratePerSecond);
    this.filledAtMs = nowMs;
    const admitted = this.tokens >= 1;
    if (admitted) this.tokens -= 1;
    const missing = admitted ? this.burst - this.tokens : 1 - this.tokens;
    return { admitted, remaining: Math.floor(this.tokens), waitMs: (missing / this.ratePerSecond) * 1_000 };
  }
}
