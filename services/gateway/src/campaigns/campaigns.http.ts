import { Controller } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { etagOfRevision, matches, revisionOfEtag } from '../operation/etag.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, NextPageToken, nextPageTokenJson, page } from '../operation/wire.js';
import { ifMatchMissing } from '../problem/transport-failure.js';
import {
  CAMPAIGN_EXAMPLE,
  Campaign,
  AssignedArm,
  NewPlan,
  PLAN_EXAMPLE,
  Plan,
  PlanChanges,
  aboutBody,
  campaignJson,
  assignedArmJson,
  planJson,
  planMessage,
} from './campaign.js';

const params = z.strictObject({ campaignId: Id });
const { campaignId } = CAMPAIGN_EXAMPLE;
const DRAFT_EXAMPLE: z.output<typeof Campaign> = {
  ...CAMPAIGN_EXAMPLE,
  state: 'draft',
  revision: 1,
  approver: null,
  startedAt: null,
  contactUntil: null,
  holdoutUntil: null,
  runId: null,
  assignedArms: [],
  enrolJobId: null,
  history: CAMPAIGN_EXAMPLE.history.slice(0, 1),
};

const createCampaign = operation({
  method: 'POST',
  path: '/api/v1/campaigns',
  group: 'campaigns',
  summary: 'Plan a campaign; it is a draft',
  description: 'N offers and a control group; all shares add up to 1.',
  scope: 'campaign:write',
  audited: true,
  idempotencyKey: 'optional',
  body: NewPlan,
  status: 201,
  response: Campaign,
  example: { body: PLAN_EXAMPLE, response: DRAFT_EXAMPLE },
});

const listCampaigns = operation({
  method: 'GET',
  path: '/api/v1/campaigns',
  group: 'campaigns',
  summary: 'Campaigns, newest first',
  scope: 'campaign:read',
  query: z.strictObject({ state: Campaign.shape.state.optional().describe('Default: all'), ...page(200) }),
  response: z.strictObject({ campaigns: z.array(Campaign), nextPageToken: NextPageToken }),
  example: { query: { state: 'running' }, response: { campaigns: [CAMPAIGN_EXAMPLE], nextPageToken: null } },
});

const readCampaign = operation({
  method: 'GET',
  path: '/api/v1/campaigns/{campaignId}',
  group: 'campaigns',
  summary: 'A campaign with its groups and its history',
  description: 'Has an ETag; with If-None-Match it answers 304.',
  scope: 'campaign:read',
  params,
  response: Campaign,
  example: { params: { campaignId }, response: CAMPAIGN_EXAMPLE },
});

const changeCampaign = operation({
  method: 'PATCH',
  path: '/api/v1/campaigns/{campaignId}',
  group: 'campaigns',
  summary: 'Change the plan of a draft',
  description:
    'Only the given fields change. A rejected campaign becomes a draft again. 412 if it was changed meanwhile, ' +
    '409 if it is no draft.',
  scope: 'campaign:write',
  audited: true,
  ifMatch: 'required',
  params,
  body: PlanChanges,
  response: Campaign,
  example: {
    params: { campaignId },
    body: { contactsMax: 200 },
    response: { ...DRAFT_EXAMPLE, revision: 2, plan: { ...PLAN_EXAMPLE, contactsMax: 200 } },
  },
});

const readArms = operation({
  method: 'GET',
  path: '/api/v1/campaigns/{campaignId}/arms',
  group: 'campaigns',
  summary: 'The groups of a campaign as they were assigned',
  scope: 'campaign:read',
  params,
  response: z.strictObject({ campaignId: Id, arms: z.array(AssignedArm) }),
  example: { params: { campaignId }, response: { campaignId, arms: CAMPAIGN_EXAMPLE.assignedArms } },
});

const OFFERS_CHECKED = '400 `campaign.planInvalid` where an offer is not in the catalogue: `errors` names its arm.';

/** An operation that moves a campaign on without deciding about it. */
function move(verb: string, summary: string, state: z.output<typeof Campaign>['state']) {
  return operation({
    method: 'POST',
    path: `/api/v1/campaigns/{campaignId}:${verb}`,
    group: 'campaigns',
    summary,
    description: `409 where its state does not allow that.${verb === 'submit' ? ` ${OFFERS_CHECKED}` : ''}`,
    scope: 'campaign:write',
    audited: true,
    idempotencyKey: 'required',
    params,
    response: Campaign,
    example: { params: { campaignId }, response: { ...CAMPAIGN_EXAMPLE, state } },
  });
}

function decision(verb: string, summary: string, state: z.output<typeof Campaign>['state']) {
  return operation({
    method: 'POST',
    path: `/api/v1/campaigns/{campaignId}:${verb}`,
    group: 'campaigns',
    summary,
    description:
      'The approver is neither author nor editor: 409 `campaign.approverIsAuthor` otherwise. With If-Match, 412 if it ' +
      `is no longer what was looked at.${verb === 'approve' ? ` ${OFFERS_CHECKED}` : ''}`,
    scope: 'campaign:approve',
    audited: true,
    ifMatch: 'optional',
    idempotencyKey: 'required',
    params,
    body: z.strictObject({ comment: z.string().max(500).default('').describe('Why; kept') }),
    response: Campaign,
    example: { params: { campaignId }, body: { comment: 'as discussed' }, response: { ...CAMPAIGN_EXAMPLE, state } },
  });
}

