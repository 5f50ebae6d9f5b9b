/**
 * A training thread that keeps its input in the file HOLDFAST_BENCH_TRAINING_INPUT and then trains as the service's own
 * thread does. For `month-training`, which trains on the same rows again.
 */
import fs from 'node:fs';
import v8 from 'node:v8';
import { workerData } from 'node:worker_threads';

const file = process.env['HOLDFAST_BENCH_TRAINING_INPUT'];
if (file === undefined) throw new Error('HOLDFAST_BENCH_TRAINING_INPUT names no file');
fs.writeFileSync(file, v8.serialize(workerData));
await import('../../services/churn-scoring/dist/training/training.worker.js');
