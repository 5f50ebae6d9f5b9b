import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

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
 * A simulated operator of 5,000 subscribers and 18 months goes through `npm start`, with a training thread that keeps
 * its input (v8.serialize).
 * @param {string} seed
 * @returns the file with the input of the operator's training; it exists until this process ends
 */
export function recordMonth(seed) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-bench-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'input');
  console.log(`the month of operator ${seed} …`);
  execute([path.join(root, 'twin/dist/main.js'), 'create', '--seed', seed, '--out', folder], {});
  execute([path.join(root, 'tools/start.mjs'), '--once', '--quiet', '--extract', path.join(folder, 'extract')], {
    HOLDFAST_HOME: path.join(folder, 'home'),
    HOLDFAST_BENCH_TRAINING_INPUT: file,
    HOLDFAST_BENCH_TRAINING_THREAD: threadOf(root),
    HOLDFAST_TRAINING_WORKER: path.join(import.meta.dirname, 'recording-worker.mjs'),
  });
  return file;
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} environment
 */
function execute(args, environment) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
}
