/**
 * Where the tests' temporary files are. Servers of tests create thousands of files and soon remove them: on a disk, that
 * took a fifth of the time of tests with a database. Memory is used where there is plenty; where there is not, or where
 * TMPDIR is set, nothing changes.
 */
const fs = require('node:fs');
const os = require('node:os');

const memoryFolder = '/dev/shm';
const gigabyte = 2 ** 30;
/** A whole run takes 1.2 GB, in addition to the memory of what runs. */
const freeInFolderMin = 4 * gigabyte;
const freeMemoryMin = 8 * gigabyte;

/** Where files stay after the tests: not in memory, also where a test runs Jest. */
function folderOnDisk() {
  return os.tmpdir() === memoryFolder ? '/tmp' : os.tmpdir();
}

/** Sets TMPDIR for this process and those that it starts. */
function useMemoryForTemporaryFiles() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = memoryFolder;
}

/**
 * Works with temporary files on the disk, for what stays there after the tests.
 * @template T
 * @param {() => Promise<T>} work
 */
async function withFilesOnDisk(work) {
  if (process.env.TMPDIR !== memoryFolder) return work();
  process.env.TMPDIR = folderOnDisk();
  try {
    return await work();
  } finally {
    process.env.TMPDIR = memoryFolder;
  }
}

function hasRoom() {
  try {
    fs.accessSync(memoryFolder, fs.constants.W_OK);
    const { bavail, bsize } = fs.statfsSync(memoryFolder);
    return bavail * bsize >= freeInFolderMin && os.freemem() >= freeMemoryMin;
  } catch {
    return false; // not on this system
  }
}

module.exports = { folderOnDisk, useMemoryForTemporaryFiles, withFilesOnDisk };
