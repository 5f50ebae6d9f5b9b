import { parentPort, workerData } from 'node:worker_threads';
import { BlockProcessor } from './block-processor.js';
import type { BlockContext } from './settings.js';
import { runPass, type AnswerMessage, type WorkMessage } from './workers.js';

/** Entry point of a worker thread; see workers.ts. */
const port = parentPort!;
const opening = BlockProcessor.open(workerData as BlockContext);

async function answer({ pass, block }: WorkMessage): Promise<AnswerMessage> {
  try {
    return { kind: 'done', result: await runPass(await opening, pass, block) };
  } catch (error) {
    return { kind: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

port.on('message', (message: WorkMessage) => void answer(message).then((reply) => port.postMessage(reply)));
