import { textsOf } from '@holdfast/platform/facts';
import { Inject, Injectable } from '@nestjs/common';
import {
  HouseholdServiceDefinition,
  HouseholdsIdentified,
  type HouseholdRun,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { systemCaller } from '@holdfast/platform/caller';
import { readNumbers, readUuids } from '@holdfast/platform/columns';
import { copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { asFailure, failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { COPY_HOUSEHOLDS } from '../jobs.js';

export const householdsIdentified = eventOf('household-identification', HouseholdsIdentified);

/** Advisory lock of job `copy-households`: an arbitrary number, the same in all replicas. */
const COPY_LOCK = 0x686f75;

const changing = failure('unavailable', 'households.changing', {
  en: 'New households are being published. Try again.',
  'zh-CN': '家庭数据正在更新，请重试。',
});

const STAGING = `
  create temporary table copied_member (
    subscription_id uuid, household_id uuid, role text, confidence float8, org_unit_path text
  ) on commit drop`;

const MEMBER_COLUMNS: CopyColumns<ColumnBatch> = {
  subscription_id: (batch) => readUuids(batch, 'subscription_id'),
  household_id: (batch) => readUuids(batch, 'household_id'),
  role: (batch) => textsOf(batch, 'role', ''),
  confidence: (batch) => readNumbers(batch, 'confidence'),
  org_unit_path: (batch) => textsOf(batch, 'org_unit_path', ''),
};

const DELETE_ABSENT = `
  delete from household_member m
  where not exists (select from copied_member c where c.subscription_id = m.subscription_id)`;

const UPSERT = `
  insert into household_member as m (subscription_id, household_id, size, role, confidence, org_unit_path)
  select subscription_id, household_id, count(*) over (partition by household_id), role, confidence, org_unit_path
  from copied_member
  on conflict (subscription_id) do update
  set household_id = excluded.household_id, size = excluded.size, role = excluded.role,
    confidence = excluded.confidence, org_unit_path = excluded.org_unit_path
  where (m.household_id, m.size, m.role, m.confidence, m.org_unit_path)
    is distinct from (excluded.household_id, excluded.size, excluded.role, excluded.confidence, excluded.org_unit_path)`;

/** The run of households that is copied. */
export interface CopiedRun {
  runId: string;
  /** `YYYY-MM`. */
  month: string;
}

/** This service's copy of the published households, for the gate and enrolment. */
@Injectable()
export class Households {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    @Inject(HouseholdServiceDefinition.fullName) private readonly households: Rpc<HouseholdService>,
  ) {}

  /** A run is announced again when a newer one was withdrawn. */
  async submitCopy(tx: Transaction, { runId }: HouseholdsIdentified, eventId: string): Promise<void> {
    const key = `${runId} ${eventId}`;
    await this.jobs.submit(tx, { kind: COPY_HOUSEHOLDS, key, params: {}, caller: systemCaller('campaign') });
  }

  /** Job `copy-households`. */
  async run(run: JobRun): Promise<JobResult> {
    await run.progress({ phase: 'copying' });
    const copied = await this.refresh(callOfJob('campaign', run));
    return copied === undefined ? {} : { runId: copied.runId };
  }

  /** Updates the copy to the newest published run. Undefined if none is published. */
  async refresh(call: Call): Promise<CopiedRun | undefined> {
    const run = await this.newestRun(call);
    if (run === undefined) return undefined;
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, 'select pg_advisory_xact_lock($1)', [COPY_LOCK]);
      const [copied] = await rowsOf<{ run_id: string }>(tx, 'select run_id from household_copy');
      if (copied?.run_id === run.runId) return;
      await this.stage(tx, call);
      // A run published meanwhile may have supplied some of the members.
      if ((await this.newestRun(call))?.runId !== run.runId) throw changing();
      await rowsOf(tx, DELETE_ABSENT);
      await rowsOf(tx, UPSERT);
      const sql = `insert into household_copy (run_id, month, published_at) values ($1, $2, $3)
        on conflict (copied) do update
        set run_id = excluded.run_id, month = excluded.month, published_at = excluded.published_at`;
      await rowsOf(tx, sql, [run.runId, run.month, run.publishedAt]);
    });
    await this.database.query('analyze household_member');
    return { runId: run.runId, month: run.month };
  }

  private async newestRun(call: Call): Promise<HouseholdRun | undefined> {
    try {
      return await this.households.getHouseholdRun(call, { runId: '' });
    } catch (thrown) {
      if (asFailure(thrown).kind === 'notFound') return undefined;
      throw thrown;
    }
  }

  /** Streams the members, one batch in memory at a time. */
  private async stage(tx: Transaction, call: Call): Promise<void> {
    await rowsOf(tx, STAGING);
    await copyColumns(tx, 'copied_member', MEMBER_COLUMNS, this.households.readMembers(call, {}), call.signal);
  }
}
