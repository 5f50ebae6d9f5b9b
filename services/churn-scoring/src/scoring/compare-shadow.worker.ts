import { parentPort, workerData } from 'node:worker_threads';
import { compareShadow, type ShadowRows } from './compare-shadow.js';

/** Program of the thread of a comparison: computes it once and ends. It is cancelled by ending it. */
parentPort!.postMessage(compareShadow(workerData as ShadowRows));
