import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs during a bench until it is stopped. */
export class Program {
  /**
   * @param {string[]} args  for Node
   * @param {Record<string, string>} environment
   */
  constructor(args, environment) {
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.output = '';
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
    this.exited = once(this.child, 'exit');
  }

  /**
   * Waits until it has printed a text.
   * @param {RegExp} pattern
   * @returns {Promise<string>} what the pattern's group has caught, else the whole match
   */
  async untilPrinted(pattern) {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match[1] ?? match[0];
      if (this.child.exitCode !== null) throw new Error(`${this.child.spawnargs.join(' ')} ended:\n${this.output}`);
      await Promise.race([once(this.child.stdout, 'data'), this.exited]);
    }
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await this.exited;
  }
}
