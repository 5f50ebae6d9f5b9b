/**
 * A training thread that keeps the input of its first kind in the file HOLDFAST_BENCH_TRAINING_INPUT and then trains as the
 * service's own thread does, the program HOLDFAST_BENCH_TRAINING_THREAD. For `month-training`, which trains on the same
 * rows again.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { workerData } from 'node:worker_threads';

const { HOLDFAST_BENCH_TRAINING_INPUT: file, HOLDFAST_BENCH_TRAINING_THREAD: thread } = process.env;
if (file === undefined || thread === undefined) throw new Error('no file or no thread is named');
fs.writeFileSync(file, v8.serialize(ownRows(workerData.inputs[0])));
await import(thread);

/**
 * The input with the rows of its kind alone, as all builds take it, and in memory that is not shared.
 * @param {import('../../services/churn-scoring/dist/training/training-input.js').TrainingInput} input
 */
function ownRows({ rows, data, labels, split, forward, departures, leaveReasons, ...input }) {
  const places = rows ?? Uint32Array.from(labels.keys());
  /** @type {(values: Float64Array) => Float64Array} */
  const doubles = (values) => Float64Array.from(places, (row) => values[row] ?? Number.NaN);
  /** @type {(values: Uint32Array) => Uint32Array} */
  const integers = (values) => Uint32Array.from(places, (row) => values[row] ?? 0);
  return {
    ...input,
    data: data.map((column) =>
      column.kind === 'number'
        ? { ...column, values: doubles(column.values) }
        : { ...column, codes: integers(column.codes) },
    ),
    labels: Uint8Array.from(places, (row) => labels[row] ?? 0),
    split: split && doubles(split),
    forward: forward && {
      ...forward,
      months: integers(forward.months),
      subscriptions: integers(forward.subscriptions),
    },
    departures: departures && { ...departures, leftAfter: doubles(departures.leftAfter) },
    leaveReasons: leaveReasons && { ...leaveReasons, codes: integers(leaveReasons.codes) },
  };
}
