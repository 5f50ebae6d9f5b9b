import { copyRows } from '@holdfast/platform/copy';
import type { Transaction } from '@holdfast/platform/database';

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
  /** First named of the seven reasons, `none` without a clear one; empty where no column maps to a reason. */
  readonly firstCause: string;
  /** Packed ones; empty for a row that was not explained. */
  readonly reasons: Uint8Array;
  /** Of the kind `status`; null without a model of leaving involuntarily. */
  readonly involuntaryProbability: number | null;
  /** 0 to 3; null where use is not known. */
  readonly silentMonths: number | null;
  /** Months from that of the row to the last one under contract; null without one in force, or where it is not known. */
  readonly contractMonths: number | null;
}

const COLUMNS = `run_id, shard, subscription_id, org_unit_path, probability, value, efficiency, priority, first_reason,
  first_cause, reasons, involuntary_probability, silent_months, contract_months`;

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
    score.involuntaryProbability,
    score.silentMonths,
    score.contractMonths,
  ]);
  await copyRows(tx, 'score', COLUMNS, [rows]);
}
