import { Inject, Injectable } from '@nestjs/common';
import {
  CampaignServiceDefinition,
  type Campaign,
  type CampaignService,
  type CampaignStarted,
} from '@holdfast/contracts/campaign/v1/plan';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { localCalendar, monthNumber } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { Jobs, callOfJob, type JobRun } from '@holdfast/platform/jobs';
import { copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { flagsOf, idsOf, numbersOf, textsOf } from '@holdfast/platform/facts';
import { FactTables } from '../fact-tables.js';
import { TAKE_ASSIGNMENTS } from '../jobs.js';

/** Time zone if the operator states none. */
const NO_TIME_ZONE = 'UTC';

const STORE_CAMPAIGN = `
  insert into campaign (id, origin, name, started_on, randomisation_unit, effect_goal, mean_probability, org_unit_path,
    follow_months)
  values ($1, 'holdfast', $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing returning id`;

const STAGE_TOUCHES = `
  create temporary table staged_touch (
    touch_id text, subscription_id uuid, channel text, response text, hit boolean, cost_minor bigint,
    offer_cost_minor bigint
  ) on commit drop`;

const REPLACE_TOUCHES = `
  insert into touch (subscription_id, campaign_id, touch_id, channel, response, hit, cost_minor, offer_cost_minor,
    org_unit_path)
  select t.subscription_id, $1, t.touch_id, t.channel, t.response, t.hit, t.cost_minor, t.offer_cost_minor,
    coalesce(a.org_unit_path, c.org_unit_path)
  from staged_touch t
  join campaign c on c.id = $1
  left join assignment a on a.subscription_id = t.subscription_id and a.campaign_id = $1`;

const TOUCH_COLUMNS: CopyColumns<ColumnBatch> = {
  touch_id: (batch) => idsOf(batch, 'touch_id'),
  subscription_id: (batch) => idsOf(batch, 'subscription_id'),
  channel: (batch) => textsOf(batch, 'channel', ''),
  response: (batch) => textsOf(batch, 'outcome', ''),
  hit: (batch) => flagsOf(batch, 'hit'),
  cost_minor: (batch) => numbersOf(batch, 'cost'),
  offer_cost_minor: (batch) => numbersOf(batch, 'offer_cost'),
};

/** Our own campaigns: their assignments as stored by campaign when they started. */
@Injectable()
export class OwnCampaigns {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly facts: FactTables,
    @Inject(CampaignServiceDefinition.fullName) private readonly campaigns: Rpc<CampaignService>,
  ) {}

  async submitImport(tx: Transaction, { campaignId }: CampaignStarted): Promise<void> {
    const caller = systemCaller('evaluation');
    await this.jobs.submit(tx, { kind: TAKE_ASSIGNMENTS, key: campaignId, params: { campaignId }, caller });
  }

  /**
   * Imports the assignments once: they never change.
   * @param then runs in the same transaction
   */
  async importAssignments(
    run: JobRun<{ campaignId: string }>,
    then: (tx: Transaction) => Promise<void>,
  ): Promise<string> {
    const { campaignId } = run.params;
    const call = callOfJob('evaluation', run);
    const [campaign, described] = await Promise.all([
      this.campaigns.getCampaign(call, { campaignId }),
      this.facts.describe(run.signal),
    ]);
    await run.progress({ phase: 'reading-assignments', fraction: 0 });
    const timeZone = described.timeZone || NO_TIME_ZONE;
    await this.database.transaction(async (tx) => {
      const stored = await rowsOf(tx, STORE_CAMPAIGN, campaignRow(campaign, timeZone));
      if (stored.length > 0) {
        const batches = this.campaigns.readAssignments(call, { campaignId });
        await copyColumns(tx, 'assignment', assignmentColumns(campaignId, timeZone), batches, run.signal);
      }
      await then(tx);
    });
    return campaignId;
  }

  async importTouches(run: JobRun): Promise<void> {
    const call = callOfJob('evaluation', run);
    const own = await this.database.query<{ id: string }>(
      "select id from campaign where origin = 'holdfast' order by id",
    );
    for (const { id } of own) {
      await run.progress({ phase: 'reading-touches' });
      await this.database.transaction(async (tx) => {
        await rowsOf(tx, STAGE_TOUCHES);
        const batches = this.campaigns.readTouches(call, { campaignId: id });
        await copyColumns(tx, 'staged_touch', TOUCH_COLUMNS, batches, run.signal);
        await rowsOf(tx, 'delete from touch where campaign_id = $1', [id]);
        await rowsOf(tx, REPLACE_TOUCHES, [id]);
      });
    }
  }
}

function campaignRow(
  { campaignId, plan, startedAt, assignedArms, orgUnitPath }: Campaign,
  timeZone: string,
): unknown[] {
  if (plan === undefined || startedAt === undefined) throw new Error('A started campaign must have a plan and a start');
  const subscriptions = assignedArms.reduce((sum, arm) => sum + arm.subscriptions, 0);
  const expected = assignedArms.reduce((sum, arm) => sum + arm.subscriptions * (arm.meanProbability ?? 0), 0);
  return [
    campaignId,
    plan.name,
    localCalendar(timeZone).dayTextOf(startedAt),
    plan.randomisationUnit === 'subscription' ? 'subscription' : 'household',
    plan.effectGoal ?? null,
    subscriptions === 0 || expected === 0 ? null : expected / subscriptions,
    orgUnitPath,
    plan.followMonths || null,
  ];
}

function assignmentColumns(campaignId: string, timeZone: string): CopyColumns<ColumnBatch> {
  const calendar = localCalendar(timeZone);
  return {
    subscription_id: (batch) => idsOf(batch, 'subscription_id'),
    campaign_id: ({ rows }) => new Array<string>(rows).fill(campaignId),
    arm: (batch) => textsOf(batch, 'arm', ''),
    stratum: (batch) => textsOf(batch, 'stratum', ''),
    propensity: (batch) => numbersOf(batch, 'propensity'),
    month: (batch) => Array.from(numbersOf(batch, 'assigned_at'), (at) => monthNumber(calendar.monthOf(at))),
    cluster_id: (batch) => {
      const subscriptions = idsOf(batch, 'subscription_id');
      return idsOf(batch, 'household_id').map((household, row) => household || subscriptions[row]!);
    },
    org_unit_path: (batch) => textsOf(batch, 'org_unit_path', ''),
  };
}
