import { ApiError, JobFailedError } from './errors.js';
import type { Job } from './gen/operations.js';
import type { RestClient } from './rest-client.js';
import { serverSentEvents } from './server-sent-events.js';
import { sleep } from './sleep.js';

const RECONNECT_MS = 500;

interface WaitOptions {
  /** Receives every change. */
  onChange?: (job: Job) => void;
  signal?: AbortSignal;
}

/**
 * The job once it has succeeded. A broken connection is opened again, a restarting service is awaited.
 * @throws JobFailedError if it failed or was cancelled
 */
export async function jobDone(client: RestClient, jobId: string, options: WaitOptions = {}): Promise<Job> {
  for (;;) {
    const last = await follow(client, jobId, options);
    if (last !== undefined && hasEnded(last)) {
      if (last.state !== 'done') throw new JobFailedError(last);
      return last;
    }
    await sleep(RECONNECT_MS, options.signal);
  }
}

/** Follows a job until it ends or the connection does; the last state seen. */
async function follow(client: RestClient, jobId: string, { onChange, signal }: WaitOptions): Promise<Job | undefined> {
  let last: Job | undefined;
  const options = { headers: { accept: 'text/event-stream' }, ...(signal === undefined ? {} : { signal }) };
  const stream = await client.stream('GET /api/v1/jobs/{jobId}/events', { jobId }, options);
  try {
    for await (const { event, data } of serverSentEvents(stream)) {
      if (event !== 'job') continue;
      last = JSON.parse(data) as Job;
      onChange?.(last);
      if (hasEnded(last)) return last;
    }
  } catch (error) {
    // The stream broke off; whatever else it is would come again at the next connection.
    if (error instanceof ApiError || error instanceof SyntaxError) throw error;
  }
  return last;
}

export function hasEnded({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
