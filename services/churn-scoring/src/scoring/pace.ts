import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Between blocks the process answers others. What a row costs differs a hundredfold between models, so a block grows
 * and shrinks towards this processor time; results do not depend on it.
 */
const BLOCK_MS = 20;
/** Rows of a block. Kernels compute 128 at a time, for the time of two dozen that are computed row by row. */
const BLOCK_ROWS = [4, 8, 16, 128, 256, 512];
/** The smallest block that kernels compute. */
const KERNEL_SIZE = BLOCK_ROWS.indexOf(128);
/** A block of kernels becomes smaller only beyond this: rows that are computed one by one cost up to thirty times as much. */
const KERNEL_BLOCK_MS = 400;

/**
 * How many rows are worked on at a time, kept from batch to batch. Processor time decides, not elapsed time: on a busy machine the
 * blocks would shrink below what kernels compute, each row would cost more, and they would never grow again.
 */
export class Pace {
  private size = KERNEL_SIZE;
  /** The first block also makes the tables of its model. */
  private isFirst = true;

  /** Works on rows block by block. @returns milliseconds, without the waits between blocks @throws the signal's reason */
  async blocks(of: Uint32Array, signal: AbortSignal | undefined, work: (block: Uint32Array) => void): Promise<number> {
    let totalMs = 0;
    for (let from = 0; from < of.length;) {
      await nextTurn();
      signal?.throwIfAborted();
      const startedAtMs = performance.now();
      const processorBefore = process.cpuUsage();
      const block = of.subarray(from, from + BLOCK_ROWS[this.size]!);
      work(block);
      const { user, system } = process.cpuUsage(processorBefore);
      totalMs += performance.now() - startedAtMs;
      from += block.length;
      this.adapt(block.length, (user + system) / 1_000);
    }
    return totalMs;
  }

  private adapt(rows: number, processorMs: number): void {
    const isFull = rows === BLOCK_ROWS[this.size];
    const longestMs = this.size === KERNEL_SIZE ? KERNEL_BLOCK_MS : BLOCK_MS * 2;
    if (this.isFirst) this.isFirst = false;
    else if (processorMs > longestMs) this.size = Math.max(0, this.size - 1);
    else if (processorMs < BLOCK_MS / 2 && isFull) this.size = Math.min(BLOCK_ROWS.length - 1, this.size + 1);
  }
}
