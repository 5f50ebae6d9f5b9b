import { LRUCache } from 'lru-cache';
import { failure } from '@holdfast/platform/errors';
import type { GatewayConfig } from '../config.js';
import type { LimitClass } from '../operation/operation-spec.js';
import { TokenBucket } from './token-bucket.js';

const tooManyRequests = failure('limited', 'rate.exceeded', {
  en: 'The rate limit of this client is exceeded. Try again in {seconds} s.',
  'zh-CN': '该客户端请求过于频繁，请在 {seconds} 秒后重试。',
});

/** More clients than this at once share forgotten buckets, which are full again. */
const BUCKETS_MAX = 50_000;
const BURST_SECONDS = 2;

/** A bucket for each client and class, in this process: with two replicas, a client has twice the rate. */
export class RateLimits {
  private readonly buckets = new LRUCache<string, TokenBucket>({ max: BUCKETS_MAX });
  private readonly rates: Readonly<Record<LimitClass, number>>;

  constructor(config: GatewayConfig) {
    this.rates = {
      interactive: config.rateInteractivePerSecond,
      bulk: config.rateBulkPerSecond,
      token: config.rateTokenPerSecond,
    };
  }

  /**
   * Headers with the state of the rate limit.
   * @param who client id, or the address before authentication
   * @throws limited
   */
  admit(who: string, limitClass: LimitClass, nowMs = performance.now()): Record<string, string> {
    const rate = this.rates[limitClass];
    const burst = Math.max(1, rate * BURST_SECONDS);
    const key = `${limitClass} ${who}`;
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate, burst, nowMs);
      this.buckets.set(key, bucket);
    }
    const { admitted, remaining, waitMs } = bucket.take(nowMs);
    const seconds = Math.ceil(waitMs / 1_000);
    if (!admitted) throw tooManyRequests({ seconds }, { retryAfterSeconds: seconds });
    return {
      'ratelimit-policy': `"${limitClass}";q=${Math.floor(burst)};w=${BURST_SECONDS}`,
      ratelimit: `"${limitClass}";r=${remaining};t=${seconds}`,
    };
  }
}
