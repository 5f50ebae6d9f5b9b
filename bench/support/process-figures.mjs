import fs from 'node:fs';

/**
 * What a process has used: seconds of CPU, and bytes resident at most since the last reset.
 * @typedef {{ cpuSeconds: number, peakBytes: number }} Figures
 */

const ticksPerSecond = 100;

/** Of a process that runs; no bytes of one that is about to end. @param {number} pid  @returns {Figures} */
export function figuresOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpuSeconds, peakBytes: 1_024 * Number(peak?.[1] ?? 0) };
}

/** Begins a new peak of memory. @param {number} pid */
export function resetPeak(pid) {
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** A process's children, such as the backends of PostgreSQL. @param {number} pid @returns {number[]} */
export function childrenOf(pid) {
  return fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}
