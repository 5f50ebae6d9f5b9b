import {
  MonthStepState,
  type MonthService,
  type MonthStep,
  type OwnedStep,
} from '@holdfast/contracts/platform/v1/months';
import { MONTH_PATTERN, checkedMonth } from '../calendar/calendar.js';
import { orgUnitFilter, type Caller } from '../caller/caller.js';
import { insertRow, rowsOf, type Database, type Transaction } from '../database/database.js';
import { failure, type Failure } from '../errors/errors.js';
import type { Rpc } from '../grpc/grpc.js';
import { jobMessage, storeFailure, type JobRow, type StoredFailure } from '../jobs/job-row.js';
import { scoped } from '../scoped/scoped.js';

export const monthNotClosed = failure('precondition', 'month.notClosed', {
  en: 'The month {month} is not complete: the extracts lack tables of it (subscriptions, status_history, billing, usage).',
  'zh-CN': '{month} 账期不完整：提取包缺少该月的 subscriptions、status_history、billing 或 usage 表。',
});
export const policyNever = failure('precondition', 'month.policyNever', {
  en: 'It is done on request only ({parameter}).',
  'zh-CN': '仅按请求执行（{parameter}）。',
});

/** Of an answer without a month: more than two years are read month by month. */
export const MONTHS_MAX = 24;

/** A step that is due, with its job, or that is not, with the reason. */
export interface StepRecord {
  /** `YYYY-MM`; a step of an unknown month is not recorded. */
  readonly month: string;
  readonly step: string;
  /** Name of the plain table; empty for the operator's extract. */
  readonly table: string;
  /** Sequence of the extract or version of the table; empty where the step does not depend on it. */
  readonly version: string;
  /** `<service>.<uuid>`. */
  readonly jobId?: string;
  /** Why it is not available. */
  readonly reason?: Failure;
}

type StepName = Pick<StepRecord, 'month' | 'step' | 'table'>;

/** Steps that a service reads from its own tables. @param month empty for all */
export type StepSource = (month: string, caller: Caller) => Promise<MonthStep[]>;

interface StepRow {
  month: string;
  table_name: string;
  step: string;
  version: string;
  reason: StoredFailure | null;
  job: JobRow | null;
}

/** The steps of months that a service owns: what is due is recorded with the request of its job. */
export class MonthSteps {
  private source: StepSource = () => Promise.resolve([]);

  constructor(
    private readonly database: Database,
    private readonly service: string,
    private readonly operator: string,
    readonly owned: readonly OwnedStep[],
  ) {}

  readFrom(source: StepSource): void {
    this.source = source;
  }

  /** Replaces what is known of the step. */
  async record(tx: Transaction, { month, step, table, version, jobId, reason }: StepRecord): Promise<void> {
    if (!MONTH_PATTERN.test(month)) return;
    await insertRow(
      tx,
      'month_step',
      {
        ...{ month, table_name: table, step, version, org_unit_path: `${this.operator}/` },
        job_id: jobId === undefined ? null : jobId.slice(jobId.indexOf('.') + 1),
        reason: reason === undefined ? null : JSON.stringify(storeFailure(reason)),
      },
      `on conflict (month, table_name, step) do update
       set version = excluded.version, job_id = excluded.job_id, reason = excluded.reason`,
    );
  }

  /** Removes what was recorded for a version of a table, or for an extract, that was withdrawn. */
  async withdraw(tx: Transaction, { table, version }: Pick<StepRecord, 'table' | 'version'>): Promise<void> {
    await rowsOf(tx, 'delete from month_step where table_name = $1 and version = $2', [table, version]);
  }

  /** The version that a step was last recorded for; empty without one. */
  async versionOf(tx: Transaction, { month, step, table }: StepName): Promise<string> {
    const sql = 'select version from month_step where month = $1 and step = $2 and table_name = $3';
    const [row] = await rowsOf<{ version: string }>(tx, sql, [month, step, table]);
    return row?.version ?? '';
  }

