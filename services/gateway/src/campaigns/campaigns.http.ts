import { Campaign as CampaignMessage, ListCampaignsResponse } from '@holdfast/contracts/campaign/v1/plan';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { etagOfRevision, matches, revisionOfEtag } from '../operation/etag.js';
import { Answer, answers, operationsOf } from '../operation/operation.js';
import { Id, NextPageToken, page } from '../operation/wire.js';
import { ifMatchMissing } from '../problem/transport-failure.js';
import {
  CAMPAIGN_EXAMPLE,
  Campaign,
  AssignedArm,
  NewPlan,
  PLAN_EXAMPLE,
  Plan,
  PlanChanges,
  assignedArmJson,
  campaignJson,
  planJson,
  planMessage,
  withBodyPointers,
} from './campaign.js';

const operation = operationsOf('campaigns');
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

const noSuchRevision = failure('precondition', 'ifMatch.unknown', {
  en: 'If-Match does not match a revision of this campaign.',
  'zh-CN': 'If-Match 中的 ETag 与该活动不符。',
});

const createCampaign = operation('POST /api/v1/campaigns', {
  summary: 'Plan a campaign; it is a draft',
  description: 'N offers and a control group; all shares add up to 1.',
  scope: 'campaign:write',
  raises: [
    'campaign.planInvalid',
    'campaign.orgUnitUnknown',
    'campaign.unitNeeded',
    'campaign.noScores',
    'campaign.currencyDiffers',
  ],
  audited: true,
  idempotencyKey: 'optional',
  body: NewPlan,
  status: 201,
  ...answers(Campaign, CampaignMessage),
  handle: ({ call, body, services }) =>
    withBodyPointers(services.campaigns.createCampaign(call, { plan: planMessage(body) })),
  example: { body: PLAN_EXAMPLE, response: DRAFT_EXAMPLE },
});

const listCampaigns = operation('GET /api/v1/campaigns', {
  summary: 'Campaigns, newest first',
  scope: 'campaign:read',
  query: z.strictObject({ state: Campaign.shape.state.optional().describe('Default: all'), ...page(200) }),
  ...answers(z.strictObject({ campaigns: z.array(Campaign), nextPageToken: NextPageToken }), ListCampaignsResponse),
  handle: ({ call, query, services }) => services.campaigns.listCampaigns(call, { ...query, state: query.state ?? '' }),
  example: { query: { state: 'running' }, response: { campaigns: [CAMPAIGN_EXAMPLE], nextPageToken: null } },
});

const readCampaign = operation('GET /api/v1/campaigns/{campaignId}', {
  summary: 'A campaign with its groups and its history',
  description: 'Has an ETag; with If-None-Match it answers 304.',
  scope: 'campaign:read',
  raises: ['campaign.unknown'],
  params,
  response: Campaign,
  etag: true,
  async handle({ call, params, request, services }) {
    const campaign = await services.campaigns.getCampaign(call, params);
    const headers = { etag: etagOfRevision(campaign.revision), 'cache-control': 'private, no-cache' };
    if (matches(request.headers['if-none-match'], headers.etag)) return new Answer(undefined, { status: 304, headers });
    return new Answer(campaignJson(campaign, call.caller.language), { headers });
  },
  example: { params: { campaignId }, response: CAMPAIGN_EXAMPLE },
});

const changeCampaign = operation('PATCH /api/v1/campaigns/{campaignId}', {
  summary: 'Change the plan of a draft',
  description:
    'Only the given fields change. A rejected campaign becomes a draft again. 412 if it was changed meanwhile, ' +
    '409 if it is no draft.',
  scope: 'campaign:write',
  raises: [
    'campaign.unknown',
    'campaign.invalidTransition',
    'campaign.revision',
    'ifMatch.unknown',
    'campaign.planInvalid',
    'campaign.orgUnitUnknown',
    'campaign.noScores',
    'campaign.currencyDiffers',
  ],
  audited: true,
  ifMatch: 'required',
  params,
  body: PlanChanges,
  response: Campaign,
  /** Fields that are not given keep their values of that revision; campaign refuses if there is a newer one by then. */
  async handle({ call, params, body, request, services: { campaigns } }) {
    const ifMatch = request.headers['if-match'];
    if (ifMatch === undefined) throw ifMatchMissing();
    const present = await campaigns.getCampaign(call, params);
    const revision = revisionOfEtag(ifMatch, present.revision);
    if (revision === undefined) throw noSuchRevision();
    // JSON has no undefined: a part that is named has a value.
    const plan = planMessage({ ...planJson(present.plan!, call.caller.language), ...body } as z.output<typeof Plan>);
    const changed = await withBodyPointers(campaigns.updateCampaign(call, { ...params, revision, plan }));
    const headers = { etag: etagOfRevision(changed.revision) };
    return new Answer(campaignJson(changed, call.caller.language), { headers });
  },
  example: {
    params: { campaignId },
    body: { contactsMax: 200 },
    response: { ...DRAFT_EXAMPLE, revision: 2, plan: { ...PLAN_EXAMPLE, contactsMax: 200 } },
  },
});

