import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import type { Caller } from '../caller/caller.js';
import { Failure, asFailure } from '../errors/errors.js';

export type JobParams = Readonly<Record<string, string | number | boolean | null>>;
export type JobResult = Readonly<Record<string, string>>;
type StoredState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** A row of table `job`. */
export interface JobRow {
  id: string;
  kind: string;
  state: StoredState;
  cancel_requested: boolean;
  phase: string;
  fraction: number;
  rows_done: string;
  rows_total: string | null;
  shards_done: number;
  shards_total: number | null;
  params: JobParams;
  caller: StoredCaller;
  result: Record<string, string>;
  failure: StoredFailure | null;
  org_unit_path: string;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
}

export interface JobProgress {
  /** The current step, a key such as `reading`. */
  phase: string;
  /** 0 to 1; rowsDone ÷ rowsTotal by default. */
  fraction?: number;
  rowsDone?: number;
  rowsTotal?: number;
}

export interface StoredFailure {
  kind: string;
  key: string;
  en: string;
  'zh-CN': string;
}

/** A caller as JSON, which has no sets. */
type StoredCaller = Omit<Caller, 'scopes'> & { scopes: string[] };

export function storeCaller(caller: Caller): StoredCaller {
  return { ...caller, scopes: [...caller.scopes] };
}

export function restoreCaller(stored: StoredCaller): Caller {
  return { ...stored, scopes: new Set(stored.scopes) };
}

export function storeFailure(thrown: unknown): StoredFailure {
  const failure: Failure = asFailure(thrown);
  return { kind: failure.kind, key: failure.key, en: failure.text.en, 'zh-CN': failure.text['zh-CN'] };
}

export function hasEnded(state: StoredState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

export function jobMessage(service: string, row: JobRow): Job {
  return {
    jobId: `${service}.${row.id}`,
    kind: row.kind,
    state: JobState[`JOB_STATE_${row.state.toUpperCase() as Uppercase<StoredState>}`],
    progress: row.fraction,
    phase: row.phase,
    rowsDone: Number(row.rows_done),
    rowsTotal: row.rows_total === null ? undefined : Number(row.rows_total),
    result: row.result,
    failure:
      row.failure === null
        ? undefined
        : { kind: row.failure.kind, key: row.failure.key, textEn: row.failure.en, textZhCn: row.failure['zh-CN'] },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at ?? undefined,
  };
}
