import { parentPort, workerData } from 'node:worker_threads';
import type { TrainingInput } from './training-input.js';
import { failureMessage, type UnitMessage } from './training-message.js';
import { UnitSources, type UnitCall } from './units.js';

/** Program of a thread that computes units of a training, one at a time. It is ended with the training. */
const tell = (message: UnitMessage): void => parentPort!.postMessage(message);
const sources = new UnitSources(workerData as readonly TrainingInput[]);

parentPort!.on('message', (call: UnitCall) => {
  sources.compute(call, { onProgress: (fraction) => tell({ kind: 'progress', fraction }) }).then(
    (result) => tell({ kind: 'done', result }),
    (thrown: unknown) => tell(failureMessage(thrown)),
  );
});
