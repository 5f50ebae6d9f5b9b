import { Job as JobMessage } from '@holdfast/contracts/platform/v1/jobs';
import { FAILURE_KINDS, failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { isGrpcService, type GrpcService } from '@holdfast/platform/services';
import { answerOf, sources } from '../operation/answer.js';
import { answers } from '../operation/operation.js';
import { JOB_KINDS } from '../operation/problem-codes.js';
import { Count, Instant, Probability } from '../operation/wire.js';

/** `<service>.<uuid>`. */
export const JobId = z
  .string()
  .regex(/^[a-z-]+\.[0-9a-f-]{36}$/)
  .describe('Service and UUID: `feature-store.01936a3e-…`');

const JobKind = z.enum(JOB_KINDS).meta({ id: 'JobKind' });
const JobStateName = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']).meta({ id: 'JobState' });

const JobError = z
  .strictObject({ kind: z.enum(FAILURE_KINDS), code: z.string(), message: z.string() })
  .register(sources, { from: { code: 'key', message: 'text' } });

export const Job = z
  .strictObject({
    jobId: JobId,
    kind: JobKind,
    state: JobStateName,
    progress: Probability,
    phase: z.string().describe('What it is doing now'),
    rowsDone: Count,
    rowsTotal: Count.nullable(),
    result: z.record(z.string(), z.string()).describe('Ids of what it made: importId, table, version, modelId, runId'),
    error: JobError.nullable(),
    createdAt: Instant,
    updatedAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Job' })
  .register(sources, { from: { error: 'failure' } });
type JobJson = z.output<typeof Job>;

export const JOB_EXAMPLE: JobJson = {
  jobId: 'feature-store.01936a3e-7a10-7c2e-9a53-3d6a2f5b8c12',
  kind: 'import-table',
  state: 'running',
  progress: 0.4,
  phase: 'checking',
  rowsDone: 1200,
  rowsTotal: 3000,
  result: {},
  error: null,
  createdAt: '2026-11-03T02:00:00.000Z',
  updatedAt: '2026-11-03T02:00:02.000Z',
  endedAt: null,
};

export const jobJson = answerOf(Job, JobMessage);

/** What every operation has that starts a job, or returns the job that an equal request started. */
export const STARTS_JOB = { limitClass: 'bulk', audited: true, status: 202, ...answers(Job, JobMessage) } as const;

/** @param service and the UUID of the job */
export function jobExample(jobId: string, kind: JobJson['kind'], phase: string): JobJson {
  return { ...JOB_EXAMPLE, jobId, kind, phase };
}

const jobUnknown = failure('notFound', 'job.unknown', { en: 'There is no such job.', 'zh-CN': '没有这个任务。' });

/** The service that does a job. @throws notFound */
export function serviceOfJob(jobId: string): GrpcService {
  const service = jobId.slice(0, jobId.indexOf('.'));
  if (!isGrpcService(service)) throw jobUnknown();
  return service;
}
