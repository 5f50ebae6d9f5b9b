import fs from 'node:fs';
import path from 'node:path';

import type { ImportReport, Job } from './answers.js';
import { eventually } from './eventually.js';
import type { RestClient } from './rest.js';

/** Uploads a table with its mapping, as the command line does. */
export function uploadTable(
  client: RestClient,
  mapping: string,
  fileName: string,
  content: Uint8Array<ArrayBuffer> | string,
): Promise<Job> {
  const form = new FormData();
  form.set('mapping', mapping);
  form.set('file', new Blob([content]), fileName);
  return client.expect<Job>('POST', '/api/v1/tables', { body: form });
}

export function uploadFile(client: RestClient, mappingFile: string, tableFile: string): Promise<Job> {
  return uploadTable(
    client,
    fs.readFileSync(mappingFile, 'utf8'),
    path.basename(tableFile),
    fs.readFileSync(tableFile),
  );
}

/** Waits until a job has ended well. @throws with the job's error */
export async function jobDone(client: RestClient, { jobId }: { jobId: string }, withinMs = 120_000): Promise<Job> {
  const ended = await eventually(
    `the job ${jobId} ends`,
    async () => {
      const { status, json } = await client.ask('GET', `/api/v1/jobs/${jobId}`);
      if (status >= 500) return undefined; // its service is being started again
      const job = json as Job;
      return ['done', 'failed', 'cancelled'].includes(job.state) && job;
    },
    { withinMs },
  );
  if (ended.state !== 'done') throw new Error(`The job ${jobId} ${ended.state}: ${JSON.stringify(ended.error)}`);
  return ended;
}

/** The report of the import that a job has made. */
export async function reportOf(client: RestClient, job: Job): Promise<ImportReport> {
  return client.get(`/api/v1/imports/${job.result['importId']}`);
}

/** Waits until the ranked list of a table can be worked on, drawn from the newest run of scores. */
export async function queueBuilt(client: RestClient, queue: string, runId: string, withinMs = 60_000): Promise<void> {
  await eventually(
    `the list ${queue} is drawn`,
    async () => {
      const { status, json } = await client.ask('GET', '/api/v1/agent-queues');
      if (status >= 500) return false;
      const { queues } = json as { queues: { queue: string; runId: string }[] };
      return queues.some((each) => each.queue === queue && each.runId === runId);
    },
    { withinMs },
  );
}
