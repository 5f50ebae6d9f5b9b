/**
 * Temporary folders for servers that tests start. Each notes down who made it and which servers run in it, so that
 * the next run can clear away what a killed one left.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { canEnter, databaseUser } from '../embedded-postgres.mjs';
import { StartFailure } from './failure.mjs';
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

/** Ends the servers and removes the folders of runs that are no more. */
export async function removeDeadScratchFolders() {
  const base = baseFolder();
  for (const name of fs.readdirSync(base).filter((entry) => entry.startsWith(prefix))) {
    const folder = path.join(base, name);
    const note = readNote(path.join(folder, noteName));
    if (note === undefined || isRunning(note.owner)) continue;
    await endProcesses(note.servers, { signal: 'SIGQUIT' });
    fs.rmSync(folder, { recursive: true, force: true });
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
