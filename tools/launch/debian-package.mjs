import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const downloadSecondsMax = 120;

/** Whether this machine has Debian's package manager. */
export function hasApt() {
  return spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Fetches a program from a package of the distribution with the machine's own sources into a private apt tree: no root, no
 * change to the system.
 * @param {object} wanted
 * @param {string} wanted.name  of the package
 * @param {string} wanted.program  its path within the package
 * @param {string} wanted.cacheDir
 * @param {string} wanted.target  the program's place; appears complete or not at all
 * @param {(program: string) => boolean} wanted.isRunnable
 * @throws an Error with the text of apt
 */
export async function fetchProgram({ name, program, cacheDir, target, isRunnable }) {
  fs.mkdirSync(cacheDir, { recursive: true });
  const work = fs.mkdtempSync(path.join(cacheDir, 'fetch-'));
  try {
    await fetchPackage(work, name);
    const archive = fs.readdirSync(work).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get download left no package');
    await run('dpkg', ['-x', path.join(work, archive), path.join(work, 'unpacked')]);
    const unpacked = path.join(work, 'unpacked', program);
    if (!isRunnable(unpacked)) throw new Error(`the fetched ${path.basename(program)} does not run here`);
    fs.renameSync(unpacked, target);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string} work  @param {string} name */
async function fetchPackage(work, name) {
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    fs.mkdirSync(path.join(work, folder), { recursive: true });
  }
  fs.copyFileSync('/var/lib/dpkg/status', path.join(work, 'state', 'status'));
  const options = [
    `Dir::State=${work}/state`,
    `Dir::State::status=${work}/state/status`,
    `Dir::Cache=${work}/cache`,
    `APT::Sandbox::User=${os.userInfo().username}`,
    'Acquire::Languages=none',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ].flatMap((option) => ['-o', option]);
  const limits = { cwd: work, timeout: downloadSecondsMax * 1000 };
  await run('apt-get', ['-qq', ...options, 'update'], limits);
  await run('apt-get', ['-qq', ...options, 'download', name], limits);
}
