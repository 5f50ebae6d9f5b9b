import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import type { Language } from '@holdfast/platform/errors';
import { jobJson } from './job.js';

const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': still here\n\n';

/**
 * A job's changes as server-sent events (WHATWG HTML, 9.2). Where nothing changes for a while, a comment line goes out,
 * so that proxies leave the connection open and a dead client is noticed.
 */
export async function* jobEvents(
  changes: AsyncIterable<Job>,
  language: Language,
  heartbeatMs = HEARTBEAT_MS,
): AsyncIterable<string> {
  const iterator = changes[Symbol.asyncIterator]();
  let id = 0;
  let next = iterator.next();
  try {
    for (;;) {
      const change = await Promise.race([next, afterSilence(heartbeatMs)]);
      if (change === undefined) {
        yield HEARTBEAT;
        continue;
      }
      if (change.done) return;
      yield `id: ${(id += 1)}\nevent: job\ndata: ${JSON.stringify(jobJson(change.value, language))}\n\n`;
      next = iterator.next();
    }
  } finally {
    next.catch(() => undefined);
    void iterator.return?.();
  }
}

function afterSilence(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}
