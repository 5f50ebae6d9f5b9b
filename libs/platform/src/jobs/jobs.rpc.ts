import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, JobService } from '@holdfast/contracts/platform/v1/jobs';
import { orgUnitFilter } from '../caller/caller.js';
import type { Clock } from '../clock/clock.js';
import type { Database } from '../database/database.js';
import { failure } from '../errors/errors.js';
import type { Call, Rpc } from '../grpc/grpc.js';
import { uuidOrNull } from '../identity/identity.js';
import { hasEnded, jobMessage, type JobRow } from './job-row.js';
import { idAfter, pageOf } from '../paging/paging.js';
import { scoped } from '../scoped/scoped.js';

const jobUnknown = failure('notFound', 'job.unknown', { en: 'There is no such job.', 'zh-CN': '没有这个任务。' });

/** A watched job is read more often in its first seconds: most jobs are short. */
const WATCH_MS_MIN = 20;
const WATCH_MS_MAX = 250;
const WATCH_MS_PER_MS = 0.1;
const PAGE_ROWS_MAX = 200;
/** A job is visible to the client that requested it and within its org unit. */
const VISIBLE = "(org_unit_path ^@ any($1::text[]) or caller->>'client' = $2)";

/** Jobs of a service: progress and cancellation. */
export class JobsRpc {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly service: string,
  ) {}

  readonly handlers: Rpc<JobService> = {
    getJob: scoped('jobs:read', async (call, request) =>
      jobMessage(this.service, await this.find(call, request.jobId)),
    ),

    listJobs: scoped('jobs:read', async ({ caller }, request) => {
      const pageSize = Math.min(request.pageSize || 50, PAGE_ROWS_MAX);
      const sql = `select * from job where ${VISIBLE}
         and ($3::uuid is null or (created_at, id) < (select created_at, id from job where id = $3))
       order by created_at desc, id desc limit $4`;
      const params = [orgUnitFilter(caller), caller.client, idAfter(request.pageToken), pageSize + 1];
      const rows = await this.database.query<JobRow>(sql, params);
      const { page, nextPageToken } = pageOf(rows, pageSize, ({ id }) => id);
      return { jobs: page.map((row) => jobMessage(this.service, row)), nextPageToken };
    }),

    cancelJob: scoped('jobs:write', async (call, request) => {
      const row = await this.find(call, request.jobId);
      await this.database.query(
        "update job set cancel_requested = true, updated_at = $2 where id = $1 and state in ('queued', 'running')",
        [row.id, this.clock.now()],
      );
      return jobMessage(this.service, await this.find(call, request.jobId));
    }),
    watchJob: scoped('jobs:read', (call, { jobId }) => this.watch(call, jobId)),
  };

  private async *watch(call: Call, jobId: string): AsyncIterable<Job> {
    const beganMs = performance.now();
    let seen = '';
    for (;;) {
      const row = await this.find(call, jobId);
      const now = JSON.stringify([row.state, row.phase, row.fraction, row.rows_done]);
      if (now !== seen) yield jobMessage(this.service, row);
      if (hasEnded(row.state)) return;
      seen = now;
      const waitMs = WATCH_MS_MIN + WATCH_MS_PER_MS * (performance.now() - beganMs);
      await sleep(Math.min(WATCH_MS_MAX, waitMs), undefined, { signal: call.signal });
    }
  }

  private async find(call: Call, jobId: string): Promise<JobRow> {
    const id = jobId.slice(jobId.indexOf('.') + 1);
    const sql = `select * from job where ${VISIBLE} and id = $3`;
    const params = [orgUnitFilter(call.caller), call.caller.client, uuidOrNull(id)];
    const [row] = await this.database.query<JobRow>(sql, params);
    if (row === undefined) throw jobUnknown();
    return row;
  }
}
