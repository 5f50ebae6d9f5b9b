import { BUILD_LIST } from '../jobs.js';
import { systemCaller } from '@holdfast/platform/caller';
import { Inject, Injectable } from '@nestjs/common';
import {
  ScoresPublished,
  ScoringServiceDefinition,
  type ScoringService,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ListBuilt } from '@holdfast/contracts/campaign/v1/work';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { derivedId } from '@holdfast/platform/identity';
import { callOfJob, type JobResult, type JobRun, Jobs } from '@holdfast/platform/jobs';
import { failure } from '@holdfast/platform/errors';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import { showListBuild, storeListBuild } from './list-build-record.js';
import { OriginsOfRuns, RETENTION, type Origins } from './origins.js';
import { stageScores } from './score-staging.js';

export const scoresPublished = eventOf('churn-scoring', ScoresPublished);
export const listBuilt = eventOf('campaign', ListBuilt);

const needsCampaign = failure('precondition', 'lists.needCampaign', {
  en: 'Lists of an extract are those of campaigns with a control group; none of this month has been approved.',
  'zh-CN': '提取包的名单来自设有对照组的活动；该账期尚无已批准的活动。',
});

const RANK = `
  insert into work_item (subscription_id, list_build_id, rank, probability, value_minor, priority, quadrant, first_reason,
    reasons, org_unit_path, timing, segment)
  select subscription_id, $1, row_number() over (order by priority desc, subscription_id), probability, value_minor,
    priority, quadrant, first_reason, reasons, org_unit_path, timing, segment
  from staged_score`;

/** Keeps items with a lease: leases and touches refer to them. */
const DELETE_REPLACED = `
  delete from work_item i
  using list_build b
  where b.id = i.list_build_id and b.queue = $1 and b.id <> (select list_build_id from queue where name = $1)
    and not exists (select from lease l where l.subscription_id = i.subscription_id and l.list_build_id = i.list_build_id)`;

/**
 * Job `build-list`: builds the ranked list of a published run of a plain table. One transaction copies the scores, ranks
 * them and points the queue to the new list, so that an interrupted run leaves nothing behind.
 */
@Injectable()
export class ListBuilder {
  private readonly log = log('build-list');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly jobs: Jobs,
    private readonly origins: OriginsOfRuns,
    private readonly monthSteps: MonthSteps,
    @Inject(ScoringServiceDefinition.fullName) private readonly scoring: Rpc<ScoringService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /** Every published run of scores of type `status` gets a list build. */
  async submit(tx: Transaction, { kind, runId }: ScoresPublished): Promise<void> {
    if (kind !== RETENTION) return;
    await this.jobs.submit(tx, { kind: BUILD_LIST, key: runId, params: { runId }, caller: systemCaller('campaign') });
  }

  async run(run: JobRun<{ runId: string }>): Promise<JobResult> {
    const origins = await this.origins.of(callOfJob('campaign', run), run.params.runId);
    const { runId, table: queue } = origins.run;
    await this.database.transaction((tx) => this.recordStep(tx, run, origins));
    // Runs over views of full extracts get work from campaigns only, which have a control group.
    if (origins.isView) return { runId };
    if (await this.isNeeded(origins)) {
      const items = await this.database.transaction((tx) => this.build(tx, run, origins));
      this.log.info({ job: run.jobId, queue, items }, 'list built');
    }
    await this.database.query(DELETE_REPLACED, [queue]);
    // Outdated statistics mislead the planner until autovacuum runs.
    await this.database.query('analyze work_item');
    return { queue, runId };
  }

  private async recordStep(tx: Transaction, run: JobRun, { month, run: scored, isView }: Origins): Promise<void> {
    const step = { month, step: 'lists' };
    if (!isView) {
      const { table, tableVersion: version } = scored;
      return this.monthSteps.record(tx, { ...step, table, version, jobId: run.jobId });
    }
    const sql = `select 1 from list_build where month = $1 and table_name = $2 and campaign_id is not null limit 1`;
    const [built] = await rowsOf(tx, sql, [month, scored.table]);
    if (built === undefined)
      await this.monthSteps.record(tx, { ...step, table: '', version: '', reason: needsCampaign() });
  }

  /** False if the list of this run exists (a job is redelivered after a crash) or the queue has a newer run. */
  private async isNeeded({ run, runPublishedAt }: Origins): Promise<boolean> {
    const sql = `select from list_build where run_id = $1 and queue = $2
      union all
      select from queue where name = $2 and (run_published_at, run_id) > ($3::timestamptz, $1::uuid)`;
    const existing = await this.database.query(sql, [run.runId, run.table, runPublishedAt]);
    return existing.length === 0;
  }

  private async build(tx: Transaction, run: JobRun, origins: Origins): Promise<number> {
    const { runId, table: queue, atRiskProbabilityMin } = origins.run;
    const id = derivedId('list-build', this.config.operator, runId);
    const filter = { probabilityMin: atRiskProbabilityMin };
    const source = { scoring: this.scoring, run, origins, filter, includeInvoluntary: false };
    const { items, contactCostMinor } = await stageScores(tx, source);
    const builtAt = this.clock.now();
    await storeListBuild(tx, { id, queue, builtAt, items, contactCostMinor, campaignId: null }, origins);
    await rowsOf(tx, RANK, [id]);
    const version = await showListBuild(tx, { id, queue, runId, runPublishedAt: origins.runPublishedAt });
    if (version !== undefined)
      await this.outbox.publish(tx, listBuilt, { subjectId: queue, version }, { queue, runId, items });
    return items;
  }
}
