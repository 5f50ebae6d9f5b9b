import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { businessTimeOf } from '../business-time/business-time.js';
import { addMonths } from '../calendar/calendar.js';

/** Data of a month that is further ahead do not move business time: it is mistyped. */
const MONTHS_AHEAD_MAX = 12;

/**
 * The only clock. Business code uses `now()`; deadlines, token expiry and back-off of the machine itself use `wall()`,
 * which no setting moves.
 */
export class Clock {
  private offsetMs: number;
  /** Modification of the file that the offset is from. */
  private readFrom = '';

  /**
   * @param setting `HOLDFAST_NOW`: empty for the machine's time; `INSTANT` for a clock that starts there now; or
   *   `INSTANT@REAL`, a clock that showed INSTANT when the machine's time was REAL. The second form gives several
   *   processes, and one that restarts, the same time.
   * @param file `HOLDFAST_CLOCK_FILE`, of development systems: JSON with such a `setting`, which all processes of a system
   *   read again when it is replaced; empty for none. With a file business time follows the published months.
   */
  constructor(
    setting = '',
    private readonly file = '',
  ) {
    this.offsetMs = setting === '' ? 0 : offsetOf(setting);
  }

  now(): Date {
    this.read();
    return new Date(Date.now() + this.offsetMs);
  }

  wall(): Date {
    return new Date();
  }

  /**
   * Business time once data of a month are visible: with a file the third day after the month, or when the data were
   * written, if that is later; else, and if that is not plausible, it is `now()`.
   */
  timeAfter(month: string, writtenAt?: Date): Date {
    const now = this.now();
    if (this.file === '' || month > addMonths(now.toISOString().slice(0, 7), MONTHS_AHEAD_MAX)) return now;
    const after = businessTimeOf(month, writtenAt);
    return after > now ? after : now;
  }

  /** Moves business time to `timeAfter`, for all processes that share the file; never back. */
  follow(month: string, writtenAt?: Date): void {
    const [now, after] = [this.now(), this.timeAfter(month, writtenAt)];
    if (this.file === '' || after.getTime() - now.getTime() < 1_000) return;
    const kept = JSON.parse(readFileSync(this.file, 'utf8')) as object;
    const setting = `${after.toISOString()}@${new Date().toISOString()}`;
    const partial = `${this.file}.${process.pid}`;
    writeFileSync(partial, JSON.stringify({ ...kept, setting }), { mode: 0o600 });
    renameSync(partial, this.file);
  }

  /** A file that cannot be read at the moment leaves the time as it is. */
  private read(): void {
    if (this.file === '') return;
    const { ino, mtimeMs } = statSync(this.file, { throwIfNoEntry: false }) ?? { ino: 0, mtimeMs: 0 };
    const found = `${ino} ${mtimeMs}`;
    if (ino === 0 || found === this.readFrom) return;
    this.offsetMs = offsetOf((JSON.parse(readFileSync(this.file, 'utf8')) as { setting: string }).setting);
    this.readFrom = found;
  }
}

function offsetOf(setting: string): number {
  const [instant, real] = setting.split('@');
  const at = Date.parse(instant ?? '');
  const anchor = real === undefined ? Date.now() : Date.parse(real);
  if (Number.isNaN(at) || Number.isNaN(anchor))
    throw new Error(`HOLDFAST_NOW is "${setting}"; it must be an ISO 8601 instant with a zone, or two joined by @`);
  return at - anchor;
}
