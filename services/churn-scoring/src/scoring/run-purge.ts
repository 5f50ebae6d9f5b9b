import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { z } from 'zod';
import type { ChurnScoringParameters } from '../parameters.js';
import { dropPartition } from './score-partition.js';

export const PURGE_SCORES = jobKind('purge-scores', { kind: z.string(), table: z.string() });

/** The job `purge-scores`, asked for by every publication: drops runs older than those to keep, and failed ones. */
@Injectable()
export class RunPurge {
  private readonly log = log('purge');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  async run({ params: { kind, table } }: JobRun<ParamsOf<typeof PURGE_SCORES>>): Promise<JobResult> {
    const kept = await this.parameters.get('score.runsKept');
    const surplus = await this.database.query<{ id: string }>(
      `select id from (
         select id, row_number() over (order by is_current desc, published_at desc, id desc) as rank
         from scoring_run where kind = $1 and table_name = $2 and published_at is not null and purged_at is null)
       where rank > $3
       union all
       select r.id from scoring_run r join job j on j.id = r.id
       where r.kind = $1 and r.table_name = $2 and r.published_at is null and r.purged_at is null
         and j.state in ('failed', 'cancelled')`,
      [kind, table, kept],
    );
    for (const { id } of surplus) await this.purge(id);
    return { purged: String(surplus.length) };
  }

  private async purge(runId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, 'update scoring_run set purged_at = $2 where id = $1', [runId, this.clock.now()]);
      await rowsOf(tx, 'delete from run_count where run_id = $1', [runId]);
      await rowsOf(tx, 'delete from score_shard where run_id = $1', [runId]);
      await dropPartition(tx, runId);
    });
    this.log.info({ run: runId }, 'scores of an old run dropped');
  }
}
