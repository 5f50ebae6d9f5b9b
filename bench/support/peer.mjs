import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

/** The other side of a comparison is not installed. */
export class MissingPeer extends Error {}

/**
 * A peer in Python that stays up for the whole bench: one JSON request a line in, one JSON answer a line out. Debian's
 * packages belong to /usr/bin/python3, whatever else is first in the PATH.
 */
export class PythonPeer {
  /**
   * @param {string} script    a file in bench/peers
   * @param {string} packages  what to install where it does not start
   * @param {Record<string, string>} [environment]
   */
  constructor(script, packages, environment = {}) {
    this.packages = packages;
    this.child = spawn('/usr/bin/python3', [path.join(import.meta.dirname, '..', 'peers', script)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.complaints = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.complaints += text));
    this.child.on('error', () => {}); // without Python the answers end, which `ask` reports
    this.child.stdin.on('error', () => {});
    this.answers = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * @param {Record<string, unknown>} request
   * @returns {Promise<any>} the answer as the script gave it
   * @throws MissingPeer where Python or the packages are not installed
   */
  async ask(request) {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (!done) return JSON.parse(value);
    if (this.complaints === '' || this.complaints.includes('ModuleNotFoundError')) {
      throw new MissingPeer(`The peer of this bench is not installed: apt-get install ${this.packages}`);
    }
    throw new Error(`the peer ended: ${this.complaints}`);
  }

  close() {
    this.child.stdin.end();
  }
}

/**
 * What a peer wrote with numpy's `tofile`.
 * @param {string} file
 */
export function readDoubles(file) {
  const bytes = fs.readFileSync(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