const submit = move('submit', 'Submit for approval', 'submitted');
const pause = move('pause', 'Give out no work for a while', 'paused');
const resume = move('resume', 'Go on', 'running');
const cancel = move('cancel', 'Call it off', 'cancelled');
const close = move('close', 'End it', 'closed');
const approve = decision('approve', 'Approve it: the groups are assigned, the queue opens', 'enrolling');
const reject = decision('reject', 'Reject it', 'rejected');

/** Decides about the present revision. */
const WHICHEVER = 0;

const noSuchRevision = failure('precondition', 'ifMatch.unknown', {
  en: 'If-Match does not match a revision of this campaign.',
  'zh-CN': 'If-Match 中的 ETag 与该活动不符。',
});

/** Campaigns from the plan to the end. */
@Controller()
export class CampaignsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(createCampaign)
  async create({ call, body }: HandlerInput<typeof createCampaign>) {
    const asked = this.services.campaigns.createCampaign(call, { plan: planMessage(body) });
    return campaignJson(await aboutBody(asked), call.caller.language);
  }

  @Operation(listCampaigns)
  async list({ call, query }: HandlerInput<typeof listCampaigns>) {
    const request = { ...query, state: query.state ?? '' };
    const { campaigns, nextPageToken } = await this.services.campaigns.listCampaigns(call, request);
    const listed = campaigns.map((each) => campaignJson(each, call.caller.language));
    return { campaigns: listed, nextPageToken: nextPageTokenJson(nextPageToken) };
  }

  @Operation(readCampaign)
  async read({ call, params: { campaignId: id }, request }: HandlerInput<typeof readCampaign>) {
    const campaign = await this.services.campaigns.getCampaign(call, { campaignId: id });
    const headers = { etag: etagOfRevision(campaign.revision), 'cache-control': 'private, no-cache' };
    if (matches(request.headers['if-none-match'], headers.etag)) return new Answer(undefined, { status: 304, headers });
    return new Answer(campaignJson(campaign, call.caller.language), { headers });
  }

  /** What is not named stays as it was at that revision; campaign refuses if there is a newer one by then. */
  @Operation(changeCampaign)
  async change({ call, params: { campaignId: id }, body, request }: HandlerInput<typeof changeCampaign>) {
    const ifMatch = request.headers['if-match'];
    if (ifMatch === undefined) throw ifMatchMissing();
    const present = await this.services.campaigns.getCampaign(call, { campaignId: id });
    const revision = revisionOfEtag(ifMatch, present.revision);
    if (revision === undefined) throw noSuchRevision();
    // JSON has no undefined: a part that is named has a value.
    const plan = planMessage({ ...planJson(present.plan!), ...body } as z.output<typeof Plan>);
    const asked = this.services.campaigns.updateCampaign(call, { campaignId: id, revision, plan });
    const changed = await aboutBody(asked);
    const headers = { etag: etagOfRevision(changed.revision) };
    return new Answer(campaignJson(changed, call.caller.language), { headers });
  }

  @Operation(readArms)
  async arms({ call, params: { campaignId: id } }: HandlerInput<typeof readArms>) {
    const { assignedArms } = await this.services.campaigns.getCampaign(call, { campaignId: id });
    return { campaignId: id, arms: assignedArms.map(assignedArmJson) };
  }

  @Operation(submit)
  submit(asked: HandlerInput<typeof submit>) {
    return this.move(asked, 'submit');
  }

  @Operation(pause)
  pause(asked: HandlerInput<typeof pause>) {
    return this.move(asked, 'pause');
  }

  @Operation(resume)
  resume(asked: HandlerInput<typeof resume>) {
    return this.move(asked, 'resume');
  }

  @Operation(cancel)
  cancel(asked: HandlerInput<typeof cancel>) {
    return this.move(asked, 'cancel');
  }

  @Operation(close)
  close(asked: HandlerInput<typeof close>) {
    return this.move(asked, 'close');
  }

  @Operation(approve)
  approve(asked: HandlerInput<typeof approve>) {
    return this.decide(asked, true);
  }

  @Operation(reject)
  reject(asked: HandlerInput<typeof reject>) {
    return this.decide(asked, false);
  }

  private async move({ call, params: { campaignId: id } }: HandlerInput<typeof submit>, step: string) {
    const moved = await this.services.campaigns.moveCampaign(call, { campaignId: id, move: step });
    return campaignJson(moved, call.caller.language);
  }

  private async decide(
    { call, params: { campaignId: id }, body, request }: HandlerInput<typeof approve>,
    approved: boolean,
  ) {
    const ifMatch = request.headers['if-match'];
    const revision = ifMatch === undefined ? WHICHEVER : revisionOfEtag(ifMatch, WHICHEVER);
    if (revision === undefined) throw noSuchRevision();
    const decided = await this.services.campaigns.decideCampaign(call, { campaignId: id, approved, revision, ...body });
    return campaignJson(decided, call.caller.language);
  }
}
