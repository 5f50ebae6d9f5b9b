import { Inject, Injectable } from '@nestjs/common';
import { CampaignStarted, type CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { addMonths, localCalendar, parseDay } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { Failure, failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { derivedId } from '@holdfast/platform/identity';
import { callOfJob, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { NO_CURRENCY } from '@holdfast/platform/money';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { CONTROL } from '@holdfast/platform/control-group';
import { Households, type CopiedRun } from '../contact/households.js';
import type { CampaignParameters } from '../parameters.js';
import { noticeOf, planOf, type CampaignRow, type Notice } from '../plan/campaign-row.js';
import { OfferCatalogue } from '../plan/offer-catalogue.js';
import { Steps, campaignUnknown } from '../plan/steps.js';
import { assignArms, excludeEnrolled, stageAudience } from './audience.js';
import { listBuilt } from './build-list.js';
import { showListBuild, storeListBuild } from './list-build-record.js';
import { OfferedFits } from './offered-fits.js';
import { OriginsOfRuns, type Origins } from './origins.js';
import { stageScores } from './score-staging.js';
import { OrgUnitNames } from './org-unit-names.js';

const campaignStarted = eventOf('campaign', CampaignStarted);

const SELF = { actor: { client: 'campaign', person: null } };

const audienceEmpty = failure('precondition', 'campaign.audienceEmpty', {
  en: 'No customer matches the audience rules, or all that match are in other campaigns.',
  'zh-CN': '没有符合条件的客户，或符合条件的客户均已参加其他活动。',
});

const currencyDiffers = failure('conflict', 'campaign.currencyDiffers', {
  en: 'The plan has its costs in {costs}, but the scores have their values in {values}. State the costs in {values}.',
  'zh-CN': '方案成本的币种为 {costs}，而评分金额的币种为 {values}：请以 {values} 填写成本。',
});

const NO_HOUSEHOLDS = {
  en: 'No households are published yet; the groups are randomised by customer.',
  'zh-CN': '家庭识别结果尚未发布，已按客户随机分组。',
};
const OVERLAP_EXCLUDED = {
  en: '{count} subscriptions are excluded: they, or members of their household, are in another campaign.',
  'zh-CN': '已排除 {count} 个用户：本人或其家庭成员正在参加其他活动。',
};
const INVOLUNTARY_EXCLUDED = {
  en: '{count} subscriptions are not in the audience: they are likelier to leave for arrears than for another reason.',
  'zh-CN': '有 {count} 个用户未列入目标客户：其因欠费离网的可能性高于其他原因。',
};
const NO_PLAN_FITS = {
  en: '{count} of {of} subscriptions in arms with a fitted plan have no plan fit; their scripts state this.',
  'zh-CN': '适配套餐组的 {of} 个用户中，{count} 个尚无套餐适配结果，话术中已注明。',
};

/**
 * Ranks the arms with offers, up to the maximum number of contacts ($3); those that leave involuntarily are last. The priority of the scores divides by their
 * cost of a contact ($4); here it divides by the approved cost of the contact ($5) and of the offer. Without a value
 * the probability alone ranks.
 */
const RANK = `
  insert into work_item (subscription_id, list_build_id, rank, probability, value_minor, priority, quadrant, first_reason,
    reasons, org_unit_path, involuntary_probability, levers, timing, segment, arm, household_id,
    household_size, household_role)
  select * from (
    select r.subscription_id, $1::uuid,
      row_number() over (order by r.is_involuntary, c.priority desc, r.subscription_id) as rank,
      r.probability, r.value_minor, c.priority, r.quadrant, r.first_reason, r.reasons, r.org_unit_path,
      r.involuntary_probability, r.levers, r.timing, r.segment, s.arm,
      s.household_id, m.size, m.role
    from staged_score r
    join assignment s on s.subscription_id = r.subscription_id and s.campaign_id = $2 and s.arm <> '${CONTROL}'
    join unnest($6::text[], $7::float8[]) as offer (arm, cost_minor) on offer.arm = s.arm
    cross join lateral (
      select case when r.value_minor is null or $4::float8 is null then r.priority
        else r.priority * $4::float8 / ($5::float8 + offer.cost_minor) end as priority
    ) c
    left join household_member m on m.subscription_id = r.subscription_id
  ) ranked
  where $3 = 0 or rank <= $3`;

/** What the groups of a campaign are assigned from. */
interface Enrolment {
  row: CampaignRow;
  plan: CampaignPlan;
  origins: Origins;
  households: CopiedRun | undefined;
  contactCostMinor: number | null;
  /** Subscriptions that are not in the audience because they leave involuntarily. */
  involuntary: number;
}

/**
 * Job `enrol-campaign`: the audience of an approved campaign, its randomised groups and its queue. Each of its three
 * stages is idempotent: the assignment, in one transaction; the plan fits, batch by batch; the start, in one
 * transaction with its event.
 */
@Injectable()
export class CampaignEnrolment {
  private readonly log = log('enrol-campaign');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly outbox: Outbox,
    private readonly steps: Steps,
    private readonly households: Households,
    private readonly origins: OriginsOfRuns,
    private readonly fits: OfferedFits,
    private readonly offers: OfferCatalogue,
    private readonly monthSteps: MonthSteps,
    private readonly orgUnitNames: OrgUnitNames,
    @Inject(ScoringServiceDefinition.fullName) private readonly scoring: Rpc<ScoringService>,
    @Inject(ConsentServiceDefinition.fullName) private readonly consents: Rpc<ConsentService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  async run(run: JobRun<{ campaignId: string }>): Promise<JobResult> {
    const { campaignId } = run.params;
    const [campaign] = await this.database.query<CampaignRow>('select * from campaign where id = $1', [campaignId]);
    if (campaign === undefined) throw campaignUnknown();
    if (campaign.state === 'enrolling' && campaign.assigned_at === null) await this.enrolOrRevert(run, campaign);
    const listBuildId = this.listBuildIdOf(campaignId);
    const plan = planOf(campaign);
    const fitted = plan.arms.filter(({ offerKind }) => offerKind === 'fitted_plan').map(({ arm }) => arm);
    const { items, without } = await this.fits.fetch(run, listBuildId, fitted);
    const notices = without === 0 ? [] : [noticeOf('campaign.noPlanFits', NO_PLAN_FITS, { count: without, of: items })];
    const runId = await this.database.transaction((tx) => this.start(tx, campaignId, listBuildId, notices));
    // Without statistics the gate scans all assignments: 18 ms instead of 0.3 for 40,000 of them.
    await this.database.query('analyze work_item, assignment');
    return { campaignId, ...(runId === undefined ? {} : { runId }) };
  }

  private listBuildIdOf(campaignId: string): string {
    return derivedId('list-build', this.config.operator, campaignId);
  }

  /** A failure caused by the plan makes the campaign a draft again. */
  private async enrolOrRevert(run: JobRun, campaign: CampaignRow): Promise<void> {
    try {
      await this.enrol(run, campaign);
    } catch (thrown) {
      if (!(thrown instanceof Failure) || !['conflict', 'precondition', 'notFound', 'invalid'].includes(thrown.kind))
        throw thrown;
      await this.database.transaction(async (tx) => {
        const row = await this.steps.lock(tx, systemCaller('campaign'), campaign.id);
        if (row.state === 'enrolling') await this.steps.apply(tx, row, 'enrolFailed', SELF);
      });
      throw thrown;
    }
  }

  private async enrol(run: JobRun, { id: campaignId, plan: stored }: CampaignRow): Promise<void> {
    const call = callOfJob('campaign', run);
    const plan = planOf({ plan: stored });
    await this.offers.requireOnSale(plan);
    await run.progress({ phase: 'households' });
    const households = await this.households.refresh(call);
    await this.orgUnitNames.refresh(call);
    const origins = await this.origins.of(call, '', plan.table);
    requireCurrency(plan, origins.currency);
    const { probabilityMin = 0, quadrants, orgUnitPath, includeInvoluntary } = plan;
    const filter = { probabilityMin, quadrants, orgUnitPath };
    const source = { scoring: this.scoring, run, origins, filter, includeInvoluntary };
    const assigned = await this.database.transaction(async (tx) => {
      const { contactCostMinor, involuntary } = await stageScores(tx, source);
      await stageAudience(tx, { plan, consents: this.consents, call });
      const row = await this.steps.lock(tx, systemCaller('campaign'), campaignId);
      // The campaign was cancelled meanwhile.
      if (row.state !== 'enrolling') return 0;
      await this.recordStep(tx, run, origins);
      return this.store(tx, { row, plan, origins, households, contactCostMinor, involuntary });
    });
    this.log.info({ job: run.jobId, campaign: campaignId, assigned }, 'groups assigned');
  }

  /** The lists of an extract are those of its campaigns. */
  private async recordStep(tx: Transaction, { jobId }: JobRun, { isView, month }: Origins): Promise<void> {
    if (isView) await this.monthSteps.record(tx, { month, step: 'lists', table: '', version: '', jobId });
  }

  private async store(tx: Transaction, enrolment: Enrolment): Promise<number> {
    const { row, plan, origins, households, contactCostMinor, involuntary } = enrolment;
    const at = this.clock.now();
    const excluded = await excludeEnrolled(tx, at);
    const assigned = await assignArms(tx, { campaignId: row.id, plan, at });
    if (assigned === 0) throw audienceEmpty();
    const id = this.listBuildIdOf(row.id);
    const approvedMinor = plan.contactCost?.minor ?? contactCostMinor;
    const costs = { contactCostMinor: approvedMinor, campaignId: row.id };
    await storeListBuild(tx, { id, queue: row.id, builtAt: at, items: 0, ...costs, households }, origins);
    await rowsOf(tx, RANK, [
      id,
      row.id,
      plan.contactsMax,
      contactCostMinor,
      approvedMinor,
      plan.arms.map(({ arm }) => arm),
      plan.arms.map(({ cost }) => cost?.minor ?? 0),
    ]);
    const sql = 'update list_build set items = (select count(*) from work_item where list_build_id = $1) where id = $1';
    await rowsOf(tx, sql, [id]);
    const notices: Notice[] = [
      ...(households === undefined ? [noticeOf('campaign.noHouseholds', NO_HOUSEHOLDS)] : []),
      ...(involuntary === 0
        ? []
        : [noticeOf('campaign.involuntaryExcluded', INVOLUNTARY_EXCLUDED, { count: involuntary })]),
      ...(excluded === 0 ? [] : [noticeOf('campaign.overlapExcluded', OVERLAP_EXCLUDED, { count: excluded })]),
    ];
    const { contactUntil, holdoutUntil } = await this.periods(plan, at);
    await rowsOf(
      tx,
      `update campaign set run_id = $2, assigned_at = $3, contact_until = $4, holdout_until = $5, notices = $6
       where id = $1`,
      [row.id, origins.run.runId, at, contactUntil, holdoutUntil, JSON.stringify(notices)],
    );
    return assigned;
  }

  /** Contacts end with the last day; the holdout ends with the last evaluated month. */
  private async periods(plan: CampaignPlan, at: Date): Promise<{ contactUntil: Date; holdoutUntil: Date }> {
    const [timeZone, contactDays] = await Promise.all([
      this.parameters.get('campaign.timeZone', at),
      this.parameters.get('campaign.contactDays', at),
    ]);
    const calendar = localCalendar(timeZone);
    const lastDay = parseDay(plan.endsOn) ?? calendar.dayOf(at) + contactDays - 1;
    const contactUntil = calendar.startOfDay(lastDay + 1);
    const followedUntil = calendar.endOfMonth(addMonths(calendar.monthOf(at), plan.followMonths));
    return { contactUntil, holdoutUntil: followedUntil > contactUntil ? followedUntil : contactUntil };
  }

  /** Opens the queue. @returns the run of scores; undefined if the campaign was cancelled meanwhile */
  private async start(
    tx: Transaction,
    campaignId: string,
    listBuildId: string,
    notices: readonly Notice[],
  ): Promise<string | undefined> {
    const row = await this.steps.lock(tx, systemCaller('campaign'), campaignId);
    if (row.started_at !== null) return row.run_id!; // a redelivered job
    if (row.state !== 'enrolling') {
      await rowsOf(tx, 'delete from work_item where list_build_id = $1', [listBuildId]);
      return undefined;
    }
    const startedAt = this.clock.now();
    await this.steps.apply(tx, row, 'started', SELF);
    const sql = 'update campaign set started_at = $2, notices = notices || $3::jsonb where id = $1';
    await rowsOf(tx, sql, [campaignId, startedAt, JSON.stringify(notices)]);
    await this.publishStart(tx, row, listBuildId, startedAt);
    return row.run_id!;
  }

  private async publishStart(tx: Transaction, row: CampaignRow, listBuildId: string, startedAt: Date): Promise<void> {
    const [build] = await rowsOf<{ run_published_at: Date; items: string; month: string; assigned: string }>(
      tx,
      `select run_published_at, items, month,
         (select sum(subscriptions) from assigned_arm a where a.campaign_id = b.campaign_id) as assigned
       from list_build b where id = $1`,
      [listBuildId],
    );
    const runId = row.run_id!;
    const runPublishedAt = build!.run_published_at;
    const version = await showListBuild(tx, { id: listBuildId, queue: row.id, runId, runPublishedAt });
    const { assigned, items, month } = build!;
    const started = { campaignId: row.id, subscriptions: Number(assigned), month, startedAt };
    const subject = { subjectId: row.id, orgUnitPath: row.org_unit_path };
    await this.outbox.publish(tx, campaignStarted, subject, started);
    const about = { subjectId: row.id, ...(version === undefined ? {} : { version }) };
    await this.outbox.publish(tx, listBuilt, about, { queue: row.id, runId, items: Number(items) });
  }
}

/** @throws conflict if costs and values of the scores have different currencies */
function requireCurrency({ arms, contactCost }: CampaignPlan, values: string): void {
  const costs = [contactCost, ...arms.map(({ cost }) => cost)].find((cost) => cost !== undefined)?.currency ?? '';
  const areKnown = ![costs, values].some((currency) => ['', NO_CURRENCY].includes(currency));
  if (areKnown && costs !== values) throw currencyDiffers({ costs, values });
}
