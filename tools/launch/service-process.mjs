import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { StartFailure } from './failure.mjs';
import { restartDelayMs } from './restart-policy.mjs';

const readySecondsMax = 60;
const stopSecondsMax = 15;
const deathsKept = 100;
/** Of a log that a start continues; a running service rotates it later, and must not while its start is watched. */
const logBytesMax = 10e6;

/**
 * @typedef {object} ServiceOptions
 * @property {string} name
 * @property {string} program  the compiled main.js
 * @property {string} folder  to run in
 * @property {NodeJS.ProcessEnv} environment
 * @property {string} logFile  gets both streams; the service writes and rotates it, so nothing is lost when we die
 * @property {(pid: number) => void} onSpawn
 * @property {(message: string) => void} say
 */

/** One service in its own process, started again when it dies. */
export class ServiceProcess {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {number[]} */
  #deathsMs = [];
  #stopping = false;
  #wasReady = false;
  #options;
  #logOffset = 0;

  /** @param {ServiceOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Starts it and waits until it reports that it is ready. @throws {StartFailure} with the end of its log */
  async start() {
    const { name } = this.#options;
    rotate(this.#options.logFile);
    this.#spawn();
    const deadline = Date.now() + readySecondsMax * 1000;
    while (!this.#saidReady()) {
      if (this.#stopping) throw new StartFailure(`${name} was stopped before it was ready.`);
      if (this.#gaveUp()) throw this.#failure('does not start');
      if (Date.now() > deadline) throw this.#failure(`was not ready within ${readySecondsMax} s`);
      await sleep(25);
    }
    this.#wasReady = true;
  }

  /** Lets it finish its work, and kills it after a while. */
  async stop() {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const killTimer = setTimeout(() => child.kill('SIGKILL'), stopSecondsMax * 1000);
    await exited;
    clearTimeout(killTimer);
  }

  #spawn() {
    const { program, folder, environment, logFile, onSpawn } = this.#options;
    const log = fs.openSync(logFile, 'a', 0o600);
    this.#logOffset = fs.fstatSync(log).size;
    // The young generation's default of 16 MB per semi-space costs 20 MB and more in each of many small processes.
    const child = spawn(process.execPath, ['--max-semi-space-size=8', program], {
      cwd: folder,
      env: { ...environment, HOLDFAST_LOG_FILE: logFile },
      detached: true, // a Ctrl-C goes to the launcher alone, which stops the services in order
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) onSpawn(child.pid);
    child.once('error', (error) => this.#died(error.message));
    child.once('exit', (code, signal) => this.#died(signal ?? `exit ${code}`));
  }

  /** @param {string} how */
  #died(how) {
    if (this.#stopping) return;
    const { name, say } = this.#options;
    const nowMs = Date.now();
    this.#deathsMs = [...this.#deathsMs, nowMs].slice(-deathsKept);
    const delayMs = restartDelayMs(this.#deathsMs, nowMs, this.#wasReady);
    if (delayMs === undefined) return;
    say(`${name} died (${how}); starting it again`);
    setTimeout(() => {
      if (!this.#stopping) this.#spawnAgain();
    }, delayMs);
  }

  #gaveUp() {
    return restartDelayMs(this.#deathsMs, Date.now(), this.#wasReady) === undefined;
  }

  /** A full disk may refuse even an empty log. */
  #spawnAgain() {
    try {
      this.#spawn();
    } catch (error) {
      this.#died(messageOf(error));
    }
  }

  /** A line with `"ready"` since it was last started. */
  #saidReady() {
    return this.#logTail()
      .split('\n')
      .some((line) => line.includes('"ready"'));
  }

  #logTail() {
    const log = fs.readFileSync(this.#options.logFile);
    const isRotated = log.length < this.#logOffset;
    return log.subarray(isRotated ? 0 : this.#logOffset).toString('utf8');
  }

  /** @param {string} what */
  #failure(what) {
    const lines = this.#logTail().trimEnd().split('\n').slice(-8).join('\n');
    return new StartFailure(`The service ${this.#options.name} ${what}.\n${lines}\nIts log: ${this.#options.logFile}`);
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Keeps one old log next to the present one. @param {string} file */
function rotate(file) {
  if (fs.existsSync(file) && fs.statSync(file).size > logBytesMax) fs.renameSync(file, `${file}.1`);
}
