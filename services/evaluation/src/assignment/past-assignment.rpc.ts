import { Injectable } from '@nestjs/common';
import type {
  ListPastAssignmentsRequest,
  ListPastAssignmentsResponse,
  PastAssignment,
  PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import { sees, orgUnitFilter, type Caller, type OrgUnitFilter } from '@holdfast/platform/caller';
import { Database, messageOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID } from '@holdfast/platform/identity';
import { monthText } from '@holdfast/platform/calendar';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { scoped } from '@holdfast/platform/scoped';

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
  select subscription_id, arm, cluster_id as randomisation_unit_id, stratum, propensity, month, org_unit_path from assignment
  where campaign_id = $1 and subscription_id > $2 and ($3 = '' or arm = $3) and org_unit_path ^@ any($4::text[])
  order by subscription_id limit $5`;

/** Assignments of the operator's past campaigns; campaign serves those of our campaigns. */
@Injectable()
export class PastAssignmentRpc {
  constructor(private readonly database: Database) {}

  readonly handlers: Rpc<PastAssignmentService> = {
    listPastAssignments: scoped('campaign:read', ({ caller }, request) => this.list(caller, request)),
  };

  private async list(caller: Caller, request: ListPastAssignmentsRequest): Promise<ListPastAssignmentsResponse> {
    const { campaignId, arm } = request;
    const after = idAfter(request.pageToken) ?? NIL_UUID;
    const sql = `select org_unit_path from campaign where id = $1 and origin = 'extract'`;
    const [campaign] = await this.database.query<{ org_unit_path: string }>(sql, [campaignId]);
    if (campaign === undefined) throw pastCampaignUnknown();
    const region = orgUnitFilter(caller);
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query<{ month: number }>(
      ASSIGNMENTS,
      [campaignId, after, arm, region, pageSize + 1],
      'assignments-of-past-campaign',
    );
    if (rows.length === 0) await this.requireGroup(campaignId, arm, region, sees(caller, campaign.org_unit_path));
    const assignments = rows.map((row) => messageOf<PastAssignment>({ ...row, month: monthText(row.month) }));
    const { page, nextPageToken } = pageOf(assignments, pageSize, ({ subscriptionId }) => subscriptionId);
    return { assignments: page, nextPageToken };
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
