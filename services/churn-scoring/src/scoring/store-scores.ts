import { BinaryRows, copyBinary } from '@holdfast/platform/copy';
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
  /** Of the model in shadow; null without one. */
  readonly shadowProbability: number | null;
}

const COLUMNS = `run_id, shard, subscription_id, org_unit_path, probability, value, efficiency, priority, first_reason,
  first_cause, reasons, involuntary_probability, silent_months, contract_months, shadow_probability`;
const CELLS = COLUMNS.split(',').length;

/** Stores rows of a run in its partition, by COPY within the transaction. */
export async function storeScores(
  tx: Transaction,
  partition: string,
  runId: string,
  scores: readonly NewScore[],
): Promise<void> {
  await copyBinary(tx, partition, COLUMNS, rowsOf(runId, scores));
}

function* rowsOf(runId: string, scores: readonly NewScore[]): Generator<Buffer> {
  const rows = new BinaryRows();
  // A run has few units, columns and causes.
  const encoded = new Map<string, Uint8Array>();
  const text = (of: string): void => {
    let bytes = encoded.get(of);
    if (bytes === undefined) encoded.set(of, (bytes = Buffer.from(of, 'utf8')));
    rows.raw(bytes);
  };
  for (const score of scores) {
    rows.row(CELLS);
    rows.uuid(runId);
    rows.int2(score.shard);
    rows.uuid(score.subscriptionId);
    text(score.orgUnitPath);
    rows.float8(score.probability);
    rows.numeric(score.value ?? NaN);
    rows.float8(score.efficiency ?? NaN);
    rows.float8(score.priority);
    text(score.firstReason);
    text(score.firstCause);
    rows.raw(score.reasons);
    rows.float8(score.involuntaryProbability ?? NaN);
    for (const months of [score.silentMonths, score.contractMonths]) {
      if (months === null) rows.null();
      else rows.int2(months);
    }
    rows.float8(score.shadowProbability ?? NaN);
    if (rows.isFull) yield rows.take();
  }
  yield rows.end();
}
