import { Injectable } from '@nestjs/common';
import { CampaignResults, ResultsUpdated } from '@holdfast/contracts/evaluation/v1/results';
import type { DescribeFactsResponse } from '@holdfast/contracts/feature_store/v1/facts';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JobResult, JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { OwnCampaigns } from '../assignment/own-campaigns.js';
import { PastCampaigns } from '../assignment/past-campaigns.js';
import { FactTables } from '../fact-tables.js';
import { monthNumber } from '@holdfast/platform/calendar';
import { NO_CURRENCY } from '@holdfast/platform/money';
import { Outcomes } from '../outcome/outcomes.js';
import type { EvaluationParameters } from '../parameters.js';
import { dueOf } from './due.js';
import { effectsOf } from './effects.js';
import { armFigures, channelCounts, groupSizes, evaluatedUnits, meanUnitSize, type Scope } from './figures.js';
import { campaignResults, type CampaignRow } from './campaign-results.js';
import { checkRandomisation } from './randomisation-check.js';

const resultsUpdated = eventOf('evaluation', ResultsUpdated);

const CAMPAIGNS = `
  select id, origin, name, started_on::text, randomisation_unit, clustered, unplaced, in_several_groups, assignment_notes,
    effect_goal, mean_probability, org_unit_path, follow_months
  from campaign c where exists (select from assignment a where a.campaign_id = c.id) order by id`;

/** Returns whether the results have changed; otherwise there is no event. */
const STORE = `
  with previous as (select results from result where campaign_id = $1)
  insert into result (campaign_id, results, state, started_on, computed_at, org_unit_path)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (campaign_id) do update set results = excluded.results, state = excluded.state,
    started_on = excluded.started_on, computed_at = excluded.computed_at, org_unit_path = excluded.org_unit_path
  returning results is distinct from (select results from previous) as "hasChanged"`;

/**
 * Job `evaluate-campaigns`: imports past campaigns, touches and outcomes, and evaluates every campaign. Each part is an
 * idempotent transaction, so that an interrupted job starts again.
 */
@Injectable()
export class Evaluation {
  private readonly log = log('evaluation');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly parameters: Parameters<EvaluationParameters>,
    private readonly facts: FactTables,
    private readonly past: PastCampaigns,
    private readonly own: OwnCampaigns,
    private readonly outcomes: Outcomes,
  ) {}

  async run(run: JobRun): Promise<JobResult> {
    const defaultFollowMonths = await this.parameters.get('eval.followMonths');
    const described = await this.facts.describe(run.signal);
    await this.past.import(run, described, await this.parameters.get('eval.controlNames'));
    await this.own.importTouches(run);
    await this.outcomes.import(run, described, defaultFollowMonths);
    const campaigns = await this.database.query<CampaignRow>(CAMPAIGNS);
    for (const [at, campaign] of campaigns.entries()) {
      await run.progress({ phase: 'judging', fraction: at / campaigns.length });
      const followMonths = campaign.follow_months ?? defaultFollowMonths;
      await this.database.transaction((tx) => this.evaluate(tx, campaign, described, followMonths));
    }
    this.log.info({ job: run.jobId, campaigns: campaigns.length }, 'campaigns evaluated');
    return { campaigns: String(campaigns.length) };
  }

  private async evaluate(
    tx: Transaction,
    campaign: CampaignRow,
    { closedMonths, currency }: DescribeFactsResponse,
    followMonths: number,
  ): Promise<void> {
    const closed = new Set(closedMonths.map(monthNumber));
    const sql = 'select distinct month from assignment where campaign_id = $1';
    const assigned = await rowsOf<{ month: number }>(tx, sql, [campaign.id]);
    const months = assigned.map(({ month }) => month);
    const due = dueOf(months, followMonths, closed);
    const { availableMonths } = due;
    const scope = { campaignId: campaign.id, followMonths, availableMonths, closedMonths: [...closed] };
    const sizes = await groupSizes(tx, campaign.id);
    const randomisation = checkRandomisation(sizes, campaign.clustered);
    const results = campaignResults({
      ...{ campaign, followMonths, due, sizes, randomisation },
      arms: await armFigures(tx, scope),
      channels: await channelCounts(tx, campaign.id),
      effects: randomisation.isRandomised && availableMonths.length > 0 ? await this.effects(tx, scope) : undefined,
      meanUnitSize: await meanUnitSize(tx, campaign.id),
      currency: currency || NO_CURRENCY,
    });
    await this.store(tx, results);
  }

  private async effects(tx: Transaction, scope: Scope): Promise<ReturnType<typeof effectsOf>> {
    const sql = 'select distinct arm from assignment where campaign_id = $1 order by arm';
    const arms = await rowsOf<{ arm: string }>(tx, sql, [scope.campaignId]);
    const names = arms.map(({ arm }) => arm);
    return effectsOf(await evaluatedUnits(tx, scope, names));
  }

  private async store(tx: Transaction, results: CampaignResults): Promise<void> {
    const { campaignId, state, startedOn, orgUnitPath } = results;
    const bytes = Buffer.from(CampaignResults.encode(results).finish());
    const row = [campaignId, bytes, state, startedOn, this.clock.now(), orgUnitPath];
    const [stored] = await rowsOf<{ hasChanged: boolean }>(tx, STORE, row);
    if (stored!.hasChanged)
      await this.outbox.publish(tx, resultsUpdated, { subjectId: campaignId, orgUnitPath }, { campaignId, state });
  }
}
