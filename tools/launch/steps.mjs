/** Shows what is being done and how long each step took; on standard error, since the summary may be piped. */
export class Steps {
  #quiet;
  #openLine = '';

  /** @param {{ quiet: boolean }} options */
  constructor({ quiet }) {
    this.#quiet = quiet;
  }

  /** Seconds per step, for the report. @type {Record<string, number>} */
  seconds = {};

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(name, work) {
    const started = performance.now();
    const result = await work();
    const seconds = (performance.now() - started) / 1000;
    this.seconds[name] = Number(seconds.toFixed(2));
    this.done(name, seconds);
    return result;
  }

  /** Shows a step that the caller has timed. @param {string} name  @param {number} seconds */
  done(name, seconds) {
    this.say(`${name.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s`);
  }

  /** @param {string} message */
  say(message) {
    if (this.#quiet) return;
    process.stderr.write(`${this.#takeOpenLine()}${message}\n`);
  }

  /**
   * Shows how far something is: in place on a terminal, as a line at every change of text elsewhere.
   * @param {string} text
   * @param {number} [fraction]  0 to 1
   */
  progress(text, fraction) {
    if (this.#quiet) return;
    if (process.stderr.isTTY) {
      const percent = fraction === undefined ? '' : ` ${Math.round(fraction * 100)} %`;
      process.stderr.write(`\r\x1b[K  ${text}${percent}`);
      this.#openLine = text;
    } else if (text !== this.#openLine) {
      process.stderr.write(`  ${text}\n`);
      this.#openLine = text;
    }
  }

  /** Clears an unfinished progress line. */
  #takeOpenLine() {
    const standing = process.stderr.isTTY && this.#openLine !== '';
    this.#openLine = '';
    return standing ? '\r\x1b[K' : '';
  }
}
