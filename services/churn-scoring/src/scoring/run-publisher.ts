import { Injectable } from '@nestjs/common';
import { ScoresPublished } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { Jobs } from '@holdfast/platform/jobs';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { QUADRANT_SQL } from './quadrant.js';
import { PURGE_SCORES } from './run-purge.js';
import { rowsHashOf, type ShardHash } from './shard-hash.js';

export const scoresPublished = eventOf('churn-scoring', ScoresPublished);

interface PublishedRow {
  kind: string;
  table_name: string;
  table_version: string;
  model_id: string;
  month: string;
}

/** Makes a run visible: everything here happens in the transaction of its last piece. */
@Injectable()
export class RunPublisher {
  constructor(
    private readonly outbox: Outbox,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  async publish(tx: Transaction, runId: string, caller: Caller): Promise<void> {
    const { rows, rowsHash } = await this.total(tx, runId);
    // Whoever looks at an earlier month once more does not want to act on it.
    await rowsOf(
      tx,
      `update scoring_run old set is_current = false from scoring_run new
       where new.id = $1 and old.is_current and old.kind = new.kind and old.table_name = new.table_name
         and (new.month = '' or old.month <= new.month)`,
      [runId],
    );
    const [run] = await rowsOf<PublishedRow>(
      tx,
      `update scoring_run run set rows = $2, rows_hash = $3, published_at = $4,
         is_current = not exists (select from scoring_run later
           where later.is_current and later.kind = run.kind and later.table_name = run.table_name),
         quadrant_efficiency_min = coalesce(quadrant_efficiency_min,
           (select percentile_disc(0.5) within group (order by efficiency) from score where run_id = $1))
       where id = $1 returning kind, table_name, table_version, model_id, month`,
      [runId, rows, rowsHash, this.clock.now()],
    );
    await this.count(tx, runId);
    const { kind, table_name: table, table_version: tableVersion, model_id: modelId, month } = run!;
    const event = { runId, kind, table, tableVersion, modelId, rows, rowsHash, month };
    await this.outbox.publish(tx, scoresPublished, { subjectId: runId }, event);
    await this.jobs.submit(tx, { kind: PURGE_SCORES, key: runId, params: { kind, table }, caller });
  }

  private async total(tx: Transaction, runId: string): Promise<{ rows: number; rowsHash: string }> {
    const shards = await rowsOf<{ shard: number; rows: string; hash: string }>(
      tx,
      'select shard, rows, rows_hash as hash from score_shard where run_id = $1 order by shard',
      [runId],
    );
    const hashes: ShardHash[] = shards.map(({ shard, rows, hash }) => ({ shard, rows: Number(rows), hash }));
    return { rows: hashes.reduce((sum, { rows }) => sum + rows, 0), rowsHash: rowsHashOf(hashes) };
  }

  private async count(tx: Transaction, runId: string): Promise<void> {
    await rowsOf(
      tx,
      `with judged as (
         select s.org_unit_path, s.probability, s.first_reason, s.first_cause, s.probability >= r.at_risk_probability_min as at_risk,
           ${QUADRANT_SQL} as quadrant
         from score s join scoring_run r on r.id = s.run_id where s.run_id = $1)
       insert into run_count (run_id, org_unit_path, measure, name, rows)
       select $1, org_unit_path, 'quadrant', quadrant, count(*) from judged group by org_unit_path, quadrant
       union all
       select $1, org_unit_path, 'at-risk-reason', first_reason, count(*) from judged where at_risk
       group by org_unit_path, first_reason
       union all
       select $1, org_unit_path, 'at-risk-cause', first_cause, count(*) from judged where at_risk and first_cause <> ''
       group by org_unit_path, first_cause
       union all
       -- Each rounded before it is added: a sum of integers does not depend on the order of the rows.
       select $1, org_unit_path, 'probability-millionths', '', sum(round(probability * 1e6)::bigint) from judged
       group by org_unit_path`,
      [runId],
    );
  }
}
