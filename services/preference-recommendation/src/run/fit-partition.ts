import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { copyRows, type CopyCell } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { shardOf } from '@holdfast/platform/identity';

/** Partition of a run; the id is a UUID of our own, so it needs no quoting. */
function partitionOf(runId: string): string {
  return `plan_fit_${runId.replaceAll('-', '')}`;
}

/** Attached rather than made in place: that leaves readers of other runs alone. */
export async function createPartition(tx: Transaction, runId: string): Promise<void> {
  const partition = partitionOf(runId);
  await rowsOf(tx, `create table ${partition} (like plan_fit including all)`);
  await rowsOf(tx, `alter table plan_fit attach partition ${partition} for values in ('${runId}')`);
}

export async function dropPartition(tx: Transaction, runId: string): Promise<void> {
  await rowsOf(tx, `drop table if exists ${partitionOf(runId)}`);
}

const COLUMNS = `run_id, shard, subscription_id, org_unit_path, present_plan_id, plan_id, present_bill_minor, bill_minor,
  saving_minor, saving_low_minor, saving_high_minor, principle, reason, fit`;

/** Stores fits by COPY within the transaction. */
export async function storeFits(tx: Transaction, runId: string, fits: readonly PlanFit[]): Promise<void> {
  await copyRows(tx, 'plan_fit', COLUMNS, [fits.map((fit) => cellsOf(runId, fit))]);
}

function cellsOf(runId: string, fit: PlanFit): CopyCell[] {
  const { advised } = fit;
  return [
    runId,
    shardOf(fit.subscriptionId),
    fit.subscriptionId,
    fit.orgUnitPath || null,
    fit.presentPlanId || null,
    advised?.planId || null,
    fit.presentBill?.minor,
    advised?.bill?.minor,
    advised?.saving?.minor,
    advised?.savingLow?.minor,
    advised?.savingHigh?.minor,
    fit.principle || null,
    fit.reason || null,
    PlanFit.encode(fit).finish(),
  ];
}
