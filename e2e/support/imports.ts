import type { Import, Job } from '@holdfast/client/gen/operations';
import { jobDone as finished } from '@holdfast/client/jobs';
import type { RestClient } from '@holdfast/client/rest-client';

import { eventually } from './eventually.js';

/** Uploads a table with its mapping, as the command line does. */
export function uploadTable(client: RestClient, ...table: Parameters<typeof tableForm>): Promise<Job> {
  return client.call('POST /api/v1/tables', { body: tableForm(...table) });
}

export function tableForm(mapping: string, fileName: string, content: Uint8Array<ArrayBuffer> | string): FormData {
  const form = new FormData();
  form.set('mapping', mapping);
  form.set('file', new Blob([content]), fileName);
  return form;
}

/** Waits until a job has ended well. @throws with the job's error */
export function jobDone(client: RestClient, { jobId }: { jobId: string }, withinMs = 120_000): Promise<Job> {
  return finished(client, jobId, { signal: AbortSignal.timeout(withinMs) });
}

/** The report of the import that a job has made. */
export async function reportOf(client: RestClient, job: Job): Promise<Import> {
  return client.call('GET /api/v1/imports/{importId}', { importId: job.result['importId']! });
}

/** Waits until the ranked list of a table can be worked on, built from the newest run of scores. */
export async function queueBuilt(client: RestClient, queue: string, runId: string, withinMs = 60_000): Promise<void> {
  await eventually(
    `the list ${queue} is built`,
    async () => {
      const { queues } = await client.call('GET /api/v1/agent-queues');
      return queues.some((each) => each.queue === queue && each.runId === runId);
    },
    { withinMs },
  );
}
