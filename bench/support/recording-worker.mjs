/**
 * A training thread that keeps its input in the file HOLDFAST_BENCH_TRAINING_INPUT and then trains as the service's own
 * thread does, the program HOLDFAST_BENCH_TRAINING_THREAD. For `month-training`, which trains on the same rows again.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { workerData } from 'node:worker_threads';

const { HOLDFAST_BENCH_TRAINING_INPUT: file, HOLDFAST_BENCH_TRAINING_THREAD: thread } = process.env;
if (file === undefined || thread === undefined) throw new Error('no file or no thread is named');
// Kinds that are trained on the same rows would replace it.
if (workerData.isRetention !== false) fs.writeFileSync(file, v8.serialize(workerData));
await import(thread);
