import { Injectable } from '@nestjs/common';
import { ScoresPublished } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JobRun } from '@holdfast/platform/jobs';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { INVOLUNTARY_SQL } from './involuntary.js';
import { QUADRANT_SQL } from './quadrant.js';
import { Runs } from './runs.js';
import { rowsHashOf, type ShardHash } from './shard-hash.js';

export const scoresPublished = eventOf('churn-scoring', ScoresPublished);

/** Makes a run visible, but for its rows, which are attached last: everything here happens in the transaction of its last piece. */
@Injectable()
export class RunPublisher {
  constructor(
    private readonly outbox: Outbox,
    private readonly runs: Runs,
  ) {}

  async publish(tx: Transaction, run: Pick<JobRun, 'jobId' | 'caller'>): Promise<void> {
    const { jobId: runId } = run;
    const { rows, rowsHash } = await this.total(tx, runId);
    await this.runs.indexPartition(tx, runId);
    const scores = this.runs.partitionOf(runId);
    // The median sorts all rows, with the default of 4 MB in files.
    await rowsOf(tx, `set local work_mem = '64MB'`);
    const sql = `update scoring_run set quadrant_efficiency_min = coalesce(quadrant_efficiency_min,
        (select percentile_disc(0.5) within group (order by efficiency) from ${scores}))
      where id = $1`;
    await rowsOf(tx, sql, [runId]);
    const { kind, table_name, table_version, model_id, month } = await this.runs.publish(tx, run, {
      rows,
      rows_hash: rowsHash,
    });
    await this.count(tx, runId, scores);
    const event = {
      runId,
      kind,
      table: table_name,
      tableVersion: table_version,
      modelId: model_id,
      rows,
      rowsHash,
      month,
    };
    await this.outbox.publish(tx, scoresPublished, { subjectId: runId }, event);
  }

  private async total(tx: Transaction, runId: string): Promise<{ rows: number; rowsHash: string }> {
    const sql = 'select shard, rows, rows_hash as hash from score_shard where run_id = $1 order by shard';
    const shards = await rowsOf<{ shard: number; rows: string; hash: string }>(tx, sql, [runId]);
    const hashes: ShardHash[] = shards.map(({ shard, rows, hash }) => ({ shard, rows: Number(rows), hash }));
    return { rows: hashes.reduce((sum, { rows }) => sum + rows, 0), rowsHash: rowsHashOf(hashes) };
  }

  private async count(tx: Transaction, runId: string, scores: string): Promise<void> {
    // The rows are read once, and what is counted of them has few combinations.
    const sql = `with judged as (
        select s.org_unit_path, s.probability, s.first_reason, s.first_cause, s.silent_months > 0 as silent,
          ${INVOLUNTARY_SQL} as involuntary,
          s.probability >= r.at_risk_probability_min and not ${INVOLUNTARY_SQL} as at_risk, ${QUADRANT_SQL} as quadrant
        from ${scores} s cross join scoring_run r where r.id = $1),
      counted as materialized (
        select org_unit_path, quadrant, involuntary, silent, at_risk, case when at_risk then first_reason end as reason,
          case when at_risk then first_cause end as cause, count(*) as rows,
          -- Each rounded before it is added: a sum of integers does not depend on the order of the rows.
          sum(round(probability * 1e6)::bigint) as millionths
        from judged group by org_unit_path, quadrant, involuntary, silent, at_risk, reason, cause)
      insert into run_count (run_id, org_unit_path, measure, name, rows)
      select $1::uuid, org_unit_path, 'quadrant', quadrant, sum(rows) from counted where not involuntary
      group by org_unit_path, quadrant
      union all
      select $1::uuid, org_unit_path, 'involuntary', '', sum(rows) from counted where involuntary group by org_unit_path
      union all
      select $1::uuid, org_unit_path, 'silent', '', sum(rows) from counted where silent group by org_unit_path
      union all
      select $1::uuid, org_unit_path, 'at-risk-reason', reason, sum(rows) from counted where at_risk
      group by org_unit_path, reason
      union all
      select $1::uuid, org_unit_path, 'at-risk-cause', cause, sum(rows) from counted where at_risk and cause <> ''
      group by org_unit_path, cause
      union all
      select $1::uuid, org_unit_path, 'probability-millionths', '', sum(millionths) from counted group by org_unit_path`;
    await rowsOf(tx, sql, [runId]);
  }
}
