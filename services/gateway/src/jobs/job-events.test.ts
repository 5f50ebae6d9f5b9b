import { Job, JobState } from '@holdfast/contracts/platform/v1/jobs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobEvents } from './job-events.js';

const job = (state: JobState) =>
  Job.fromPartial({ jobId: 'campaign.1', state, createdAt: new Date(0), updatedAt: new Date(0) });

test('every change is an event; silence is filled with comments', async () => {
  async function* changes() {
    yield job(JobState.JOB_STATE_RUNNING);
    await sleep(50);
    yield job(JobState.JOB_STATE_DONE);
  }
  const texts: string[] = [];
  for await (const text of jobEvents(changes(), 'en', 10)) texts.push(text);
  expect(texts[0]).toMatch(/^id: 1\nevent: job\ndata: \{.*"state":"running".*\}\n\n$/);
  expect(texts.at(-1)).toMatch(/^id: 2\nevent: job\ndata: \{.*"state":"done".*\}\n\n$/);
  expect(texts.slice(1, -1).length).toBeGreaterThan(0);
  expect(new Set(texts.slice(1, -1))).toEqual(new Set([': still here\n\n']));
});

test('a client that disconnects ends the watch', async () => {
  let stopped = false;
  async function* changes() {
    try {
      for (;;) yield job(JobState.JOB_STATE_RUNNING);
    } finally {
      stopped = true;
    }
  }
  for await (const _ of jobEvents(changes(), 'en')) break;
  await sleep(0);
  expect(stopped).toBe(true);
});
