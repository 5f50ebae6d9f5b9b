import type { ApiDocument } from './document.js';

/** Requests of one operation by what came of them. */
interface Counts {
  requests: number;
  /** Status below 400. */
  successes: number;
  slowestMs: number;
}

/** What a run has reached, by operation. */
export class Coverage {
  private readonly counts: ReadonlyMap<string, Counts>;
  readonly statuses: Record<number, number> = {};
  requests = 0;

  constructor({ operations }: ApiDocument) {
    this.counts = new Map(operations.map(({ name }) => [name, { requests: 0, successes: 0, slowestMs: 0 }]));
  }

  count(operation: string, status: number, ms: number): void {
    const counts = this.counts.get(operation)!;
    this.requests += 1;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    counts.requests += 1;
    if (status >= 200 && status < 400) counts.successes += 1;
    counts.slowestMs = Math.max(counts.slowestMs, ms);
  }

  /** Operations that no request has reached with success. */
  unreached(): string[] {
    return [...this.counts].filter(([, { successes }]) => successes === 0).map(([name]) => name);
  }

  /** A line for each operation, fewest successes first. */
  table(): string {
    const rows = [...this.counts].sort(([, left], [, right]) => left.successes - right.successes);
    const lines = rows.map(
      ([name, { requests, successes, slowestMs }]) =>
        [successes, requests, Math.round(slowestMs)].map((figure) => String(figure).padStart(9)).join('') + `  ${name}`,
    );
    return ['   2xx/3xx requests slowestMs', ...lines].join('\n');
  }
}
