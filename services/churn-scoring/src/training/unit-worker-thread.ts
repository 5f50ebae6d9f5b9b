import { Worker } from 'node:worker_threads';
import type { TrainingInput } from './training-input.js';
import { errorOf, type UnitMessage } from './training-message.js';
import type { UnitThread } from './training-units.js';
import type { UnitCall } from './units.js';

/** A thread that computes units. It has all inputs: their columns are in shared memory. */
export class UnitWorkerThread implements UnitThread {
  private readonly worker: Worker;
  /** Why the thread has ended: what is computed then, and all that comes after it, fails with it. */
  private failure: Error | undefined;
  private reject: (reason: Error) => void = () => undefined;

  constructor(inputs: readonly TrainingInput[]) {
    this.worker = new Worker(new URL('./unit.worker.js', import.meta.url), { workerData: inputs });
    this.worker.on('error', (error: Error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`a training thread ended early (${code})`)));
  }

  compute(call: UnitCall, { onProgress }: Parameters<UnitThread['compute']>[1]): Promise<unknown> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const tell = (message: UnitMessage): void => {
        if (message.kind === 'progress') return onProgress?.(message.fraction);
        this.worker.off('message', tell);
        if (message.kind === 'done') resolve(message.result);
        else reject(errorOf(message));
      };
      this.reject = reject;
      this.worker.on('message', tell);
      this.worker.postMessage(call);
    });
  }

  private fail(reason: Error): void {
    this.failure ??= reason;
    this.reject(this.failure);
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
