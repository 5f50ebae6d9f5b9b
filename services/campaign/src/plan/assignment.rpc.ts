import { Injectable } from '@nestjs/common';
import type {
  Assignment,
  AssignmentService,
  ListAssignmentsRequest,
  ListAssignmentsResponse,
} from '@holdfast/contracts/campaign/v1/assignment';
import { sees, orgUnitFilter, type Caller, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database, messageOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID, uuidOrNull } from '@holdfast/platform/identity';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { scoped } from '@holdfast/platform/scoped';
import { CONTROL } from '@holdfast/platform/control-group';
import { planOf, type CampaignRow } from './campaign-row.js';
import { campaignUnknown } from './steps.js';

const PAGE_ROWS = 100;
const PAGE_ROWS_MAX = 1_000;

const groupUnknown = failure('invalid', 'campaign.groupUnknown', {
  en: 'Unknown group. Use one of: {known}.',
  'zh-CN': '该活动没有此分组。可用分组：{known}。',
});

/** Assignments of campaign $1 after $2 in group $3 (empty: all) within region $4; all ids are above the nil UUID. */
const ASSIGNMENTS = `
  select subscription_id, arm, randomisation_unit_id, coalesce(household_id::text, '') as household_id, in_audience,
    stratum, propensity, assigned_at, org_unit_path
  from assignment
  where campaign_id = $1 and subscription_id > $2 and ($3 = '' or arm = $3) and org_unit_path ^@ any($4::text[])
  order by subscription_id limit $5`;

type CampaignHead = Pick<CampaignRow, 'plan' | 'org_unit_path' | 'holdout_until'>;

/** The groups of a campaign within a caller's region, with the control group that must not be contacted. */
@Injectable()
export class AssignmentRpc {
  constructor(private readonly database: Database) {}

  readonly handlers: Rpc<AssignmentService> = {
    listAssignments: scoped('campaign:read', ({ caller }, request) => this.list(caller, request)),
  };

  private async list(caller: Caller, request: ListAssignmentsRequest): Promise<ListAssignmentsResponse> {
    const { campaignId, arm } = request;
    const after = idAfter(request.pageToken) ?? NIL_UUID;
    const campaign = await this.campaign(campaignId);
    const region = orgUnitFilter(caller);
    if (!sees(caller, campaign.org_unit_path)) await this.requireAny(campaignId, region);
    const arms = [...planOf(campaign).arms.map(({ arm: name }) => name), CONTROL];
    if (arm !== '' && !arms.includes(arm)) throw groupUnknown({ known: arms.join(', ') });
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query(
      ASSIGNMENTS,
      [campaignId, after, arm, region, pageSize + 1],
      'assignments-of-campaign',
    );
    const assignments = rows.map((row) => messageOf<Assignment>(row));
    const { page, nextPageToken } = pageOf(assignments, pageSize, ({ subscriptionId }) => subscriptionId);
    return { assignments: page, nextPageToken, holdoutUntil: campaign.holdout_until ?? undefined };
  }

  /** @throws notFound */
  private async campaign(campaignId: string): Promise<CampaignHead> {
    const sql = 'select plan, org_unit_path, holdout_until from campaign where id = $1';
    const [campaign] = await this.database.query<CampaignHead>(sql, [uuidOrNull(campaignId)]);
    if (campaign === undefined) throw campaignUnknown();
    return campaign;
  }

  /** A campaign of a wider org unit is visible to callers with some of its subscriptions. @throws notFound */
  private async requireAny(campaignId: string, region: OrgUnitFilter): Promise<void> {
    const sql = 'select from assignment where campaign_id = $1 and org_unit_path ^@ any($2::text[]) limit 1';
    const visible = await this.database.query(sql, [campaignId, region]);
    if (visible.length === 0) throw campaignUnknown();
  }
}
