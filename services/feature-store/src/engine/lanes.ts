import { Engine, type EngineLimits } from './engine.js';
import { Lane } from './lane.js';

/** Reads of few subscriptions by id are interactive. */
const INTERACTIVE_IDS_MAX = 20;
/**
 * What runs at a time fits into the threads of libuv (thread-pool.ts). A bulk statement uses all of DuckDB's threads; a second
 * one at a time would be faster rarely, and takes the processor from interactive reads.
 */
const INTERACTIVE = { statementsMax: 4, fetchesMax: 2, openMax: 64 };
const BULK = { statementsMax: 1, fetchesMax: 1, openMax: 64 };

/**
 * Reading lanes, each with its own engine, threads and memory, so that scans do not delay interactive reads. Jobs have
 * separate engines.
 */
export class Lanes {
  private constructor(
    private readonly engines: readonly Engine[],
    /** Reads by id: figures of a subscription, features computed again. */
    readonly interactive: Lane,
    /** Scans, statistics and exports. */
    readonly bulk: Lane,
  ) {}

  /** @param interactiveMemory memory of the interactive engine; the bulk engine has that of the limits */
  static async open(limits: EngineLimits, interactiveMemory: string, spillFolder: string): Promise<Lanes> {
    const interactive = await Engine.openReader(
      { ...limits, memoryMax: interactiveMemory },
      `${spillFolder}-interactive`,
    );
    // A thread less: interactive reads, and what hands over their rows, need a processor at the same time.
    const bulkThreads = Math.max(1, limits.threads - 1);
    const bulk = await Engine.openReader({ ...limits, threads: bulkThreads }, `${spillFolder}-bulk`);
    return new Lanes([interactive, bulk], new Lane(interactive, INTERACTIVE), new Lane(bulk, BULK));
  }

  /** The lane of a read by ids; a read without ids reads all rows. */
  of(subscriptionIds: readonly string[]): Lane {
    const isInteractive = subscriptionIds.length > 0 && subscriptionIds.length <= INTERACTIVE_IDS_MAX;
    return isInteractive ? this.interactive : this.bulk;
  }

  /** Marks the folders as in use. */
  async touch(): Promise<void> {
    for (const engine of this.engines) await engine.touch();
  }

  async close(): Promise<void> {
    for (const engine of this.engines) await engine.close();
  }
}
