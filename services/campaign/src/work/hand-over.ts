import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '@holdfast/platform/retry';
import { asFailure, isRetryable } from '@holdfast/platform/errors';
import type { JobRun } from '@holdfast/platform/jobs';

/** A contact after which customer-profile must change something about the customer or the numbers. */
export interface ContactNote {
  customerId: string;
  touchId: string;
  since: Date;
  numbers: readonly Buffer[];
}

/** Retries without limit while the receiving service is down: no later request would repeat this job. */
export async function handOver(run: JobRun, send: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await send();
      return;
    } catch (thrown) {
      if (!isRetryable(asFailure(thrown).kind)) throw thrown;
      await run.progress({ phase: 'waiting' });
      await sleep(backoffMs(tries), undefined, { signal: run.signal });
    }
  }
}
