import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { clientOf, copyText, rowsOf, type Transaction } from '@holdfast/platform/database';
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
const ROWS_PER_CHUNK = 500;

/** Stores fits by COPY within the transaction. */
export async function storeFits(tx: Transaction, runId: string, fits: readonly PlanFit[]): Promise<void> {
  const copy = (await clientOf(tx)).query(copyFrom(`copy plan_fit (${COLUMNS}) from stdin`));
  await pipeline(Readable.from(fitLines(runId, fits)), copy);
}

function* fitLines(runId: string, fits: readonly PlanFit[]): Generator<string> {
  for (let from = 0; from < fits.length; from += ROWS_PER_CHUNK) {
    yield fits
      .slice(from, from + ROWS_PER_CHUNK)
      .map((fit) => `${cellsOf(runId, fit).join('\t')}\n`)
      .join('');
  }
}

function cellsOf(runId: string, fit: PlanFit): string[] {
  const { advised } = fit;
  const cells = [
    fit.subscriptionId,
    fit.orgUnitPath,
    fit.presentPlanId,
    advised?.planId ?? '',
    fit.presentBill?.minor,
    advised?.bill?.minor,
    advised?.saving?.minor,
    advised?.savingLow?.minor,
    advised?.savingHigh?.minor,
    fit.principle,
    fit.reason,
  ];
  const [subscriptionId, ...rest] = cells.map((cell) =>
    cell === undefined || cell === '' ? '\\N' : copyText(String(cell)),
  );
  return [runId, String(shardOf(fit.subscriptionId)), subscriptionId!, ...rest, `\\\\x${hexOf(fit)}`];
}

function hexOf(fit: PlanFit): string {
  return Buffer.from(PlanFit.encode(fit).finish()).toString('hex');
}
