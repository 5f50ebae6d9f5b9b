import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from './answers.js';
import { ApiError, type RestClient } from './client.js';
import { serverSentEvents } from './server-sent-events.js';

const RECONNECT_MS = 500;

/** A job that did not succeed. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';

  constructor(readonly job: Job) {
    super(job.error === null ? `The job ${job.jobId} was ${job.state}.` : `${job.error.message} (${job.error.code})`);
  }
}

/**
 * The job once it has succeeded. `onChange` receives every change; a broken connection is opened again, a restarting
 * service is awaited.
 * @throws JobFailedError if it failed or was cancelled
 */
export async function jobDone(client: RestClient, jobId: string, onChange: (job: Job) => void): Promise<Job> {
  for (;;) {
    const last = await follow(client, jobId, onChange);
    if (last !== undefined && hasEnded(last)) {
      if (last.state !== 'done') throw new JobFailedError(last);
      return last;
    }
    await sleep(RECONNECT_MS);
  }
}

/** Follows a job until it ends or the connection does; the last state seen. */
async function follow(client: RestClient, jobId: string, onChange: (job: Job) => void): Promise<Job | undefined> {
  let last: Job | undefined;
  const stream = await client.stream(`/api/v1/jobs/${jobId}/events`, { accept: 'text/event-stream' });
  try {
    for await (const { event, data } of serverSentEvents(stream)) {
      if (event !== 'job') continue;
      last = JSON.parse(data) as Job;
      onChange(last);
      if (hasEnded(last)) return last;
    }
  } catch (error) {
    // The stream broke off; whatever else it is would come again at the next connection.
    if (error instanceof ApiError || error instanceof SyntaxError) throw error;
  }
  return last;
}

function hasEnded(job: Job): boolean {
  return job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
}
