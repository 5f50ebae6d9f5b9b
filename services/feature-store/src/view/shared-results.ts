import { LRUCache } from 'lru-cache';

interface Computation<Result> {
  result: Promise<Result>;
  callers: number;
  stop: AbortController;
}

/** Results that never change, each computed once: concurrent callers share a computation, later ones its result. */
export class SharedResults<Result extends object> {
  private readonly results: LRUCache<string, Result>;
  private readonly computations = new Map<string, Computation<Result>>();

  constructor(resultsMax: number) {
    this.results = new LRUCache({ max: resultsMax });
  }

  /**
   * @param signal of this caller; a computation is stopped when all its callers have gone
   * @param compute is not called if the result is known or being computed
   */
  async get(
    key: string,
    signal: AbortSignal | undefined,
    compute: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const known = this.results.get(key);
    if (known !== undefined) return known;
    const computation = this.computations.get(key) ?? this.start(key, compute);
    computation.callers += 1;
    const leave = (): void => {
      computation.callers -= 1;
      if (computation.callers > 0) return;
      this.forget(key, computation);
      computation.stop.abort();
    };
    if (signal?.aborted === true) leave();
    else signal?.addEventListener('abort', leave, { once: true });
    try {
      return await computation.result;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  private start(key: string, compute: (signal: AbortSignal) => Promise<Result>): Computation<Result> {
    const stop = new AbortController();
    const computation: Computation<Result> = { result: compute(stop.signal), callers: 0, stop };
    this.computations.set(key, computation);
    computation.result.then(
      (result) => {
        this.results.set(key, result);
        this.forget(key, computation);
      },
      () => this.forget(key, computation),
    );
    return computation;
  }

  /** A stopped computation may have been replaced by a new one. */
  private forget(key: string, computation: Computation<Result>): void {
    if (this.computations.get(key) === computation) this.computations.delete(key);
  }
}
