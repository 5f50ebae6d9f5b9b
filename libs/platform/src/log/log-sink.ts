import fs from 'node:fs';
import { counter } from '../measurements/measurements.js';

/** Of lines that wait to be written: a disk or a pipe that hangs costs this much memory. */
const WAITING_BYTES_MAX = 1_000_000;
/** Of a log file; one older file of that size is kept. */
const FILE_BYTES_MAX = 20_000_000;
const STANDARD_OUTPUT = 1;

const droppedLines = counter('log.lines.dropped');

interface LogSinkOptions {
  /** File to append to; standard output by default, and where the file cannot be opened. */
  file?: string | undefined;
  fileBytesMax?: number;
  /** A line that reports how many lines were dropped. */
  droppedLine: (count: number) => string;
}

/**
 * Writes log lines in the background, so that a request never waits for a disk. Lines that cannot be written, or come
 * faster than they are written, are dropped and counted; the count follows as a line once writing succeeds again.
 *
 * A file is rotated by copying it to `FILE.1` and cutting it off: standard error and the previous process may have it open
 * as well, and continue at its end.
 */
export class LogSink {
  private waiting: string[] = [];
  private waitingBytes = 0;
  private dropped = 0;
  private isWriting = false;
  private fileBytes = 0;
  private readonly target: number;
  private readonly file: string | undefined;
  private readonly fileBytesMax: number;

  constructor(private readonly options: LogSinkOptions) {
    const opened = openLog(options.file);
    this.target = opened ?? STANDARD_OUTPUT;
    this.file = opened === undefined ? undefined : options.file;
    this.fileBytesMax = options.fileBytesMax ?? FILE_BYTES_MAX;
    if (this.file !== undefined) this.fileBytes = fs.fstatSync(this.target).size;
  }

  /** Takes a line that ends with a line feed; returns at once. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.waitingBytes + bytes > WAITING_BYTES_MAX) {
      this.drop(1);
      return;
    }
    this.waiting.push(line);
    this.waitingBytes += bytes;
    if (!this.isWriting) void this.writeWaiting();
  }

  /** Writes what waits, before the process ends. */
  flushSync(): void {
    const batch = Buffer.from(this.takeWaiting().join(''));
    try {
      for (let at = 0; at < batch.length;) at += fs.writeSync(this.target, batch, at);
    } catch {
      // There is nowhere to report it.
    }
  }

  private async writeWaiting(): Promise<void> {
    this.isWriting = true;
    await Promise.resolve(); // lines of one turn of the event loop are written at once
    while (this.waiting.length > 0) {
      const lines = this.takeWaiting();
      const report = this.dropped === 0 ? undefined : this.options.droppedLine(this.dropped);
      const reported = this.dropped;
      const batch = Buffer.from([...(report === undefined ? [] : [report]), ...lines].join(''));
      try {
        await this.rotate();
        await this.writeBytes(batch);
        this.dropped -= reported;
      } catch {
        this.drop(lines.length);
      }
    }
    this.isWriting = false;
  }

  private takeWaiting(): string[] {
    const lines = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    return lines;
  }

  private async writeBytes(batch: Buffer): Promise<void> {
    for (let at = 0; at < batch.length;) {
      const written = await writePart(this.target, batch, at);
      at += written;
      this.fileBytes += written;
    }
  }

  private async rotate(): Promise<void> {
    if (this.file === undefined || this.fileBytes < this.fileBytesMax) return;
    const old = `${this.file}.1`;
    try {
      await fs.promises.rm(old, { force: true });
      await fs.promises.copyFile(this.file, old);
    } catch {
      await fs.promises.rm(old, { force: true }); // a full disk: the bound counts more than old lines
    }
    await fs.promises.truncate(this.file);
    this.fileBytes = 0;
  }

  private drop(lines: number): void {
    this.dropped += lines;
    droppedLines.add(lines);
  }
}

function openLog(file: string | undefined): number | undefined {
  if (file === undefined) return undefined;
  try {
    return fs.openSync(file, 'a', 0o600);
  } catch {
    return undefined;
  }
}

function writePart(target: number, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.write(target, bytes, at, (error, written) => (error === null ? resolve(written) : reject(error))),
  );
}
