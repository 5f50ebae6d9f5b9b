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
  /** Whether the processor time of the next block is measured, which is not free: after a slow block. The first also makes tables. */
  private isMeasured = false;

  /** Works on rows block by block. @returns milliseconds, without the waits between blocks @throws the signal's reason */
  async blocks(of: Uint32Array, signal: AbortSignal | undefined, work: (block: Uint32Array) => void): Promise<number> {
    let totalMs = 0;
    for (let from = 0; from < of.length;) {
      await nextTurn();
      signal?.throwIfAborted();
      const startedAtMs = performance.now();
      const processorBefore = this.isMeasured ? process.cpuUsage() : undefined;
      const block = of.subarray(from, from + BLOCK_ROWS[this.size]!);
      work(block);
      const tookMs = performance.now() - startedAtMs;
      const used = processorBefore && process.cpuUsage(processorBefore);
      totalMs += tookMs;
      from += block.length;
      this.adapt(block.length, tookMs, used && (used.user + used.system) / 1_000);
    }
    return totalMs;
  }

  private adapt(rows: number, tookMs: number, processorMs: number | undefined): void {
    const longestMs = this.size === KERNEL_SIZE ? KERNEL_BLOCK_MS : BLOCK_MS * 2;
    this.isMeasured = tookMs > longestMs;
    if (processorMs !== undefined && processorMs > longestMs) this.size = Math.max(0, this.size - 1);
    else if (tookMs < BLOCK_MS / 2 && rows === BLOCK_ROWS[this.size])
      this.size = Math.min(BLOCK_ROWS.length - 1, this.size + 1);
  }
}
