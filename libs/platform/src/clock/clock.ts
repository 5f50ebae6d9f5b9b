/**
 * The only clock. Business code uses `now()`; deadlines, token expiry and back-off of the machine itself use `wall()`,
 * which no setting moves.
 */
export class Clock {
  private readonly offsetMs: number;

  /**
   * @param setting `HOLDFAST_NOW`: empty for the machine's time; `INSTANT` for a clock that starts there now; or
   *   `INSTANT@REAL`, a clock that showed INSTANT when the machine's time was REAL. The second form gives several
   *   processes, and one that restarts, the same time.
   */
  constructor(setting = '') {
    this.offsetMs = setting === '' ? 0 : offsetOf(setting);
  }

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  wall(): Date {
    return new Date();
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
