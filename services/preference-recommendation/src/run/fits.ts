import { Injectable } from '@nestjs/common';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { NIL_UUID, shardOf } from '@holdfast/platform/identity';
import { Runs, type RunRow } from './runs.js';

interface FitRow {
  shard: number;
  subscription_id: string;
  org_unit_path: string;
  present_plan_id: string | null;
  plan_id: string | null;
  /** bigint, as text. */
  present_bill_minor: string | null;
  bill_minor: string | null;
  saving_minor: string | null;
  saving_low_minor: string | null;
  saving_high_minor: string | null;
  principle: string | null;
}

const COLUMNS = `shard, subscription_id, org_unit_path, present_plan_id, plan_id, present_bill_minor, bill_minor,
  saving_minor, saving_low_minor, saving_high_minor, principle`;

/** The published fits. Everything here is bound to a region. */
@Injectable()
export class Fits {
  constructor(
    private readonly database: Database,
    private readonly runs: Runs,
  ) {}

  /** The newest published fits of some subscriptions, in the order of the request. */
  async newest(subscriptionIds: readonly string[], units: OrgUnitFilter): Promise<PlanFit[]> {
    const sql = `select f.fit from unnest($1::uuid[], $2::smallint[]) with ordinality as requested (subscription_id, shard, place)
      cross join (select id from fit_run where is_current) as run
      join plan_fit f on f.run_id = run.id and f.shard = requested.shard and f.subscription_id = requested.subscription_id
      where f.org_unit_path ^@ any($3::text[]) order by place`;
    const params = [subscriptionIds, subscriptionIds.map(shardOf), units];
    const rows = await this.database.query<{ fit: Buffer }>(sql, params, 'newest-plan-fits');
    return rows.map(({ fit }) => PlanFit.decode(fit));
  }

  /** Every fit of a run, by shard and subscription. @throws notFound; gone, also where the run is dropped meanwhile */
  async *batches(runId: string, units: OrgUnitFilter): AsyncIterable<ColumnBatch> {
    const run = await this.runs.find(runId);
    const read = (after?: FitRow): Promise<FitRow[]> =>
      this.database.query<FitRow>(
        `select ${COLUMNS} from plan_fit
         where run_id = $1 and (shard, subscription_id) > ($2::smallint, $3::uuid) and org_unit_path ^@ any($4::text[])
         order by shard, subscription_id limit $5`,
        [run.id, after?.shard ?? -1, after?.subscription_id ?? NIL_UUID, units, ROWS_PER_BATCH_MAX],
      );
    for await (const rows of this.runs.batches(run.id, read)) yield batchOf(rows, run);
  }
}

function batchOf(rows: readonly FitRow[], { method }: RunRow): ColumnBatch {
  const minor = (pick: (row: FitRow) => string | null) =>
    numbers((row: FitRow) => {
      const stored = pick(row);
      return stored === null ? null : Number(stored);
    });
  return columnBatch(rows, {
    subscription_id: uuids((row) => row.subscription_id),
    org_unit_path: categories((row) => row.org_unit_path),
    present_plan_id: categories((row) => row.present_plan_id),
    plan_id: categories((row) => row.plan_id),
    present_bill: minor((row) => row.present_bill_minor),
    bill: minor((row) => row.bill_minor),
    saving: minor((row) => row.saving_minor),
    saving_low: minor((row) => row.saving_low_minor),
    saving_high: minor((row) => row.saving_high_minor),
    principle: categories((row) => row.principle),
    method: categories(() => method),
  });
}
