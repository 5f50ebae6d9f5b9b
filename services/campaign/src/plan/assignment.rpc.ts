import { Injectable } from '@nestjs/common';
import type {
  Assignment,
  AssignmentService,
  ListAssignmentsRequest,
  ListAssignmentsResponse,
} from '@holdfast/contracts/campaign/v1/assignment';
import { requireScope, sees, orgUnitFilter, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID, isUuid } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
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
  select subscription_id, arm, randomisation_unit_id, household_id, in_audience, stratum, propensity, assigned_at, org_unit_path
  from assignment
  where campaign_id = $1 and subscription_id > $2 and ($3 = '' or arm = $3) and org_unit_path ^@ any($4::text[])
  order by subscription_id limit $5`;

interface AssignmentRow {
  subscription_id: string;
  arm: string;
  randomisation_unit_id: string;
  household_id: string | null;
  in_audience: boolean;
  stratum: string;
  propensity: number;
  assigned_at: Date;
  org_unit_path: string;
}

type CampaignHead = Pick<CampaignRow, 'plan' | 'org_unit_path' | 'holdout_until'>;

/** The groups of a campaign within a caller's region, with the control group that must not be contacted. */
@Injectable()
export class AssignmentRpc implements Rpc<AssignmentService> {
  constructor(private readonly database: Database) {}

  async listAssignments(call: Call, request: ListAssignmentsRequest): Promise<ListAssignmentsResponse> {
    const { caller } = call;
    requireScope(caller, 'campaign:read');
    const { campaignId, arm, pageToken } = request;
    if (pageToken !== '' && !isUuid(pageToken)) throw pageTokenInvalid();
    const campaign = await this.campaign(campaignId);
    const region = orgUnitFilter(caller);
    if (!sees(caller, campaign.org_unit_path)) await this.requireAny(campaignId, region);
    const arms = [...planOf(campaign).arms.map(({ arm: name }) => name), CONTROL];
    if (arm !== '' && !arms.includes(arm)) throw groupUnknown({ known: arms.join(', ') });
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query<AssignmentRow>(
      ASSIGNMENTS,
      [campaignId, pageToken || NIL_UUID, arm, region, pageSize + 1],
      'assignments-of-campaign',
    );
    const page = rows.slice(0, pageSize);
    return {
      assignments: page.map(messageOf),
      nextPageToken: rows.length > pageSize ? page.at(-1)!.subscription_id : '',
      holdoutUntil: campaign.holdout_until ?? undefined,
    };
  }

  /** @throws notFound */
  private async campaign(campaignId: string): Promise<CampaignHead> {
    const [campaign] = isUuid(campaignId)
      ? await this.database.query<CampaignHead>(
          'select plan, org_unit_path, holdout_until from campaign where id = $1',
          [campaignId],
        )
      : [];
    if (campaign === undefined) throw campaignUnknown();
    return campaign;
  }

  /** A campaign of a wider org unit is visible to callers with some of its subscriptions. @throws notFound */
  private async requireAny(campaignId: string, region: OrgUnitFilter): Promise<void> {
    const visible = await this.database.query(
      'select from assignment where campaign_id = $1 and org_unit_path ^@ any($2::text[]) limit 1',
      [campaignId, region],
    );
    if (visible.length === 0) throw campaignUnknown();
  }
}

function messageOf(row: AssignmentRow): Assignment {
  return {
    subscriptionId: row.subscription_id,
    arm: row.arm,
    randomisationUnitId: row.randomisation_unit_id,
    householdId: row.household_id ?? '',
    inAudience: row.in_audience,
    stratum: row.stratum,
    propensity: row.propensity,
    assignedAt: row.assigned_at,
    orgUnitPath: row.org_unit_path,
  };
}
