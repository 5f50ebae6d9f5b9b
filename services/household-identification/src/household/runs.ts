import { Injectable } from '@nestjs/common';
import type { HouseholdRun } from '@holdfast/contracts/household_identification/v1/household';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import type { RunSettings } from './settings.js';

const runUnknown = failure('notFound', 'householdRun.unknown', {
  en: 'There is no such recognition of households.',
  'zh-CN': '没有这次家庭识别。',
});
const runGone = failure('gone', 'householdRun.gone', {
  en: 'This recognition of households is no longer kept; a newer one has taken its place.',
  'zh-CN': '该次家庭识别结果已不再保留，请使用更新的结果。',
});

/** A row of `household_run`. */
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

/** The published runs. */
@Injectable()
export class Runs {
  constructor(private readonly database: Database) {}

  /** @param runId empty for the newest @throws notFound, gone */
  async find(runId: string): Promise<RunRow> {
    if (runId !== '' && !isUuid(runId)) throw runUnknown();
    const [run] = await this.database.query<RunRow>(
      `select * from household_run where published_at is not null and case when $1::uuid is null then is_current else id = $1 end`,
      [runId === '' ? null : runId],
    );
    if (run === undefined) throw runUnknown();
    if (run.purged_at !== null) throw runGone();
    return run;
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
