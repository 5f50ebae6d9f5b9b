import { Injectable } from '@nestjs/common';
import {
  CampaignPlan,
  type Campaign,
  type CampaignService,
  type CreateCampaignRequest,
  type DecideCampaignRequest,
  type GetCampaignRequest,
  type ListCampaignsRequest,
  type ListCampaignsResponse,
  type MoveCampaignRequest,
  type ReadAssignmentsRequest,
  type ReadTouchesRequest,
  type UpdateCampaignRequest,
} from '@holdfast/contracts/campaign/v1/plan';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireScope, requireSystem } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { CampaignRecords } from './campaign-records.js';
import { Campaigns } from './campaigns.js';
import { CAMPAIGN_STATES, MOVES, type CampaignStep } from './lifecycle.js';
import { campaignUnknown } from './steps.js';

const COMMENT_CHARS_MAX = 500;

const stateUnknown = failure('invalid', 'campaign.stateUnknown', {
  en: 'Unknown state. Use one of: {known}.',
  'zh-CN': '没有此状态。可用状态：{known}。',
});
const moveUnknown = failure('invalid', 'campaign.moveUnknown', {
  en: 'Unknown move. Use one of: {known}.',
  'zh-CN': '没有此操作。可用操作：{known}。',
});
const commentTooLong = failure('invalid', 'campaign.commentTooLong', {
  en: 'A comment has at most {max} characters.',
  'zh-CN': '意见最多 {max} 个字符。',
});

/** CampaignService: checks scopes and the form of requests. */
@Injectable()
export class PlanRpc implements Rpc<CampaignService> {
  constructor(
    private readonly campaigns: Campaigns,
    private readonly records: CampaignRecords,
  ) {}

  async createCampaign(call: Call, { plan }: CreateCampaignRequest): Promise<Campaign> {
    requireScope(call.caller, 'campaign:write');
    return this.campaigns.create(call, plan ?? CampaignPlan.fromPartial({}));
  }

  async getCampaign(call: Call, { campaignId }: GetCampaignRequest): Promise<Campaign> {
    requireScope(call.caller, 'campaign:read');
    return this.campaigns.get(call, requireId(campaignId));
  }

  async listCampaigns(call: Call, request: ListCampaignsRequest): Promise<ListCampaignsResponse> {
    requireScope(call.caller, 'campaign:read');
    const states: readonly string[] = CAMPAIGN_STATES;
    if (request.state !== '' && !states.includes(request.state)) throw stateUnknown({ known: states.join(', ') });
    return this.campaigns.list(call, request);
  }

  async updateCampaign(call: Call, { campaignId, revision, plan }: UpdateCampaignRequest): Promise<Campaign> {
    requireScope(call.caller, 'campaign:write');
    return this.campaigns.update(call, requireId(campaignId), revision, plan ?? CampaignPlan.fromPartial({}));
  }

  async moveCampaign(call: Call, { campaignId, move }: MoveCampaignRequest): Promise<Campaign> {
    requireScope(call.caller, 'campaign:write');
    const moves: readonly string[] = MOVES;
    if (!moves.includes(move)) throw moveUnknown({ known: moves.join(', ') });
    return this.campaigns.move(call, requireId(campaignId), move as CampaignStep);
  }

  async decideCampaign(call: Call, { campaignId, ...decision }: DecideCampaignRequest): Promise<Campaign> {
    requireScope(call.caller, 'campaign:approve');
    if (decision.comment.length > COMMENT_CHARS_MAX) throw commentTooLong({ max: COMMENT_CHARS_MAX });
    return this.campaigns.decide(call, requireId(campaignId), decision);
  }

  async *readAssignments(call: Call, { campaignId }: ReadAssignmentsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    yield* this.records.assignments(requireId(campaignId));
  }

  async *readTouches(call: Call, { campaignId }: ReadTouchesRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    yield* this.records.touches(requireId(campaignId));
  }
}

/** @throws notFound */
function requireId(campaignId: string): string {
  if (!isUuid(campaignId)) throw campaignUnknown();
  return campaignId;
}
