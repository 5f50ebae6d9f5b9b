import { Injectable } from '@nestjs/common';
import type { HouseholdRun } from '@holdfast/contracts/household_identification/v1/household';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { PublishedRuns, type RunTables } from '@holdfast/platform/published-runs';
import type { RunSettings } from './settings.js';

const runUnknown = failure('notFound', 'householdRun.unknown', {
  en: 'There is no such recognition of households.',
  'zh-CN': '没有这次家庭识别。',
});
const runGone = failure('gone', 'householdRun.gone', {
  en: 'This recognition of households is no longer kept; a newer one has taken its place.',
  'zh-CN': '该次家庭识别结果已不再保留，请使用更新的结果。',
});

export interface RunRow {
  id: string;
  month: string;
  sequence: string;
  settings: RunSettings;
  evidence_hash: string;
  paired_to: number;
  is_paired: boolean;
  subscriptions: string;
  households: string;
  members: string;
  pairs: Record<string, number>;
  by_size: Record<string, number>;
  unavailable: string[];
  capped: string[];
  holidays: number;
  method: string;
  published_at: Date | null;
  purged_at: Date | null;
}

const TABLES: RunTables = {
  runs: 'household_run',
  scope: [],
  // Recognising an earlier month again does not change the current households.
  replaces: '(old.month, old.sequence) <= (new.month, new.sequence)',
  order: 'r.month desc, r.sequence desc, r.published_at desc, r.id desc',
  results: ['pair_batch', 'household'],
  purgeJob: 'purge-households',
};

@Injectable()
export class Runs extends PublishedRuns<RunRow> {
  constructor(database: Database, jobs: Jobs, clock: Clock) {
    super(database, jobs, clock, TABLES, { unknown: runUnknown, gone: runGone });
  }
}

export function runMessage(run: RunRow): HouseholdRun {
  return {
    runId: run.id,
    month: run.month,
    households: Number(run.households),
    members: Number(run.members),
    subscriptions: Number(run.subscriptions),
    pairs: run.pairs,
    unavailable: run.unavailable,
    holidays: run.holidays,
    method: run.method,
    publishedAt: run.published_at ?? undefined,
    bySize: run.by_size,
    capped: run.capped,
  };
}
