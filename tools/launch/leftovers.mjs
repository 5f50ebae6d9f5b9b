import fs from 'node:fs';

import { StartFailure } from './failure.mjs';
import { endProcesses, identify, isRunning } from './process-identity.mjs';

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */
/** @typedef {import('./home.mjs').Home} Home */

const runFileName = 'run.json';
const saveAgainMs = 1_000;

/**
 * What runs in a home, stored in its file `run.json` before a process starts: a start after a killed launcher finds its
 * processes, and a user sees which process is which service.
 */
export class RunFile {
  /** @type {Map<string, ProcessIdentity>} */
  #processes = new Map();
  #home;
  #launcher;
  /** @type {NodeJS.Timeout | undefined} */
  #later;

  /** @param {Home} home  @throws {StartFailure} when another launcher was faster */
  constructor(home) {
    this.#home = home;
    this.#launcher = identify('launcher', process.pid);
    this.#claim();
  }

  /** @param {string} name  @param {number} pid */
  note(name, pid) {
    const found = identify(name, pid);
    if (found === undefined) this.#processes.delete(name);
    else this.#processes.set(name, found);
    this.#save();
  }

  remove() {
    clearTimeout(this.#later);
    fs.rmSync(this.#home.file(runFileName), { force: true });
  }

  /** A link, unlike a write, fails when the file exists, and readers never see half a file. */
  #claim() {
    const mine = `run.${process.pid}`;
    this.#home.write(mine, this.#text());
    try {
      fs.linkSync(this.#home.file(mine), this.#home.file(runFileName));
    } catch (cause) {
      throw new StartFailure(`Another start in ${this.#home.folder} was faster.`, { cause });
    } finally {
      fs.rmSync(this.#home.file(mine));
    }
  }

  /** On a full disk the file names the process before; it is written as soon as there is space. */
  #save() {
    clearTimeout(this.#later);
    try {
      this.#home.write(runFileName, this.#text());
    } catch (error) {
      if (!isFullDisk(error)) throw error;
      this.#later = setTimeout(() => this.#save(), saveAgainMs).unref();
    }
  }

  #text() {
    return JSON.stringify({ launcher: this.#launcher, processes: [...this.#processes.values()] }, null, 2);
  }
}

/**
 * Ends what a killed launcher left running in this home.
 * @param {Home} home
 * @returns {Promise<string[]>}  the names of what was ended
 * @throws {StartFailure} when that launcher is alive: two systems must not share a home
 */
export async function endLeftovers(home) {
  /** @type {{ launcher: ProcessIdentity, processes: ProcessIdentity[] } | undefined} */
  const run = home.readJson(runFileName);
  if (run === undefined) return [];
  if (isRunning(run.launcher)) {
    throw new StartFailure(
      `Holdfast already runs in ${home.folder} (pid ${run.launcher.pid}).\n` +
        'Stop that one, or set HOLDFAST_HOME to another folder.',
    );
  }
  const left = run.processes.filter(isRunning);
  const servers = ['nats', 'postgres'];
  await endProcesses(left.filter(({ name }) => !servers.includes(name)));
  await endProcesses(left.filter(({ name }) => name === 'nats'));
  await endProcesses(
    left.filter(({ name }) => name === 'postgres'),
    { signal: 'SIGINT', graceSeconds: 30 },
  );
  fs.rmSync(home.file(runFileName), { force: true });
  return left.map(({ name }) => name);
}

/** @param {unknown} error */
function isFullDisk(error) {
  const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
  return ['ENOSPC', 'EDQUOT'].includes(code);
}
