import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '@holdfast/platform/database';
import type { SubjectIds } from '../evidence/subject-ids.js';
import { addCounts, countsOf, noPairs, type PairCounts } from '../pair/counts.js';
import { packPairs, packVerdicts, unpackPairs } from '../pair/pair-batch.js';
import { Pairs } from '../pair/pairs.js';

export const PAIRS_PER_BATCH = 8_192;
const BATCHES_AT_ONCE = 16;

interface StoredBatch {
  part: number;
  pairs: Pairs;
}

/** The pairs of runs, in batches. */
@Injectable()
export class StoredPairs {
  constructor(private readonly database: Database) {}

  /** Deletes stored pairs after a change of the evidence. */
  async restart(runId: string, evidenceHash: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, 'delete from pair_batch where run_id = $1', [runId]);
      await rowsOf(tx, 'update household_run set evidence_hash = $2, paired_to = -1, is_paired = false where id = $1', [
        runId,
        evidenceHash,
      ]);
    });
  }

  /** Stores pairs of all subscriptions up to one, so that a run that is killed goes on behind it. */
  async append(runId: string, found: readonly Pairs[], pairedTo: number, ids: SubjectIds): Promise<void> {
    const pairs = Pairs.joined(found);
    const batches: { packed: Buffer; rows: number; counts: PairCounts }[] = [];
    for (let from = 0; from < pairs.count; from += PAIRS_PER_BATCH) {
      const rows = Math.min(PAIRS_PER_BATCH, pairs.count - from);
      const batch = pairs.taken(Uint32Array.from({ length: rows }, (_, at) => from + at));
      batches.push({ packed: await packPairs(batch, ids), rows, counts: countsOf(batch) });
    }
    await this.database.transaction(async (tx) => {
      for (const { packed, rows, counts } of batches) {
        const sql = `insert into pair_batch (run_id, part, rows, counts, evidence)
          select $1, coalesce(max(part), -1) + 1, $2, $3, $4 from pair_batch where run_id = $1`;
        await rowsOf(tx, sql, [runId, rows, counts, packed]);
      }
      await rowsOf(tx, 'update household_run set paired_to = $2 where id = $1', [runId, pairedTo]);
    });
  }

  /** All batches in order; a few of them in memory at a time. */
  async *batches(runId: string, ids: SubjectIds): AsyncGenerator<StoredBatch> {
    for (let after = -1; ;) {
      const sql = 'select part, evidence from pair_batch where run_id = $1 and part > $2 order by part limit $3';
      const rows = await this.database.query<{ part: number; evidence: Buffer }>(sql, [runId, after, BATCHES_AT_ONCE]);
      for (const { part, evidence } of rows) yield { part, pairs: await unpackPairs(evidence, ids) };
      if (rows.length < BATCHES_AT_ONCE) return;
      after = rows.at(-1)!.part;
    }
  }

  async judge(runId: string, part: number, probability: Float64Array, isHousehold: Float64Array): Promise<void> {
    await this.database.query('update pair_batch set verdict = $3 where run_id = $1 and part = $2', [
      runId,
      part,
      await packVerdicts(probability, isHousehold),
    ]);
  }

  async counts(runId: string): Promise<PairCounts> {
    const rows = await this.database.query<{ counts: PairCounts }>('select counts from pair_batch where run_id = $1', [
      runId,
    ]);
    const total = noPairs();
    for (const { counts } of rows) addCounts(total, counts);
    return total;
  }
}
