import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { jobKind, type JobResult } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import type { PreferenceRecommendationParameters } from '../parameters.js';
import { dropPartition } from './fit-partition.js';

export const PURGE_FITS = jobKind('purge-plan-fits', {});

/** The job `purge-plan-fits`, asked for by every publication: drops runs older than those to keep, and failed ones. */
@Injectable()
export class RunPurge {
  private readonly log = log('purge');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
  ) {}

  async run(): Promise<JobResult> {
    const kept = await this.parameters.get('fit.runsKept');
    const surplus = await this.database.query<{ id: string }>(
      `select id from (
         select id, row_number() over (order by is_current desc, published_at desc, id desc) as rank
         from fit_run where published_at is not null and purged_at is null)
       where rank > $1
       union all
       select r.id from fit_run r join job j on j.id = r.id
       where r.published_at is null and r.purged_at is null and j.state in ('failed', 'cancelled')`,
      [kept],
    );
    for (const { id } of surplus) await this.purge(id);
    return { purged: String(surplus.length) };
  }

  private async purge(runId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, 'update fit_run set purged_at = $2 where id = $1', [runId, this.clock.now()]);
      await rowsOf(tx, 'delete from fit_count where run_id = $1', [runId]);
      await dropPartition(tx, runId);
    });
    this.log.info({ run: runId }, 'fits of an old run dropped');
  }
}
