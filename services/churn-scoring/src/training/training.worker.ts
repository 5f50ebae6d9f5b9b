import { parentPort, workerData } from 'node:worker_threads';
import { trainAll } from './train-all.js';
import { failureMessage, type TrainingMessage, type TrainingTask } from './training-message.js';
import { UnitPool, unitsInThread } from './training-units.js';
import { UnitWorkerThread } from './unit-worker-thread.js';

/** Program of the training thread: trains once and ends, with its threads. It is cancelled by ending it. */
const tell = (message: TrainingMessage, transfer: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, transfer);

const { inputs, threads } = workerData as TrainingTask;
const workers = threads === 1 ? [] : Array.from({ length: threads }, () => new UnitWorkerThread(inputs));
const pool = threads === 1 ? unitsInThread(inputs) : new UnitPool(workers);
const trainings = trainAll(inputs, pool, {
  signal: new AbortController().signal,
  onProgress: (now) => tell({ kind: 'progress', now }),
});
const told = trainings.map((training, input) =>
  training.then(
    (result) => tell({ kind: 'done', input, result }, [result.bytes.buffer]),
    (thrown: unknown) => tell({ kind: 'notTrained', input, failure: failureMessage(thrown) }),
  ),
);
void Promise.all(told).then(() => Promise.all(workers.map((worker) => worker.end())));
