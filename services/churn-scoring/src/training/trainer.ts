import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { trainAll } from './train-all.js';
import type { TrainingInput, TrainingResult, TrainingsProgress } from './training-input.js';
import { errorOf, type TrainingMessage, type TrainingTask } from './training-message.js';
import { runThread } from '../worker-thread.js';
import { unitsInThread } from './training-units.js';

interface TrainerContext {
  readonly signal: AbortSignal;
  readonly onProgress: (now: TrainingsProgress) => void;
}

/** Trains in worker threads, so that the service keeps serving requests and the heartbeat of its job. */
@Injectable()
export class Trainer {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<ChurnScoringConfig, 'trainingWorker' | 'trainingThreads'>,
  ) {}

  /**
   * Trains on several inputs at once. Columns in shared memory are not copied.
   * @returns for each input, what came of it: CannotLearnError, the signal's reason, or why its thread has failed
   */
  train(inputs: readonly TrainingInput[], context: TrainerContext): Promise<TrainingResult>[] {
    context.signal.throwIfAborted();
    if (this.config.trainingWorker === 'none') return trainAll(inputs, unitsInThread(inputs), context);
    return this.inThreads(inputs, context);
  }

  private inThreads(
    inputs: readonly TrainingInput[],
    { signal, onProgress }: TrainerContext,
  ): Promise<TrainingResult>[] {
    const workerData: TrainingTask = { inputs, threads: this.config.trainingThreads };
    const settle: { resolve: (result: TrainingResult) => void; reject: (reason: Error) => void }[] = [];
    const trainings = inputs.map(
      (_, input) => new Promise<TrainingResult>((resolve, reject) => (settle[input] = { resolve, reject })),
    );
    const failAll = (reason: Error): void => settle.forEach(({ reject }) => reject(reason));
    const options = { workerData, signal, name: 'training' };
    runThread<TrainingMessage>(path.resolve(this.config.trainingWorker), options, {
      failed: failAll,
      message: (message) => {
        switch (message.kind) {
          case 'progress':
            return onProgress(message.now);
          case 'done':
            return settle[message.input]!.resolve(message.result);
          case 'notTrained':
            return settle[message.input]!.reject(errorOf(message.failure));
        }
      },
    });
    return trainings;
  }
}