const readArms = operation('GET /api/v1/campaigns/{campaignId}/arms', {
  summary: 'The groups of a campaign as they were assigned',
  scope: 'campaign:read',
  raises: ['campaign.unknown'],
  params,
  response: z.strictObject({ campaignId: Id, arms: z.array(AssignedArm) }),
  async handle({ call, params, services }) {
    const { assignedArms } = await services.campaigns.getCampaign(call, params);
    return { ...params, arms: assignedArms.map((arm) => assignedArmJson(arm, call.caller.language)) };
  },
  example: { params: { campaignId }, response: { campaignId, arms: CAMPAIGN_EXAMPLE.assignedArms } },
});

const OFFERS_CHECKED = '400 `campaign.planInvalid` where an offer is not in the catalogue: `errors` names its arm.';

type State = z.output<typeof Campaign>['state'];

/** Changes the state of a campaign without a decision. */
function move(verb: string, summary: string, state: State) {
  return operation(`POST /api/v1/campaigns/{campaignId}:${verb}`, {
    summary,
    description: `409 where its state does not allow that.${verb === 'submit' ? ` ${OFFERS_CHECKED}` : ''}`,
    scope: 'campaign:write',
    audited: true,
    idempotencyKey: 'required',
    raises: ['campaign.unknown', 'campaign.invalidTransition', 'campaign.planInvalid', 'campaign.noScores'],
    params,
    ...answers(Campaign, CampaignMessage),
    handle: ({ call, params, services }) => services.campaigns.moveCampaign(call, { ...params, move: verb }),
    example: { params: { campaignId }, response: { ...CAMPAIGN_EXAMPLE, state } },
  });
}

/** Revision of a decision about whatever revision is the present one. */
const PRESENT_REVISION = 0;

function decision(verb: 'approve' | 'reject', summary: string, state: State) {
  return operation(`POST /api/v1/campaigns/{campaignId}:${verb}`, {
    summary,
    description:
      'The approver is neither author nor editor: 409 `campaign.approverIsAuthor` otherwise. With If-Match, 412 if it ' +
      `is no longer what was looked at.${verb === 'approve' ? ` ${OFFERS_CHECKED}` : ''}`,
    scope: 'campaign:approve',
    raises: [
      'campaign.unknown',
      'campaign.invalidTransition',
      'campaign.approverIsAuthor',
      'campaign.revision',
      'campaign.planInvalid',
      'campaign.noScores',
      'ifMatch.unknown',
    ],
    audited: true,
    ifMatch: 'optional',
    idempotencyKey: 'required',
    params,
    body: z.strictObject({ comment: z.string().max(500).default('').describe('Why; kept') }),
    ...answers(Campaign, CampaignMessage),
    async handle({ call, params, body, request, services }) {
      const revision = revisionOfEtag(request.headers['if-match'] ?? '*', PRESENT_REVISION);
      if (revision === undefined) throw noSuchRevision();
      const decided = { ...params, ...body, approved: verb === 'approve', revision };
      return services.campaigns.decideCampaign(call, decided);
    },
    example: { params: { campaignId }, body: { comment: 'as discussed' }, response: { ...CAMPAIGN_EXAMPLE, state } },
  });
}

/** Campaigns from the plan to the end. */
export const campaignOperations = [
  createCampaign,
  listCampaigns,
  readCampaign,
  changeCampaign,
  readArms,
  move('submit', 'Submit for approval', 'submitted'),
  move('pause', 'Give out no work for a while', 'paused'),
  move('resume', 'Go on', 'running'),
  move('cancel', 'Call it off', 'cancelled'),
  move('close', 'End it', 'closed'),
  decision('approve', 'Approve it: the groups are assigned, the queue opens', 'enrolling'),
  decision('reject', 'Reject it', 'rejected'),
];
