/**
 * Temporary folders for servers and systems that tests start. Each notes down who made it and which servers run in it, and
 * has a process that ends them and removes the folder when its owner ends, however that happens.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { canEnter, databaseUser } from '../embedded-postgres.mjs';
import { StartFailure } from './failure.mjs';
import { Home } from './home.mjs';
import { endLeftovers } from './leftovers.mjs';
import { endProcesses, identify, isRunning } from './process-identity.mjs';

const prefix = 'holdfast-test-';
const noteName = 'processes.json';

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */

/** A new folder that the database's user may enter. */
export function makeScratchFolder() {
  const folder = fs.mkdtempSync(path.join(baseFolder(), prefix));
  fs.chmodSync(folder, 0o711); // the database's user passes through to its own folder, and other users cannot list it
  const owner = identify('owner', process.pid);
  /** @type {ProcessIdentity[]} */
  const servers = [];
  const save = () => fs.writeFileSync(path.join(folder, noteName), JSON.stringify({ owner, servers }), { mode: 0o600 });
  save();
  endWithOwner(folder);
  return {
    folder,
    /** @param {string} name  @param {number} pid */
    note(name, pid) {
      const server = identify(name, pid);
      if (server !== undefined) servers.push(server);
      save();
    },
    remove() {
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts the process that ends what runs in the folder as soon as this one has ended, also by `kill -9`: then the pipe
 * between them closes. The folder is gone already after an orderly end.
 * @param {string} folder
 */
function endWithOwner(folder) {
  const program = path.join(import.meta.dirname, 'end-with-owner.mjs');
  const watcher = spawn(process.execPath, [program, folder], {
    detached: true, // a Ctrl-C ends the owner, and must not end this
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  /** @type {import('node:net').Socket} */ (watcher.stdin).unref();
}

/** Ends the servers and removes the folders of runs that are no more. */
export async function removeDeadScratchFolders() {
  const base = baseFolder();
  for (const name of fs.readdirSync(base).filter((entry) => entry.startsWith(prefix))) {
    const folder = path.join(base, name);
    const note = readNote(path.join(folder, noteName));
    if (note !== undefined && !isRunning(note.owner)) await removeScratchFolder(folder);
  }
}

/** Ends all that runs in a scratch folder, and removes it. @param {string} folder */
export async function removeScratchFolder(folder) {
  await endSystems(folder);
  await endProcesses(readNote(path.join(folder, noteName))?.servers ?? [], { signal: 'SIGQUIT' });
  unmountIn(folder);
  fs.rmSync(folder, { recursive: true, force: true });
}

/** A test may have mounted a small disk. @param {string} folder */
function unmountIn(folder) {
  const mounts = fs.existsSync('/proc/self/mounts') ? fs.readFileSync('/proc/self/mounts', 'utf8').split('\n') : [];
  const places = mounts.map((line) => line.split(' ')[1] ?? '').filter((place) => place.startsWith(`${folder}/`));
  for (const place of places) spawnSync('umount', ['--lazy', place], { stdio: 'ignore' });
}

/** Ends every system whose home is in a scratch folder or in a folder of it. @param {string} folder */
export async function endSystems(folder) {
  for (const runFile of fs.globSync('{*,*/*,*/*/*}/run.json', { cwd: folder })) {
    const home = new Home(path.join(folder, path.dirname(runFile)));
    const launcher = home.readJson('run.json')?.launcher;
    // The launcher ends its services; those of one that was killed are ended here.
    if (launcher !== undefined && isRunning(launcher)) await endProcesses([launcher], { graceSeconds: 40 });
    await endLeftovers(home);
  }
}

/** @param {string} file  @returns {{ owner: ProcessIdentity, servers: ProcessIdentity[] } | undefined} */
function readNote(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined; // another user's, or one that is being made or removed at this moment
  }
}

function baseFolder() {
  const user = databaseUser();
  const base = [os.tmpdir(), '/tmp'].find((folder) => fs.existsSync(folder) && canEnter(user, folder));
  if (base !== undefined) return base;
  throw new StartFailure(
    `The user ${user?.name} can enter neither ${os.tmpdir()} nor /tmp. Set TMPDIR to an open folder.`,
  );
}
