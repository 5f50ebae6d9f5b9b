import { ListChampionsResponse } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  ListPromotionsResponse,
  Promotion as PromotionMessage,
  RollBackModelResponse,
} from '@holdfast/contracts/churn_scoring/v1/promotion';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Id, Instant, ModelKind, NextPageToken, TableName, dateOf, page } from '../operation/wire.js';
import { Comparison, MODEL_EXAMPLE, Model, Verdict } from './models.http.js';

const operation = operationsOf('churn');

const TABLE_QUERY = TableName.or(z.literal('')).default('').describe('Only of this table');
const reason = z.string().max(500);

export const Promotion = z
  .strictObject({
    promotionId: Id,
    modelId: Id,
    kind: ModelKind,
    table: TableName,
    state: z.enum(['requested', 'approved', 'rejected', 'cancelled']),
    championId: Id.nullable().describe('Champion at the request'),
    verdict: Verdict.nullable().describe('Whether the promotion rule accepts the model against that champion, and why'),
    reason: z.string().nullable(),
    overrideReason: z.string().nullable().describe('Why it is to score although the rule does not accept it'),
    requestedBy: z.string().describe('Client, with the person if it names one'),
    requestedAt: Instant.nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    comment: z.string().nullable().describe('Of the decision'),
  })
  .meta({ id: 'Promotion' });

export const Championship = z
  .strictObject({
    modelId: Id,
    kind: ModelKind,
    table: TableName,
    from: Instant.nullable(),
    to: Instant.nullable().describe('Exclusive; null for the present champion'),
    by: z.string().describe('Who requested it, or caused it'),
    reason: z.string(),
    how: z
      .enum(['rule', 'approval', 'rollback', 'withdrawal'])
      .nullable()
      .describe(
        'rule: by itself; approval: by hand; withdrawal: of the version of its successor; null for former releases',
      ),
    approvedBy: z.string().nullable(),
    overrideReason: z.string().nullable().describe('Why it scores although the rule did not accept it'),
    promotionId: Id.nullable().describe('The request that was approved'),
    comparison: Comparison.nullable().describe('With the champion before, on the same rows'),
  })
  .meta({ id: 'Championship' });

const PROMOTION_EXAMPLE: z.output<typeof Promotion> = {
  promotionId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c90',
  modelId: MODEL_EXAMPLE.modelId,
  kind: 'status',
  table: 'demo',
  state: 'requested',
  championId: MODEL_EXAMPLE.verdict!.comparison!.championId,
  verdict: MODEL_EXAMPLE.verdict,
  reason: 'better in the last month',
  overrideReason: null,
  requestedBy: 'console/anna',
  requestedAt: '2026-11-04T08:00:00.000Z',
  decidedBy: null,
  decidedAt: null,
  comment: null,
};

const DECIDED_EXAMPLE: z.output<typeof Promotion> = {
  ...PROMOTION_EXAMPLE,
  state: 'approved',
  decidedBy: 'console/bo',
  decidedAt: '2026-11-04T08:10:00.000Z',
  comment: 'as discussed',
};

export const CHAMPIONSHIP_EXAMPLE: z.output<typeof Championship> = {
  modelId: MODEL_EXAMPLE.modelId,
  kind: 'status',
  table: 'demo',
  from: '2026-11-04T08:10:00.000Z',
  to: null,
  by: 'console/anna',
  reason: 'better in the last month',
  how: 'approval',
  approvedBy: 'console/bo',
  overrideReason: null,
  promotionId: PROMOTION_EXAMPLE.promotionId,
  comparison: MODEL_EXAMPLE.verdict!.comparison,
};

const modelOfOtherKind = failure('unprocessable', 'model.otherKind', {
  en: 'This model is of the kind {kind}.',
  'zh-CN': '该模型的类型为 {kind}。',
});

const NOT_FIT = ['model.unknown', 'model.damaged', 'model.versionWithdrawn'] as const;

const requestPromotion = operation('PUT /api/v1/models/{kind}/champion', {
  summary: 'Request that a model becomes the one that scores its table',
  description:
    'Another person approves it: `POST /promotions/{promotionId}:approve`. Without a paired figure that the promotion rule ' +
    'accepts, `overrideReason` is needed: 409 `promotionRequest.notBetter` otherwise.',
  scope: 'model:promote',
  raises: [
    ...NOT_FIT,
    ...(['model.otherKind', 'promotionRequest.notBetter', 'promotionRequest.isChampion'] as const),
    'promotionRequest.open',
  ],
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  params: z.strictObject({ kind: ModelKind }),
  body: z.strictObject({
    modelId: Id,
    reason: reason.default('').describe('Why; kept'),
    overrideReason: reason.default('').describe('Why it is to score although the rule does not accept it; kept'),
  }),
  ...answers(Promotion, PromotionMessage),
  async handle({ call, params, body, services }) {
    const { kind } = await services.models.getModel(call, body);
    if (kind !== params.kind) throw modelOfOtherKind({ kind });
    return services.promotions.requestPromotion(call, body);
  },
  example: {
    params: { kind: 'status' },
    body: { modelId: MODEL_EXAMPLE.modelId, reason: 'better in the last month' },
    response: PROMOTION_EXAMPLE,
  },
});

