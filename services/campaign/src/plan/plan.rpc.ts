import { Injectable } from '@nestjs/common';
import { CampaignPlan, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { CampaignRecords } from './campaign-records.js';
import { Campaigns } from './campaigns.js';
import { CAMPAIGN_STATES, type CampaignStep } from '@holdfast/platform/terms';
import { MOVES } from './lifecycle.js';
import { campaignUnknown } from './steps.js';
import { forServices, scoped } from '@holdfast/platform/scoped';

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
export class PlanRpc {
  constructor(
    private readonly campaigns: Campaigns,
    private readonly records: CampaignRecords,
  ) {}

  readonly handlers: Rpc<CampaignService> = {
    createCampaign: scoped('campaign:write', (call, { plan }) =>
      this.campaigns.create(call, plan ?? CampaignPlan.fromPartial({})),
    ),

    getCampaign: scoped('campaign:read', (call, { campaignId }) => this.campaigns.get(call, requireId(campaignId))),

    listCampaigns: scoped('campaign:read', async (call, request) => {
      const states: readonly string[] = CAMPAIGN_STATES;
      if (request.state !== '' && !states.includes(request.state)) throw stateUnknown({ known: states.join(', ') });
      return this.campaigns.list(call, request);
    }),

    updateCampaign: scoped('campaign:write', (call, { campaignId, revision, plan }) =>
      this.campaigns.update(call, requireId(campaignId), revision, plan ?? CampaignPlan.fromPartial({})),
    ),

    moveCampaign: scoped('campaign:write', async (call, { campaignId, move }) => {
      const moves: readonly string[] = MOVES;
      if (!moves.includes(move)) throw moveUnknown({ known: moves.join(', ') });
      return this.campaigns.move(call, requireId(campaignId), move as CampaignStep);
    }),

    decideCampaign: scoped('campaign:approve', async (call, { campaignId, ...decision }) => {
      if (decision.comment.length > COMMENT_CHARS_MAX) throw commentTooLong({ max: COMMENT_CHARS_MAX });
      return this.campaigns.decide(call, requireId(campaignId), decision);
    }),

    readAssignments: forServices(['evaluation'], (_call, { campaignId }) =>
      this.records.assignments(requireId(campaignId)),
    ),

    readTouches: forServices(['evaluation'], (_call, { campaignId }) => this.records.touches(requireId(campaignId))),
  };
}

/** @throws notFound */
function requireId(campaignId: string): string {
  if (!isUuid(campaignId)) throw campaignUnknown();
  return campaignId;
}
