import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Inject, Injectable } from '@nestjs/common';
import { CannotLearnError } from '@holdfast/learning/learner';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { train, type TrainingInput, type TrainingProgress, type TrainingResult } from './train.js';
import type { TrainingMessage } from './training-message.js';

interface TrainerContext {
  readonly signal: AbortSignal;
  readonly onProgress: (now: TrainingProgress) => void;
}

/** Trains in a worker thread, so that the service keeps serving requests and the heartbeat of its job. */
@Injectable()
export class Trainer {
  constructor(@Inject(CONFIG) private readonly config: Pick<ChurnScoringConfig, 'trainingWorker'>) {}

  /**
   * The input's buffers move into the thread; it is of no use afterwards.
   * @throws CannotLearnError; the signal's reason
   */
  train(input: TrainingInput, context: TrainerContext): Promise<TrainingResult> {
    context.signal.throwIfAborted();
    return this.config.trainingWorker === 'none' ? train(input, context) : this.inThread(input, context);
  }

  private inThread(input: TrainingInput, { signal, onProgress }: TrainerContext): Promise<TrainingResult> {
    const worker = new Worker(path.resolve(this.config.trainingWorker), {
      workerData: input,
      transferList: buffersOf(input),
    });
    return new Promise<TrainingResult>((resolve, reject) => {
      const cancel = (): void => {
        reject(signal.reason as Error);
        void worker.terminate();
      };
      signal.addEventListener('abort', cancel, { once: true });
      worker.on('message', (message: TrainingMessage) => {
        switch (message.kind) {
          case 'progress':
            return onProgress(message.now);
          case 'done':
            return resolve(message.result);
          case 'cannotLearn':
            return reject(new CannotLearnError(message.reason, message.message, message.facts));
          case 'failed':
            return reject(new Error(`training failed: ${message.stack}`));
        }
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        signal.removeEventListener('abort', cancel);
        reject(new Error(`the training thread ended early (${code})`)); // does nothing once there is a result
      });
    });
  }
}

function buffersOf({ data, labels, split, departures }: TrainingInput): ArrayBuffer[] {
  const columns = data.map((column) => (column.kind === 'number' ? column.values : column.codes).buffer as ArrayBuffer);
  const others = [split?.buffer, departures?.leftAfter.buffer].filter((buffer) => buffer !== undefined);
  return [...columns, labels.buffer, ...others];
}
