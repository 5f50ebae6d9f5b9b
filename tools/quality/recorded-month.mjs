import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { freePort } from '../launch/ports.mjs';

export const root = path.join(import.meta.dirname, '../..');

/**
 * The program of the thread that trains.
 * @param {string} build  a compiled checkout
 */
export const threadOf = (build) => path.join(build, 'services/churn-scoring/dist/training/training.worker.js');

/**
 * What the thread is started with, for one input, as the service gives it: with columns in shared memory.
 * @template {{ data: readonly import('@holdfast/learning/table').Column[] }} Input
 * @param {Input} input
 * @param {number} threads
 */
export function trainingTask(input, threads = os.availableParallelism()) {
  const data = input.data.map((column) =>
    column.kind === 'number'
      ? { ...column, values: shared(new Float64Array(memoryFor(column.values)), column.values) }
      : { ...column, codes: shared(new Uint32Array(memoryFor(column.codes)), column.codes) },
  );
  return { inputs: [{ ...input, data }], threads };
}

/** @param {Float64Array | Uint32Array} values */
function memoryFor(values) {
  return new SharedArrayBuffer(values.byteLength);
}

/**
 * @template {Float64Array | Uint32Array} Values
 * @param {Values} memory
 * @param {Values} values
 */
function shared(memory, values) {
  memory.set(values);
  return memory;
}

/**
 * A simulated operator goes through `npm start` until the rows of its training are in memory; a thread in place of the
 * training one keeps the input of its first kind (v8.serialize), and the system is stopped.
 * @param {string} seed
 * @param {{ subscribers?: number, months?: number, keep?: string | undefined }} [given]  keep: a folder that has the
 *   inputs of earlier calls, and gets this one; without it the file exists until this process ends
 * @returns the file with the input of the operator's training
 */
export async function recordMonth(seed, { subscribers = 5_000, months = 18, keep } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  fs.chmodSync(folder, 0o711); // the database's user passes through it
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  const file = path.join(keep ?? folder, `operator-${seed}-${subscribers}-${months}.input`);
  if (keep !== undefined && fs.existsSync(file)) return file;
  process.once('exit', remove);
  if (keep !== undefined) fs.mkdirSync(keep, { recursive: true });
  console.log(`the month of operator ${seed} …`);
  const size = ['--subscribers', String(subscribers), '--months', String(months)];
  const twin = spawn(
    process.execPath,
    [path.join(root, 'twin/dist/main.js'), 'create', ...size, '--seed', seed, '--out', folder],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [created] = await once(twin, 'close');
  if (created !== 0) throw new Error(`no operator ${seed}: its program ended with ${created}`);
  const words = ['--once', '--quiet', '--port', String(await freePort()), '--extract', path.join(folder, 'extract')];
  const start = spawn(process.execPath, [path.join(root, 'tools/start.mjs'), ...words], {
    cwd: root,
    env: {
      ...process.env,
      HOLDFAST_HOME: path.join(folder, 'home'),
      HOLDFAST_BENCH_TRAINING_INPUT: file,
      HOLDFAST_TRAINING_WORKER: path.join(import.meta.dirname, 'recording-worker.mjs'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(start, 'close');
  const isRunning = () => start.exitCode === null && start.signalCode === null;
  while (isRunning() && !fs.existsSync(file)) await setTimeout(500);
  if (isRunning()) start.kill('SIGTERM');
  await ended;
  if (!fs.existsSync(file)) throw new Error(`the month of operator ${seed} ended without a training`);
  if (keep !== undefined) remove();
  return file;
}
