import type { DuckDBConnection, DuckDBDataChunk, DuckDBResultReader } from '@duckdb/node-api';
import { failure } from '@holdfast/platform/errors';
import type { Connection, Engine } from './engine.js';
import { Turns } from './turns.js';

export interface LaneLimits {
  /** Statements that run at a time. Each occupies a thread of libuv, in addition to DuckDB's threads. */
  statementsMax: number;
  /** The same for fetches of a chunk: those of a stream do not wait behind long statements. */
  fetchesMax: number;
  /** Reads that run or wait; further ones are refused. */
  openMax: number;
}

/** DuckDB resets an interruption where a statement begins, so a single one may be lost. */
const INTERRUPT_EVERY_MS = 50;
const RETRY_SECONDS = 5;

const tooMany = failure('unavailable', 'reads.tooMany', {
  en: 'Too many reads are waiting at the moment. Try again.',
  'zh-CN': '当前等待中的查询过多，请稍后重试。',
});
const cancelled = failure('unavailable', 'reads.cancelled', { en: 'The read was cancelled.', 'zh-CN': '查询已取消。' });

/**
 * Admits reads to an engine. A read has a turn per statement and fetched chunk, not for its whole duration:
 * a slow receiver holds no turn, and a reader of several streams cannot block itself.
 */
export class Lane {
  readonly statements: Turns;
  readonly fetches: Turns;
  private readonly openMax: number;
  private open = 0;

  constructor(
    private readonly engine: Engine,
    { statementsMax, fetchesMax, openMax }: LaneLimits,
  ) {
    this.statements = new Turns(statementsMax);
    this.fetches = new Turns(fetchesMax);
    this.openMax = openMax;
  }

  /**
   * Reads on a connection of the read.
   * @param signal aborts when the caller has gone: the running statement is interrupted
   * @throws unavailable `reads.tooMany`, `reads.cancelled`
   */
  async *stream<T>(
    signal: AbortSignal | undefined,
    read: (connection: LaneConnection) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const connection = await this.connect(signal);
    try {
      yield* read(connection);
    } finally {
      connection.close();
    }
  }

  /** The same for a single result. */
  async run<T>(signal: AbortSignal | undefined, work: (connection: LaneConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect(signal);
    try {
      return await work(connection);
    } finally {
      connection.close();
    }
  }

  private async connect(signal: AbortSignal | undefined): Promise<LaneConnection> {
    if (this.open >= this.openMax) throw tooMany({}, { retryAfterSeconds: RETRY_SECONDS });
    this.open += 1;
    const release = (): void => void (this.open -= 1);
    try {
      return new LaneConnection(await this.engine.connect(), this, signal, release);
    } catch (thrown) {
      release();
      throw thrown;
    }
  }
}

/** The connection of a read. After a cancellation one statement fails; the next ones are clean-up and run. */
class LaneConnection implements Connection {
  private state: 'reading' | 'cancelled' | 'cleaning' = 'reading';
  private stopWaiting: (() => void) | undefined;
  private isRunning = false;
  private interrupting: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly lane: Lane,
    private readonly signal: AbortSignal | undefined,
    private readonly release: () => void,
  ) {
    if (signal?.aborted === true) this.cancel();
    else signal?.addEventListener('abort', this.cancel, { once: true });
  }

  run(sql: string): Promise<unknown> {
    return this.inTurn(this.lane.statements, () => this.connection.run(sql));
  }

  runAndReadAll(sql: string): Promise<DuckDBResultReader> {
    return this.inTurn(this.lane.statements, () => this.connection.runAndReadAll(sql));
  }

  async stream(sql: string): Promise<{ fetchChunk: () => Promise<DuckDBDataChunk | null> }> {
    const result = await this.inTurn(this.lane.statements, () => this.connection.stream(sql));
    return { fetchChunk: () => this.inTurn(this.lane.fetches, () => result.fetchChunk()) };
  }

  /** What follows is clean-up, which a cancellation does not stop. */
  startCleaning(): void {
    this.state = 'cleaning';
  }

  close(): void {
    this.signal?.removeEventListener('abort', this.cancel);
    this.connection.closeSync();
    this.release();
  }

  private readonly cancel = (): void => {
    if (this.state !== 'reading') return;
    this.state = 'cancelled';
    this.stopWaiting?.();
    if (!this.isRunning) return;
    this.connection.interrupt();
    this.interrupting = setInterval(() => this.connection.interrupt(), INTERRUPT_EVERY_MS);
  };

  private async inTurn<T>(turns: Turns, work: () => Promise<T>): Promise<T> {
    this.throwIfCancelled();
    const turn = turns.take();
    if (turn !== undefined) {
      this.stopWaiting = () => {
        if (turns.cancel(turn, cancelled())) this.startCleaning();
      };
      await turn.begun.finally(() => (this.stopWaiting = undefined));
    }
    this.isRunning = true;
    try {
      this.throwIfCancelled();
      return await work();
    } catch (thrown) {
      this.throwIfCancelled();
      throw thrown;
    } finally {
      this.isRunning = false;
      clearInterval(this.interrupting);
      turns.end();
    }
  }

  private throwIfCancelled(): void {
    if (this.state !== 'cancelled') return;
    this.startCleaning();
    throw cancelled();
  }
}