const listPromotions = operation('GET /api/v1/promotions', {
  summary: 'Requests to promote a model, newest first',
  scope: 'model:read',
  query: z.strictObject({
    table: TABLE_QUERY,
    state: Promotion.shape.state.optional().describe('Default: all'),
    ...page(200),
  }),
  ...answers(z.strictObject({ promotions: z.array(Promotion), nextPageToken: NextPageToken }), ListPromotionsResponse),
  handle: ({ call, query, services }) =>
    services.promotions.listPromotions(call, { ...query, state: query.state ?? '' }),
  example: { query: { state: 'requested' }, response: { promotions: [PROMOTION_EXAMPLE], nextPageToken: null } },
});

const params = z.strictObject({ promotionId: Id });

const readPromotion = operation('GET /api/v1/promotions/{promotionId}', {
  summary: 'One request to promote a model',
  scope: 'model:read',
  raises: ['promotionRequest.unknown'],
  params,
  ...answers(Promotion, PromotionMessage),
  handle: ({ call, params, services }) => services.promotions.getPromotion(call, params),
  example: { params: { promotionId: PROMOTION_EXAMPLE.promotionId }, response: PROMOTION_EXAMPLE },
});

function decision(
  verb: 'approve' | 'reject' | 'cancel',
  state: z.output<typeof Promotion>['state'],
  { summary, scope }: { summary: string; scope: string },
) {
  const isCancelled = verb === 'cancel';
  return operation(`POST /api/v1/promotions/{promotionId}:${verb}`, {
    summary,
    description: isCancelled
      ? '409 where it is decided already.'
      : 'By another person than the one who requested it: 409 `promotionRequest.approverIsRequester` otherwise.',
    scope,
    raises: [
      ...(['promotionRequest.unknown', 'promotionRequest.closed'] as const),
      ...(isCancelled ? [] : (['promotionRequest.approverIsRequester'] as const)),
      ...(verb === 'approve' ? (['promotionRequest.championChanged', ...NOT_FIT] as const) : []),
    ],
    audited: true,
    idempotencyKey: 'required',
    params,
    body: z.strictObject({ comment: reason.default('').describe('Why; kept') }),
    ...answers(Promotion, PromotionMessage),
    handle: ({ call, params, body, services }) =>
      services.promotions.decidePromotion(call, { ...params, ...body, decision: verb }),
    example: {
      params: { promotionId: PROMOTION_EXAMPLE.promotionId },
      body: { comment: 'as discussed' },
      response: { ...DECIDED_EXAMPLE, state },
    },
  });
}

const rollBackModel = operation('POST /api/v1/models/{modelId}:rollback', {
  summary: 'Replace a champion by the one before it, at once',
  description:
    'By one person: the model before has scored already. 409 where the model is not champion any more, so that two people ' +
    'do not go back twice. A second roll-back goes further back.',
  scope: 'model:promote',
  raises: ['model.unknown', 'model.damaged', 'rollback.notChampion', 'rollback.nothingBefore'],
  audited: true,
  idempotencyKey: 'required',
  params: z.strictObject({ modelId: Id }),
  body: z.strictObject({ reason: reason.min(1).describe('Why; kept') }),
  ...answers(
    z.strictObject({
      model: Model.nullable().describe('The one that scores now'),
      championship: Championship.nullable(),
    }),
    RollBackModelResponse,
  ),
  handle: ({ call, params, body, services }) => services.promotions.rollBackModel(call, { ...params, ...body }),
  example: {
    params: { modelId: MODEL_EXAMPLE.verdict!.comparison!.championId },
    body: { reason: 'probabilities of 0 in a whole city' },
    response: {
      model: MODEL_EXAMPLE,
      championship: { ...CHAMPIONSHIP_EXAMPLE, how: 'rollback', approvedBy: null, promotionId: null, comparison: null },
    },
  },
});

const listChampions = operation('GET /api/v1/models/{kind}/champion/history', {
  summary: 'Which model was live when, who decided it, why, and on what figure; newest first',
  scope: 'model:read',
  params: z.strictObject({ kind: ModelKind }),
  query: z.strictObject({ table: TABLE_QUERY, at: Instant.optional().describe('Only those live at this time') }),
  ...answers(z.strictObject({ championships: z.array(Championship) }), ListChampionsResponse),
  handle: ({ call, params, query: { table, at }, services }) =>
    services.models.listChampions(call, { ...params, table, at: dateOf(at) }),
  example: {
    params: { kind: 'status' },
    query: { table: 'demo', at: '2026-11-05T00:00:00+08:00' },
    response: { championships: [CHAMPIONSHIP_EXAMPLE] },
  },
});

/** Promotion by hand, roll-back, and who was champion when. */
export const promotionOperations = [
  requestPromotion,
  listPromotions,
  readPromotion,
  decision('approve', 'approved', { summary: 'Approve it: the model scores from now on', scope: 'model:approve' }),
  decision('reject', 'rejected', { summary: 'Reject it', scope: 'model:approve' }),
  decision('cancel', 'cancelled', { summary: 'Take the request back', scope: 'model:promote' }),
  rollBackModel,
  listChampions,
];
