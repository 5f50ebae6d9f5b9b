import { Readable } from 'node:stream';
import { Job as JobMessage } from '@holdfast/contracts/platform/v1/jobs';
import { GRPC_SERVICES, type GrpcService } from '@holdfast/platform/services';
import { z } from 'zod';
import type { ServiceClients } from '../service-clients.js';
import { Answer, answers, operationsOf } from '../operation/operation.js';
import { NextPageToken, ServiceName, nextPageTokenJson, page } from '../operation/wire.js';
import { Job, JOB_EXAMPLE, JobId, jobJson, serviceOfJob } from './job.js';
import { decodePositions, encodePositions, type Positions } from './job-list.js';
import { jobEvents } from './job-events.js';

const operation = operationsOf('jobs');
const params = z.strictObject({ jobId: JobId });
const example = { params: { jobId: JOB_EXAMPLE.jobId }, response: JOB_EXAMPLE };

const listJobs = operation('GET /api/v1/jobs', {
  summary: 'Jobs, newest first within each page',
  description:
    'Jobs of all services; `pageSize` counts for each. A service that does not answer is named in `unavailable`.',
  scope: 'jobs:read',
  query: z.strictObject(page(200)),
  response: z.strictObject({ jobs: z.array(Job), nextPageToken: NextPageToken, unavailable: z.array(ServiceName) }),
  async handle({ call, query: { pageSize, pageToken }, services }) {
    const positions = decodePositions(pageToken);
    const queried = GRPC_SERVICES.filter((service) => positions[service] !== undefined);
    const pages = await Promise.allSettled(
      queried.map((name) => services.of[name].jobs.listJobs(call, { pageSize, pageToken: positions[name]! })),
    );
    const next: Positions = {};
    const jobs: JobMessage[] = [];
    const unavailable: GrpcService[] = [];
    pages.forEach((settled, i) => {
      if (settled.status === 'rejected') {
        unavailable.push(queried[i]!);
        return;
      }
      jobs.push(...settled.value.jobs);
      if (settled.value.nextPageToken !== '') next[queried[i]!] = settled.value.nextPageToken;
    });
    jobs.sort((a, b) => b.createdAt!.getTime() - a.createdAt!.getTime());
    return {
      jobs: jobs.map((job) => jobJson(job, call.caller.language)),
      nextPageToken: nextPageTokenJson(encodePositions(next)),
      unavailable,
    };
  },
  example: { response: { jobs: [JOB_EXAMPLE], nextPageToken: null, unavailable: [] } },
});

const readJob = operation('GET /api/v1/jobs/{jobId}', {
  summary: 'One job with its progress',
  scope: 'jobs:read',
  raises: ['job.unknown'],
  params,
  ...answers(Job, JobMessage),
  handle: ({ call, params, services }) => jobsOf(services, params).getJob(call, params),
  example,
});

const watchJob = operation('GET /api/v1/jobs/{jobId}/events', {
  summary: 'The job now and after every change, as server-sent events, until it has ended',
  description:
    'Events `job` with a Job as data; a comment line every 15 s keeps the connection open. Connect again to go on.',
  scope: 'jobs:read',
  raises: ['job.unknown'],
  params,
  response: z.string(),
  formats: ['text/event-stream'],
  async handle({ call, params, services, gone }) {
    // Read first, so that an unknown job is a 404 and not an empty stream.
    await jobsOf(services, params).getJob(call, params);
    const changes = jobsOf(services, params).watchJob({ ...call, signal: gone() }, params);
    return new Answer(Readable.from(jobEvents(changes, call.caller.language)), {
      contentType: 'text/event-stream',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    });
  },
  example: { ...example, response: `id: 1\nevent: job\ndata: ${JSON.stringify(JOB_EXAMPLE)}\n\n` },
});

const cancelJob = operation('DELETE /api/v1/jobs/{jobId}', {
  summary: 'Stop a job at its next safe point',
  description: 'A job that has ended stays as it is.',
  scope: 'jobs:write',
  raises: ['job.unknown'],
  audited: true,
  params,
  ...answers(Job, JobMessage),
  handle: ({ call, params, services }) => jobsOf(services, params).cancelJob(call, params),
  example: { ...example, response: { ...JOB_EXAMPLE, state: 'cancelled', endedAt: JOB_EXAMPLE.updatedAt } },
});

function jobsOf(services: ServiceClients, { jobId }: { jobId: string }) {
  return services.of[serviceOfJob(jobId)].jobs;
}

/** Long work of all services: a job's id begins with the service that does it. */
export const jobOperations = [listJobs, readJob, watchJob, cancelJob];
