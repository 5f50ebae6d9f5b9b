import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '@holdfast/platform/consumer';
import { asFailure, isRetryable } from '@holdfast/platform/errors';
import type { JobRun } from '@holdfast/platform/jobs';

/**
 * Hands something over to a service that may be down. It waits, rather than fail after the tries of other jobs: nobody
 * would ask for this one again. A process that stops hands the job to the next.
 */
export async function handOver(run: JobRun, give: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await give();
      return;
    } catch (thrown) {
      if (!isRetryable(asFailure(thrown).kind)) throw thrown;
      await run.progress({ phase: 'waiting' });
      await sleep(backoffMs(tries), undefined, { signal: run.signal });
    }
  }
}
