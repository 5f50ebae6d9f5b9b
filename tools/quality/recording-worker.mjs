/**
 * In place of a training thread: keeps the input of its first kind in the file HOLDFAST_BENCH_TRAINING_INPUT, and waits
 * until it is ended. For `recordMonth`.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';

const { HOLDFAST_BENCH_TRAINING_INPUT: file } = process.env;
if (file === undefined) throw new Error('no file is named');
// The file appears whole: who waits for it reads it at once.
fs.writeFileSync(`${file}.part`, v8.serialize(ownRows(workerData.inputs[0])));
fs.renameSync(`${file}.part`, file);
parentPort?.on('message', () => undefined);

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
