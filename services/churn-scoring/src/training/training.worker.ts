import { parentPort, workerData } from 'node:worker_threads';
import { train, type TrainingInput } from './train.js';
import { failureMessage, type TrainingMessage } from './training-message.js';

/** Program of the training thread: trains once and ends. It is cancelled by ending it. */
const tell = (message: TrainingMessage, transfer: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, transfer);

train(workerData as TrainingInput, { onProgress: (now) => tell({ kind: 'progress', now }) }).then(
  (result) => tell({ kind: 'done', result }, [result.bytes.buffer]),
  (thrown: unknown) => tell(failureMessage(thrown)),
);
