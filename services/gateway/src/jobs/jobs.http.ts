import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { Job as JobMessage } from '@holdfast/contracts/platform/v1/jobs';
import type { Call } from '@holdfast/platform/grpc';
import { GRPC_SERVICES, type GrpcService } from '@holdfast/platform/services';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { NextPageToken, nextPageTokenJson, page } from '../operation/wire.js';
import { Job, JOB_EXAMPLE, JobId, jobJson, serviceOfJob } from './job.js';
import { decodePositions, encodePositions, type Positions } from './job-list.js';
import { jobEvents } from './job-events.js';

const listJobs = operation({
  method: 'GET',
  path: '/api/v1/jobs',
  group: 'jobs',
  summary: 'Jobs, newest first within each page',
  description:
    'Jobs of all services; `pageSize` counts for each. A service that does not answer is named in `unavailable`.',
  scope: 'jobs:read',
  query: z.strictObject(page(200)),
  response: z.strictObject({ jobs: z.array(Job), nextPageToken: NextPageToken, unavailable: z.array(z.string()) }),
  example: { response: { jobs: [JOB_EXAMPLE], nextPageToken: null, unavailable: [] } },
});

const readJob = operation({
  method: 'GET',
  path: '/api/v1/jobs/{jobId}',
  group: 'jobs',
  summary: 'One job with its progress',
  scope: 'jobs:read',
  params: z.strictObject({ jobId: JobId }),
  response: Job,
  example: { params: { jobId: JOB_EXAMPLE.jobId }, response: JOB_EXAMPLE },
});

const watchJob = operation({
  method: 'GET',
  path: '/api/v1/jobs/{jobId}/events',
  group: 'jobs',
  summary: 'The job now and after every change, as server-sent events, until it has ended',
  description:
    'Events `job` with a Job as data; a comment line every 15 s keeps the connection open. Connect again to go on.',
  scope: 'jobs:read',
  params: z.strictObject({ jobId: JobId }),
  response: Job,
  alsoAs: ['text/event-stream'],
  example: { params: { jobId: JOB_EXAMPLE.jobId }, response: JOB_EXAMPLE },
});

const cancelJob = operation({
  method: 'DELETE',
  path: '/api/v1/jobs/{jobId}',
  group: 'jobs',
  summary: 'Stop a job at its next safe point',
  description: 'A job that has ended stays as it is.',
  scope: 'jobs:write',
  audited: true,
  params: z.strictObject({ jobId: JobId }),
  response: Job,
  example: {
    params: { jobId: JOB_EXAMPLE.jobId },
    response: { ...JOB_EXAMPLE, state: 'cancelled', endedAt: JOB_EXAMPLE.updatedAt },
  },
});

/** Long work of all services: a job's id begins with the service that does it. */
@Controller()
export class JobsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listJobs)
  async list({ call, query }: HandlerInput<typeof listJobs>) {
    const positions = decodePositions(query.pageToken);
    const asked = GRPC_SERVICES.filter((service) => positions[service] !== undefined);
    const pages = await Promise.allSettled(
      asked.map((service) => this.pageOf(call, service, positions[service]!, query.pageSize)),
    );
    const next: Positions = {};
    const jobs: JobMessage[] = [];
    const unavailable: string[] = [];
    pages.forEach((settled, i) => {
      if (settled.status === 'rejected') {
        unavailable.push(asked[i]!);
        return;
      }
      jobs.push(...settled.value.jobs);
      if (settled.value.nextPageToken !== '') next[asked[i]!] = settled.value.nextPageToken;
    });
    jobs.sort((a, b) => b.createdAt!.getTime() - a.createdAt!.getTime());
    return {
      jobs: jobs.map((job) => jobJson(job, call.caller.language)),
      nextPageToken: nextPageTokenJson(encodePositions(next)),
      unavailable,
    };
  }

  @Operation(readJob)
  async read({ call, params }: HandlerInput<typeof readJob>) {
    return jobJson(await this.jobsOf(params.jobId).getJob(call, params), call.caller.language);
  }

  @Operation(watchJob)
  async watch({ call, params, gone }: HandlerInput<typeof watchJob>) {
    // Read first, so that an unknown job is a 404 and not an empty stream.
    await this.jobsOf(params.jobId).getJob(call, params);
    const changes = this.jobsOf(params.jobId).watchJob({ ...call, signal: gone() }, params);
    return new Answer(Readable.from(jobEvents(changes, call.caller.language)), {
      contentType: 'text/event-stream',
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    });
  }

  @Operation(cancelJob)
  async cancel({ call, params }: HandlerInput<typeof cancelJob>) {
    return jobJson(await this.jobsOf(params.jobId).cancelJob(call, params), call.caller.language);
  }

  private jobsOf(jobId: string) {
    return this.services.of[serviceOfJob(jobId)].jobs;
  }

  private pageOf(call: Call, service: GrpcService, pageToken: string, pageSize: number) {
    return this.services.of[service].jobs.listJobs(call, { pageSize, pageToken });
  }
}
