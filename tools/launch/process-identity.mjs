import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Distinguishes a process from a later one with the same number: process ids are reused, the pair of id and
 * start time is not.
 * @typedef {object} ProcessIdentity
 * @property {string} name  what it was started as, for messages
 * @property {number} pid
 * @property {string} startedAt  opaque: kernel ticks since boot, or `ps`'s date where there is no /proc
 */

/**
 * @param {string} name
 * @param {number} pid
 * @returns {ProcessIdentity | undefined}  undefined when there is no such process any more
 */
export function identify(name, pid) {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { name, pid, startedAt };
}

/**
 * Whether the very process is still running, not another one that was given its number.
 * @param {ProcessIdentity} process
 */
export function isRunning({ pid, startedAt }) {
  return startOf(pid) === startedAt;
}

/**
 * When a process started; undefined for one that is gone or only waits to be reaped.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function startOf(pid) {
  return fs.existsSync('/proc/self/stat') ? startFromProc(pid) : startFromPs(pid);
}

/** @param {number} pid */
function startFromProc(pid) {
  try {
    return startInStatLine(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * The 22nd field of /proc/PID/stat. The second one, the program's name in parentheses, may hold blanks and
 * parentheses itself, so counting starts behind the last of them.
 * @param {string} line
 */
export function startInStatLine(line) {
  const [state, ...others] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : others[18];
}

/** @param {number} pid */
function startFromPs(pid) {
  const result = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Ends processes: by the signal, then by SIGKILL.
 * @param {ProcessIdentity[]} processes
 * @param {{ signal?: NodeJS.Signals, graceSeconds?: number }} [options]
 */
export async function endProcesses(processes, { signal = 'SIGTERM', graceSeconds = 10 } = {}) {
  processes.filter(isRunning).forEach(({ pid }) => send(pid, signal));
  const deadline = Date.now() + graceSeconds * 1000;
  while (processes.some(isRunning) && Date.now() < deadline) await sleep(20);
  processes.filter(isRunning).forEach(({ pid }) => send(pid, 'SIGKILL'));
  while (processes.some(isRunning)) await sleep(20);
}

/** @param {number} pid  @param {NodeJS.Signals} signal */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const isGoneMeanwhile = /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
    if (!isGoneMeanwhile) throw error;
  }
}
