import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { copyRows, type CopyCell } from '@holdfast/platform/copy';
import type { Transaction } from '@holdfast/platform/database';
import { shardOf } from '@holdfast/platform/identity';

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
