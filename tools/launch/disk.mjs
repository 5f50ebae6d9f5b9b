import fs from 'node:fs';

import { StartFailure } from './failure.mjs';

/** What a run of the example and the servers' own files need, with room to spare. */
const bytesNeeded = 1e9;

/**
 * A database on a full disk fails late and in many ways, so the start checks it first.
 * @param {string} folder
 */
export function checkDisk(folder) {
  const { bavail, bsize } = fs.statfsSync(folder);
  const message = diskComplaint(folder, bavail * bsize);
  if (message !== undefined) throw new StartFailure(message);
}

/** @param {string} folder  @param {number} bytesFree  @returns {string | undefined} */
export function diskComplaint(folder, bytesFree) {
  if (bytesFree >= bytesNeeded) return undefined;
  return (
    `The disk of ${folder} has ${(bytesFree / 1e9).toFixed(2)} GB free; Holdfast needs ${bytesNeeded / 1e9} GB.\n` +
    'Free some space, or set HOLDFAST_HOME to a folder on another disk.'
  );
}
