import { copyRows } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';

/** A row of table `score`, but for its run. */
export interface NewScore {
  readonly shard: number;
  readonly subscriptionId: string;
  readonly orgUnitPath: string;
  readonly probability: number;
  readonly value: number | null;
  readonly efficiency: number | null;
  readonly priority: number;
  /** Empty where no column raises the probability. */
  readonly firstReason: string;
  /** Empty where none of the seven reasons applies. */
  readonly firstCause: string;
  /** An encoded Reasons message. */
  readonly reasons: Uint8Array;
}

/** Partition of a run; the id is a UUID of our own, so it needs no quoting. */
function partitionOf(runId: string): string {
  return `score_${runId.replaceAll('-', '')}`;
}

/** Attached rather than made in place: that leaves readers of other runs alone. */
export async function createPartition(tx: Transaction, runId: string): Promise<void> {
  const partition = partitionOf(runId);
  await rowsOf(tx, `create table ${partition} (like score including all)`);
  await rowsOf(tx, `alter table score attach partition ${partition} for values in ('${runId}')`);
}

export async function dropPartition(tx: Transaction, runId: string): Promise<void> {
  await rowsOf(tx, `drop table if exists ${partitionOf(runId)}`);
}

const COLUMNS = `run_id, shard, subscription_id, org_unit_path, probability, value, efficiency, priority, first_reason,
  first_cause, reasons`;

/** Stores rows by COPY within the transaction. */
export async function storeScores(tx: Transaction, runId: string, scores: readonly NewScore[]): Promise<void> {
  const rows = scores.map((score) => [
    runId,
    score.shard,
    score.subscriptionId,
    score.orgUnitPath,
    score.probability,
    score.value,
    score.efficiency,
    score.priority,
    score.firstReason,
    score.firstCause,
    score.reasons,
  ]);
  await copyRows(tx, 'score', COLUMNS, [rows]);
}
