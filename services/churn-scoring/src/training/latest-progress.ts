import type { JobProgress } from '@holdfast/platform/jobs';

/**
 * Stores one progress at a time and drops outdated ones, for reporters that are faster than a
 * database write.
 */
export class LatestProgress {
  private waiting: JobProgress | undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: (now: JobProgress) => Promise<void>) {}

  tell(now: JobProgress): void {
    this.waiting = now;
    this.writing ??= this.writeAll();
  }

  /** Resolves after the last write, also a failed one. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    try {
      while (this.waiting !== undefined) {
        const now = this.waiting;
        this.waiting = undefined;
        await this.write(now);
      }
    } catch {
      // Progress is informational: a failed write must not end the work, and cancellation is checked elsewhere.
    } finally {
      this.writing = undefined;
    }
  }
}
