const SAY_EVERY_MS = 2_000;
const BYTES_PER_MB = 1_000_000;

/** How far a long command is, a line for people who wait at most every two seconds. */
export class Progress {
  constructor(readonly say: (text: string) => void) {}

  /**
   * Follows work in parts.
   * @param what their name @returns is called with the bytes of each part that is done
   */
  of(what: string, parts: number): (bytes: number) => void {
    let done = 0;
    let bytes = 0;
    let saidAtMs = performance.now();
    return (more) => {
      done += 1;
      bytes += more;
      if (done < parts && performance.now() - saidAtMs < SAY_EVERY_MS) return;
      saidAtMs = performance.now();
      this.say(`${what}: ${done} of ${parts}, ${(bytes / BYTES_PER_MB).toFixed(1)} MB`);
    };
  }
}
