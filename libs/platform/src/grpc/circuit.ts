import { failure } from '../errors/errors.js';
import { counter } from '../measurements/measurements.js';

/** Timeouts in a row after which a method counts as hanging. */
const TIMEOUTS_MAX = 5;
/** How long its calls fail at once before one of them is let through. */
const OPEN_MS = 1_000;

const hangs = failure('unavailable', 'service.hangs', {
  en: 'A part of the system does not answer at the moment. Try again.',
  'zh-CN': '系统的一部分暂时无响应，请重试。',
});

const opened = counter('rpc.client.circuit.opened');

/**
 * A circuit breaker for a method of a service. After timeouts in a row its calls fail at once, except for one per second
 * as a probe: callers of a service that hangs do not collect calls that wait for their deadlines. Only timeouts count. A
 * lost connection fails at once anyway, and any answer, even a failure, shows that the service works. Each method
 * has a separate circuit, so that reads that take too long do not stop others of the same service.
 */
export class Circuit {
  private timeouts = 0;
  private openUntilMs = 0;

  constructor(
    private readonly method: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @throws unavailable while the circuit is open */
  admit(): void {
    if (this.timeouts < TIMEOUTS_MAX) return;
    const nowMs = this.nowMs();
    if (nowMs < this.openUntilMs) throw hangs({}, { retryAfterSeconds: Math.ceil(OPEN_MS / 1_000) });
    // This call is the probe; the next one is due if it ends neither with an answer nor with a timeout.
    this.openUntilMs = nowMs + OPEN_MS;
  }

  answered(): void {
    this.timeouts = 0;
  }

  timedOut(): void {
    this.timeouts += 1;
    if (this.timeouts < TIMEOUTS_MAX) return;
    if (this.timeouts === TIMEOUTS_MAX) opened.add(1, { path: this.method });
    this.openUntilMs = this.nowMs() + OPEN_MS;
  }
}
