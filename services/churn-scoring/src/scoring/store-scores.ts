import { BinaryRows, copyBinary } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { ShardHasher, type ShardHash } from './shard-hash.js';

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
  /** Of the kind `status`: see `storedTiming`. */
  readonly netNow: number | null;
  readonly bestAfterMonths: number | null;
}

const COLUMNS = `run_id, shard, subscription_id, org_unit_path, probability, value, efficiency, priority, first_reason,
  first_cause, reasons, involuntary_probability, silent_months, contract_months, shadow_probability, net_now,
  best_after_months`;
const CELLS = COLUMNS.split(',').length;

/**
 * Rows of a piece of a run, encoded as they are added: as objects they would be moved by the garbage collector until the
 * piece is complete.
 */
export class EncodedScores {
  private readonly rows = new BinaryRows();
  private readonly chunks: Buffer[] = [];
  private readonly hasher = new ShardHasher();
  private readonly run: Uint8Array;
  /** A run has few units, columns and causes. */
  private readonly texts = new Map<string, Uint8Array>();
  count = 0;

  constructor(private readonly runId: string) {
    this.run = Buffer.from(runId.replaceAll('-', ''), 'hex');
  }

  /** Rows of a shard come by ascending subscription. */
  add(score: NewScore): void {
    const { rows } = this;
    this.count += 1;
    this.hasher.add(score.shard, score.subscriptionId, score.probability);
    rows.row(CELLS);
    rows.raw(this.run); // a uuid is its bytes
    rows.int2(score.shard);
    rows.uuid(score.subscriptionId);
    this.text(score.orgUnitPath);
    rows.float8(score.probability);
    rows.numeric(score.value ?? NaN);
    rows.float8(score.efficiency ?? NaN);
    rows.float8(score.priority);
    this.text(score.firstReason);
    this.text(score.firstCause);
    rows.raw(score.reasons);
    rows.float8(score.involuntaryProbability ?? NaN);
    for (const months of [score.silentMonths, score.contractMonths]) {
      if (months === null) rows.null();
      else rows.int2(months);
    }
    rows.float8(score.shadowProbability ?? NaN);
    rows.numeric(score.netNow ?? NaN);
    if (score.bestAfterMonths === null) rows.null();
    else rows.int2(score.bestAfterMonths);
    if (rows.isFull) this.chunks.push(rows.take());
  }

  private text(of: string): void {
    let bytes = this.texts.get(of);
    if (bytes === undefined) this.texts.set(of, (bytes = Buffer.from(of, 'utf8')));
    this.rows.raw(bytes);
  }

  /** No row may be added afterwards. */
  finish(): StoredPiece {
    return { runId: this.runId, chunks: [...this.chunks, this.rows.end()], hashes: this.hasher.finish() };
  }
}

/** The rows of a piece in the binary format of COPY, with the hashes of its shards. */
interface StoredPiece {
  readonly runId: string;
  readonly chunks: readonly Buffer[];
  readonly hashes: readonly ShardHash[];
}

/** Stores the rows in the partition of their run, by COPY within the transaction, and their hashes. */
export async function storeScores(
  tx: Transaction,
  partition: string,
  { runId, chunks, hashes }: StoredPiece,
): Promise<void> {
  await copyBinary(tx, partition, COLUMNS, chunks);
  await rowsOf(
    tx,
    `insert into score_shard (run_id, shard, rows, rows_hash)
     select $1, * from unnest($2::smallint[], $3::bigint[], $4::text[])`,
    [runId, hashes.map(({ shard }) => shard), hashes.map(({ rows }) => rows), hashes.map(({ hash }) => hash)],
  );
}
