import type { JobProgress } from '@holdfast/platform/jobs';

/**
 * Writes progress down one at a time and drops what has been overtaken, for reporters that tell more often than a
 * database should be asked.
 */
export class LatestProgress {
  private waiting: JobProgress | undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: (now: JobProgress) => Promise<void>) {}

  tell(now: JobProgress): void {
    this.waiting = now;
    this.writing ??= this.writeAll();
  }

  /** Everything told is written, or could not be. */
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
      // Progress is for looking at: a write that fails must not end the work, and a cancelled job says so elsewhere.
    } finally {
      this.writing = undefined;
    }
  }
}
