import { Injectable } from '@nestjs/common';
import type {
  ListPastAssignmentsRequest,
  ListPastAssignmentsResponse,
  PastAssignment,
  PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import { requireScope, sees, orgUnitFilter, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID, isUuid } from '@holdfast/platform/identity';
import { monthText } from '@holdfast/platform/calendar';
import { pageTokenInvalid } from '@holdfast/platform/paging';

const PAGE_ROWS = 100;
const PAGE_ROWS_MAX = 1_000;

const pastCampaignUnknown = failure('notFound', 'campaign.unknown', {
  en: 'There is no such campaign.',
  'zh-CN': '没有此营销活动。',
});
const groupUnknown = failure('invalid', 'campaign.groupUnknown', {
  en: 'Unknown group. Use one of: {known}.',
  'zh-CN': '该活动没有此分组。可用分组：{known}。',
});

/** Assignments of campaign $1 after $2 in group $3 (empty: all) within region $4; all ids are above the nil UUID. */
const ASSIGNMENTS = `
  select subscription_id, arm, cluster_id, stratum, propensity, month, org_unit_path from assignment
  where campaign_id = $1 and subscription_id > $2 and ($3 = '' or arm = $3) and org_unit_path ^@ any($4::text[])
  order by subscription_id limit $5`;

interface AssignmentRow {
  subscription_id: string;
  arm: string;
  cluster_id: string;
  stratum: string;
  propensity: number | null;
  month: number;
  org_unit_path: string;
}

/** Assignments of the operator's past campaigns; campaign serves those of our campaigns. */
@Injectable()
export class PastAssignmentRpc implements Rpc<PastAssignmentService> {
  constructor(private readonly database: Database) {}

  async listPastAssignments(call: Call, request: ListPastAssignmentsRequest): Promise<ListPastAssignmentsResponse> {
    const { caller } = call;
    requireScope(caller, 'campaign:read');
    const { campaignId, arm, pageToken } = request;
    if (pageToken !== '' && !isUuid(pageToken)) throw pageTokenInvalid();
    const [campaign] = await this.database.query<{ org_unit_path: string }>(
      `select org_unit_path from campaign where id = $1 and origin = 'extract'`,
      [campaignId],
    );
    if (campaign === undefined) throw pastCampaignUnknown();
    const region = orgUnitFilter(caller);
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query<AssignmentRow>(
      ASSIGNMENTS,
      [campaignId, pageToken || NIL_UUID, arm, region, pageSize + 1],
      'assignments-of-past-campaign',
    );
    if (rows.length === 0) await this.requireGroup(campaignId, arm, region, sees(caller, campaign.org_unit_path));
    const page = rows.slice(0, pageSize);
    return {
      assignments: page.map(messageOf),
      nextPageToken: rows.length > pageSize ? page.at(-1)!.subscription_id : '',
    };
  }

  /** An empty page is the end of the list, an unknown group, or a campaign of another region. @throws notFound, invalid */
  private async requireGroup(
    campaignId: string,
    arm: string,
    region: OrgUnitFilter,
    isVisible: boolean,
  ): Promise<void> {
    const groups = await this.database.query<{ arm: string }>(
      'select distinct arm from assignment where campaign_id = $1 and org_unit_path ^@ any($2::text[]) order by arm',
      [campaignId, region],
    );
    if (groups.length === 0 && !isVisible) throw pastCampaignUnknown();
    const arms = groups.map(({ arm: name }) => name);
    if (arm !== '' && !arms.includes(arm)) throw groupUnknown({ known: arms.join(', ') });
  }
}

function messageOf(row: AssignmentRow): PastAssignment {
  return {
    subscriptionId: row.subscription_id,
    arm: row.arm,
    randomisationUnitId: row.cluster_id,
    stratum: row.stratum,
    propensity: row.propensity ?? undefined,
    month: monthText(row.month),
    orgUnitPath: row.org_unit_path,
  };
}
