import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { StartFailure } from '../launch/failure.mjs';

const healthEveryMs = 1_000;
const tailLines = 15;

/**
 * How a process ended.
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null }} End
 */

/** A process in place of a container, with both its streams in a file. It is never started again. */
export class Process {
  /** Whether its end is not a failure: it is stopped, killed on purpose, or was to end by itself. */
  isExpectedToEnd = false;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {string[]} options.command
   * @param {Record<string, string>} options.environment  all of it
   * @param {string} options.folder  to run in
   * @param {string} options.logFile
   */
  constructor({ name, command: [program = '', ...words], environment, folder, logFile }) {
    this.name = name;
    this.logFile = logFile;
    const log = fs.openSync(logFile, 'a', 0o600);
    this.child = spawn(program, words, {
      cwd: folder,
      env: environment,
      detached: true, // a Ctrl-C goes to this program alone, which stops all in order
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    /** @type {Promise<End>} */
    this.exited = Promise.race([
      once(this.child, 'exit').then(([code, signal]) => ({ code, signal })),
      once(this.child, 'error').then(([error]) => {
        throw new StartFailure(`${name} cannot be started: ${error.message}`);
      }),
    ]);
    this.exited.catch(() => undefined); // reported to those who wait for it
  }

  get pid() {
    return this.child.pid ?? 0;
  }

  get isRunning() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until it ends by itself. @throws {StartFailure} unless it ends with 0 */
  async untilDone() {
    this.isExpectedToEnd = true;
    const { code, signal } = await this.exited;
    if (code !== 0) throw this.failure(`ended with ${signal ?? code}`);
  }

  /**
   * Waits until its health check succeeds.
   * @param {{ command: string[], withinMs: number }} health
   * @param {Record<string, string>} environment  of the container
   * @param {string} folder
   * @throws {StartFailure} with the last answer of the check
   */
  async untilHealthy({ command, withinMs }, environment, folder) {
    const deadline = Date.now() + withinMs;
    for (;;) {
      await sleep(healthEveryMs);
      const answer = await runProgram(command, environment, folder);
      if (answer.code === 0) return;
      if (!this.isRunning) throw this.failure('ended before it was healthy');
      if (Date.now() > deadline)
        throw this.failure(`was not healthy within ${withinMs / 1_000} s: ${answer.stderr.trim()}`);
    }
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    this.isExpectedToEnd = true;
    if (this.isRunning) this.child.kill(signal);
    return this.exited;
  }

  /** @param {number} graceMs  @returns {Promise<End>}  with the signal SIGKILL if it took longer */
  async stop(graceMs) {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    try {
      return await this.kill('SIGTERM');
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {string} what  @returns {StartFailure}  with the end of its log */
  failure(what) {
    return new StartFailure(`${this.name} ${what}.\n${tailOf(this.logFile)}`);
  }
}

/** @param {string} file  @returns {string}  its last lines */
function tailOf(file) {
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines
    .slice(-tailLines)
    .map((line) => `  ${line}`)
    .join('\n');
}

/**
 * Runs a program to its end.
 * @param {string[]} command
 * @param {Record<string, string>} environment
 * @param {string} folder
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
export async function runProgram([program = '', ...words], environment, folder) {
  const child = spawn(program, words, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const [code] = await once(child, 'close');
  return { code, ...output };
}
