import { Inject, Injectable } from '@nestjs/common';
import type {
  Campaign,
  CampaignPlan,
  DecideCampaignRequest,
  ListCampaignsRequest,
  ListCampaignsResponse,
} from '@holdfast/contracts/campaign/v1/plan';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { actorOf, mayBeSame, type Actor } from '@holdfast/platform/actor';
import { localCalendar } from '@holdfast/platform/calendar';
import { sees, systemCaller, orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { asFailure, failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { derivedId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import type { Query } from '../contact/contact-history.js';
import type { CampaignParameters } from '../parameters.js';
import { campaignMessages, planOf, type CampaignRow } from './campaign-row.js';
import type { CampaignStep } from '@holdfast/platform/terms';

import { OfferCatalogue } from './offer-catalogue.js';
import { requireRunnable, withDefaults } from './plan-rule.js';
import { Steps, campaignUnknown } from './steps.js';
import { ENROL_CAMPAIGN } from '../jobs.js';

const PAGE_CAMPAIGNS_MAX = 200;
const PAGE_CAMPAIGNS_DEFAULT = 50;

const revisionChanged = failure('precondition', 'campaign.revision', {
  en: 'The campaign was changed meanwhile: its revision is now {revision}.',
  'zh-CN': '活动已被他人修改，当前版本为 {revision}。',
});
const approverIsAuthor = failure('conflict', 'campaign.approverIsAuthor', {
  en: 'The author or an editor of a campaign cannot approve or reject it.',
  'zh-CN': '活动的策划人或修改人不能审批该活动。',
});
const noScores = failure('conflict', 'campaign.noScores', {
  en: 'The table {table} has no published scores.',
  'zh-CN': '数据表 {table} 尚无已发布的评分。',
});
const orgUnitUnknown = failure('invalid', 'campaign.orgUnitUnknown', {
  en: 'There is no such org unit in your region. The format is {operator}/shenyang/.',
  'zh-CN': '您的管辖范围内没有此单位。单位格式如 {operator}/shenyang/。',
});
const orgUnitRequired = failure('invalid', 'campaign.unitNeeded', {
  en: 'Your region has several org units. State the org unit of the campaign.',
  'zh-CN': '您可管辖多个单位，请指定活动所属单位。',
});

/** Campaigns and their states. A job assigns their groups and builds their queues (room `list`). */
@Injectable()
export class Campaigns {
  private readonly query: Query = (sql, params) => this.database.query(sql, params);

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly jobs: Jobs,
    private readonly steps: Steps,
    private readonly offers: OfferCatalogue,
    @Inject(ScoringServiceDefinition.fullName) private readonly scoring: Rpc<ScoringService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /** A draft. @throws invalid */
  async create(call: Call, requested: CampaignPlan): Promise<Campaign> {
    const orgUnitPath = this.orgUnitPathOf(call.caller, requested.orgUnitPath);
    const plan = await this.validated({ ...withDefaults(requested), orgUnitPath });
    const actor = actorOf(call.caller);
    return this.database.transaction(async (tx) => {
      const earlier = await this.steps.ofRequest(tx, call);
      if (earlier !== undefined) return message(tx, earlier);
      const id = await this.nextId(tx, plan);
      const created = {
        ...{ id, state: 'draft', revision: 1, plan, org_unit_path: plan.orgUnitPath, created_at: this.clock.now() },
        ...{ author_client: actor.client, author_person: actor.person },
      };
      const [row] = await insertRow<CampaignRow>(tx, 'campaign', created, 'returning *');
      await this.steps.record(tx, row!, 'created', { actor, requestId: call.requestId });
      return message(tx, row!);
    });
  }

  /**
   * An id derived from the plan and the number of earlier campaigns with the same plan, so that queues, results and
   * scripts are reproducible.
   */
  private async nextId(tx: Transaction, plan: CampaignPlan): Promise<string> {
    const planJson = JSON.stringify(plan);
    await rowsOf(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`campaign ${planJson}`]);
    for (let earlier = 0; ; earlier += 1) {
      const id = derivedId('campaign', this.config.operator, JSON.stringify([planJson, earlier]));
      const existing = await rowsOf(tx, 'select 1 from campaign where id = $1', [id]);
      if (existing.length === 0) return id;
    }
  }

  /** @throws notFound */
  async get({ caller }: Call, campaignId: string): Promise<Campaign> {
    const sql = 'select * from campaign where id = $1 and org_unit_path ^@ any($2::text[])';
    const rows = await this.database.query<CampaignRow>(sql, [campaignId, orgUnitFilter(caller)]);
    const [campaign] = await campaignMessages(this.query, rows);
    if (campaign === undefined) throw campaignUnknown();
    return campaign;
  }

  /** Newest first. A page token is the id of the last campaign of the previous page. @throws invalid */
  async list({ caller }: Call, { state, pageSize, pageToken }: ListCampaignsRequest): Promise<ListCampaignsResponse> {
    const size = Math.min(pageSize || PAGE_CAMPAIGNS_DEFAULT, PAGE_CAMPAIGNS_MAX);
    const sql = `select * from campaign
      where org_unit_path ^@ any($1::text[]) and ($2 = '' or state = $2)
        and ($3::uuid is null or (created_at, id) < (select created_at, id from campaign where id = $3))
      order by created_at desc, id desc limit $4`;
    const params = [orgUnitFilter(caller), state, idAfter(pageToken), size + 1];
    const rows = await this.database.query<CampaignRow>(sql, params);
    const { page, nextPageToken } = pageOf(rows, size, ({ id }) => id);
    return { campaigns: await campaignMessages(this.query, page), nextPageToken };
  }

  /** Replaces the plan of a draft or of a rejected campaign. @throws notFound, invalid, precondition, conflict */
  async update({ caller }: Call, campaignId: string, revision: number, requested: CampaignPlan): Promise<Campaign> {
    return this.database.transaction(async (tx) => {
      const row = await this.steps.lock(tx, caller, campaignId);
      if (Number(row.revision) !== revision) throw revisionChanged({ revision: row.revision });
      const path = requested.orgUnitPath;
      const orgUnitPath = path === '' ? row.org_unit_path : this.orgUnitPathOf(caller, path);
      const plan = await this.validated({ ...withDefaults(requested), orgUnitPath });
      await this.steps.apply(tx, row, 'updated', { actor: actorOf(caller) });
      const sql = `update campaign set plan = $2, org_unit_path = $3, approver_client = null, approver_person = null,
        decision_comment = '' where id = $1 returning *`;
      const [changed] = await rowsOf<CampaignRow>(tx, sql, [row.id, JSON.stringify(plan), orgUnitPath]);
      return message(tx, changed!);
    });
  }

  /** @throws notFound; conflict; invalid if the plan is no longer valid when it is submitted */
  async move(call: Call, campaignId: string, step: CampaignStep): Promise<Campaign> {
    const { caller, requestId } = call;
    if (step === 'submit') await this.offers.requireOnSale((await this.get(call, campaignId)).plan!);
    return this.database.transaction(async (tx) => {
      const earlier = await this.steps.ofRequest(tx, call);
      if (earlier !== undefined) return message(tx, earlier);
      const row = await this.steps.lock(tx, caller, campaignId);
      if (step === 'submit') await this.validated(planOf(row));
      const moved = await this.steps.apply(tx, row, step, { actor: actorOf(caller), requestId });
      if (step !== 'cancel' || moved.started_at !== null) return message(tx, moved);
      // A cancelled campaign that was never started has no contact period and no holdout.
      const sql = 'update campaign set contact_until = null, holdout_until = null where id = $1 returning *';
      const [cancelled] = await rowsOf<CampaignRow>(tx, sql, [row.id]);
      return message(tx, cancelled!);
    });
  }

  /**
   * Approval or rejection by a person other than the authors. An approval submits the enrolment.
   * @param decision with the reviewed revision, or 0 for the current one
   * @throws notFound, conflict, invalid, precondition
   */
  async decide(
    call: Call,
    campaignId: string,
    { approved, comment, revision }: Omit<DecideCampaignRequest, 'campaignId'>,
  ): Promise<Campaign> {
    const { caller, requestId } = call;
    const { plan } = await this.get(call, campaignId);
    if (approved) await this.requireScores(plan!.table);
    if (approved) await this.offers.requireOnSale(plan!);
    const actor = actorOf(caller);
    return this.database.transaction(async (tx) => {
      const earlier = await this.steps.ofRequest(tx, call);
      if (earlier !== undefined) return message(tx, earlier);
      const row = await this.steps.lock(tx, caller, campaignId);
      if (revision !== 0 && Number(row.revision) !== revision) throw revisionChanged({ revision: row.revision });
      if (await this.isEditor(tx, row.id, actor)) throw approverIsAuthor();
      if (approved) await this.validated(planOf(row));
      const moved = await this.steps.apply(tx, row, approved ? 'approve' : 'reject', { actor, requestId });
      const jobId = approved ? await this.submitEnrolment(tx, caller, moved) : null;
      const sql = `update campaign set approver_client = $2, approver_person = $3, decision_comment = $4,
        enrol_job_id = $5 where id = $1 returning *`;
      const [decided] = await rowsOf<CampaignRow>(tx, sql, [row.id, actor.client, actor.person, comment, jobId]);
      return message(tx, decided!);
    });
  }

  private async submitEnrolment(tx: Transaction, caller: Caller, row: CampaignRow): Promise<string> {
    const { jobId } = await this.jobs.submit(tx, {
      kind: ENROL_CAMPAIGN,
      // A changed plan is enrolled again after its next approval.
      key: `${row.id}/${row.revision}`,
      params: { campaignId: row.id },
      caller,
      orgUnitPath: row.org_unit_path,
    });
    return jobId;
  }

  /** Whether the actor may be an author or editor of the campaign. */
  private async isEditor(tx: Transaction, campaignId: string, actor: Actor): Promise<boolean> {
    const editors = await rowsOf<Actor>(
      tx,
      "select distinct client, person from campaign_step where campaign_id = $1 and step in ('created', 'updated')",
      [campaignId],
    );
    return editors.some((editor) => mayBeSame(editor, actor));
  }

  private async requireScores(table: string): Promise<void> {
    try {
      await this.scoring.getRun({ caller: systemCaller('campaign') }, { runId: '', table, kind: 'status' });
    } catch (thrown) {
      if (asFailure(thrown).kind === 'notFound') throw noScores({ table });
      throw thrown;
    }
  }

  private async validated(plan: CampaignPlan): Promise<CampaignPlan> {
    const now = this.clock.now();
    requireRunnable(plan, localCalendar(await this.parameters.get('campaign.timeZone', now)).dayTextOf(now));
    return plan;
  }

  /** The org unit of a campaign: as requested, or the caller's whole region. @throws invalid */
  private orgUnitPathOf(caller: Caller, requested: string): string {
    const { operator } = this.config;
    if (requested !== '') {
      const isPath = requested.startsWith(`${operator}/`) && requested.endsWith('/');
      if (!isPath || !sees(caller, requested)) throw orgUnitUnknown({ operator });
      return requested;
    }
    const paths = caller.system ? [`${operator}/`] : caller.orgScope;
    const root = paths.find((path) => paths.every((other) => other.startsWith(path)));
    if (root === undefined) throw orgUnitRequired();
    return root;
  }
}

async function message(tx: Transaction, row: CampaignRow): Promise<Campaign> {
  const [campaign] = await campaignMessages((sql, params) => rowsOf(tx, sql, params), [row]);
  return campaign!;
}