  /** What was done for an earlier version holds for this one, too. @returns false where nothing was done */
  async renew(tx: Transaction, { month, step, table, version }: StepName & { version: string }): Promise<boolean> {
    const sql = `update month_step set version = $4 where month = $1 and step = $2 and table_name = $3
      and job_id is not null returning 1`;
    return (await rowsOf(tx, sql, [month, step, table, version])).length > 0;
  }

  /** The steps of a month, or of the newest, as the caller may see their jobs. */
  async read(month: string, caller: Caller): Promise<MonthStep[]> {
    const sql = `select s.month, s.table_name, s.step, s.version, s.reason, to_jsonb(j) as job
      from month_step s left join job j on j.id = s.job_id
      where s.org_unit_path ^@ any($1::text[]) and ($2 = '' or s.month = $2)
        and s.month in (select distinct month from month_step order by month desc limit $3)
      order by s.month desc, s.table_name, s.step`;
    const limit = month === '' ? MONTHS_MAX : null;
    const rows = await this.database.query<StepRow>(sql, [orgUnitFilter(caller), month, limit]);
    return [...(await this.source(month, caller)), ...rows.map((row) => stepMessage(this.service, row))];
  }
}

/** Serves the steps of a service. */
export function monthStepsRpc(steps: MonthSteps): Rpc<MonthService> {
  return {
    readMonthSteps: scoped('jobs:read', async ({ caller }, { month }) => {
      if (month !== '') checkedMonth(month);
      return { steps: await steps.read(month, caller), owned: [...steps.owned] };
    }),
  };
}

/** Failures of a job whose input does not allow it. */
const UNMET: readonly string[] = ['precondition', 'unprocessable'];

const STATES: Readonly<Record<JobRow['state'], MonthStepState>> = {
  queued: MonthStepState.MONTH_STEP_STATE_WAITING,
  running: MonthStepState.MONTH_STEP_STATE_RUNNING,
  done: MonthStepState.MONTH_STEP_STATE_DONE,
  failed: MonthStepState.MONTH_STEP_STATE_FAILED,
  cancelled: MonthStepState.MONTH_STEP_STATE_FAILED,
};

/** A step by its job, or by the reason that it has none. */
export function stepOfJob(
  service: string,
  subject: Pick<MonthStep, 'month' | 'step' | 'table' | 'version'>,
  job: JobRow | null,
  reason: StoredFailure | null = null,
): MonthStep {
  const cause = reason ?? job?.failure ?? REASONS[job?.state ?? 'queued'];
  const isUnmet = reason !== null || (job?.state === 'failed' && UNMET.includes(job.failure?.kind ?? ''));
  return {
    ...subject,
    state: isUnmet ? MonthStepState.MONTH_STEP_STATE_NOT_AVAILABLE : STATES[job?.state ?? 'queued'],
    job: job === null ? undefined : jobMessage(service, job),
    key: cause?.key ?? '',
    textEn: cause?.en ?? '',
    textZhCn: cause?.['zh-CN'] ?? '',
  };
}

type Cause = Pick<StoredFailure, 'key' | 'en' | 'zh-CN'>;

const REASONS: Partial<Record<JobRow['state'], Cause>> = {
  queued: { key: 'month.queued', en: 'It waits for a free worker.', 'zh-CN': '正在等待空闲的处理进程。' },
  cancelled: { key: 'month.cancelled', en: 'Its job was cancelled.', 'zh-CN': '该任务已被取消。' },
};

function stepMessage(service: string, { month, step, table_name: table, version, reason, job }: StepRow): MonthStep {
  const row = job === null ? null : withDates(job);
  return stepOfJob(service, { month, step, table, version }, row, reason);
}

/** A row that came as JSON. */
export function withDates(job: JobRow): JobRow {
  const dated = (at: Date | null): Date => new Date(at as never);
  return {
    ...job,
    created_at: dated(job.created_at),
    updated_at: dated(job.updated_at),
    ended_at: job.ended_at === null ? null : dated(job.ended_at),
  };
}
