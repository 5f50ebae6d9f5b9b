import { ListShadowsResponse, Shadow as ShadowMessage } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Id, Instant, ModelKind, Month, Probability, TableName } from '../operation/wire.js';
import { Comparison, Estimate, MODEL_EXAMPLE } from './models.http.js';

const operation = operationsOf('churn');

const Figures = z
  .strictObject({
    rows: Count.describe('That both scored'),
    meanProbability: Probability,
    championMeanProbability: Probability,
    rankCorrelation: z.number().nullable().describe("Spearman's; null where one of the models has no order"),
    contacts: Count.describe('Length of a list: what the team can contact in a month'),
    overlap: Probability.describe('Share of the two lists of that length that is in both'),
    stabilityIndex: z
      .number()
      .describe("Population stability index of the shadow's scores in tenths of the champion's"),
    atRisk: Count.describe('By the shadow, without those that leave involuntarily by the run'),
    championAtRisk: Count,
    entering: Count.describe('At risk by the shadow only'),
    leaving: Count.describe('At risk by the champion only'),
  })
  .meta({ id: 'ShadowFigures' });

const Outcome = z
  .strictObject({
    comparison: Comparison.nullable().describe('On the same rows; serves as the paired figure of a promotion'),
    precision: Estimate.nullable().describe('Of the shadow at the capacity of the team'),
    championPrecision: Estimate.nullable(),
    tableVersion: z.string().describe('That has the labels'),
    sampleShare: Probability.describe("Share of the run's subscriptions that was read"),
  })
  .meta({ id: 'ShadowOutcome' });

export const Shadow = z
  .strictObject({
    shadowId: Id,
    modelId: Id,
    kind: ModelKind,
    table: TableName,
    reason: z.string().nullable(),
    startedBy: z.string().describe('Client, with the person if it names one'),
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable().describe('Null while the model is in shadow'),
    endedHow: z
      .enum(['stopped', 'promotion', 'withdrawal'])
      .nullable()
      .describe('promotion: the model became champion; withdrawal: of the version that it was trained on'),
    endedBy: z.string().nullable(),
    runs: z
      .array(
        z.strictObject({
          runId: Id,
          month: Month.nullable(),
          tableVersion: z.string(),
          championId: Id,
          publishedAt: Instant.nullable(),
          figures: Figures.nullable().describe('Null until they are computed'),
          outcome: Outcome.nullable().describe('Null until the labels of the month are known'),
        }),
      )
      .describe('Newest first'),
  })
  .meta({ id: 'Shadow' });

export const SHADOW_EXAMPLE: z.output<typeof Shadow> = {
  ...{
    shadowId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c77',
    modelId: MODEL_EXAMPLE.modelId,
    kind: 'status',
    table: 'demo',
  },
  ...{ reason: 'an imported model', startedBy: 'console/anna', startedAt: '2026-09-04T08:00:00.000Z' },
  ...{ endedAt: null, endedHow: null, endedBy: null },
  runs: [
    {
      ...{ runId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c50', month: '2026-09', tableVersion: '7f0c', publishedAt: null },
      championId: MODEL_EXAMPLE.verdict!.comparison!.championId,
      figures: {
        ...{
          rows: 5000,
          meanProbability: 0.0171,
          championMeanProbability: 0.0165,
          rankCorrelation: 0.93,
          contacts: 100,
        },
        ...{ overlap: 0.71, stabilityIndex: 0.02, atRisk: 340, championAtRisk: 355, entering: 61, leaving: 76 },
      },
      outcome: {
        comparison: MODEL_EXAMPLE.verdict!.comparison,
        precision: { mean: 0.09, low: 0.05, high: 0.13 },
        championPrecision: { mean: 0.08, low: 0.05, high: 0.12 },
        ...{ tableVersion: '9a41', sampleShare: 1 },
      },
    },
  ],
};

const params = z.strictObject({ modelId: Id });

const startShadow = operation('POST /api/v1/models/{modelId}/shadow', {
  summary: 'Put a model in shadow of the champion: it scores the same rows, without being used',
  description:
    'From the next run of its kind and table on, in the same job (`POST /scores` scores a month again). Its probabilities ' +
    'are in no list, campaign, script or event. One model of a kind and table at a time; it ends with DELETE, or when the ' +
    'model becomes champion.',
  scope: 'model:promote',
  raises: [
    ...(['model.unknown', 'model.damaged', 'model.otherVersion', 'model.versionWithdrawn'] as const),
    ...(['shadow.isChampion', 'shadow.open', 'model.reasonTooLong'] as const),
  ],
  audited: true,
  idempotencyKey: 'optional',
  params,
  body: z.strictObject({ reason: z.string().max(500).default('').describe('Why; kept') }),
  ...answers(Shadow, ShadowMessage),
  handle: ({ call, params: { modelId }, body, services }) => services.shadows.startShadow(call, { modelId, ...body }),
  example: {
    params: { modelId: MODEL_EXAMPLE.modelId },
    body: { reason: 'an imported model' },
    response: { ...SHADOW_EXAMPLE, runs: [] },
  },
});

const stopShadow = operation('DELETE /api/v1/models/{modelId}/shadow', {
  summary: 'End the shadow of a model; its figures stay',
  scope: 'model:promote',
  raises: ['model.unknown', 'shadow.none'],
  audited: true,
  params,
  ...answers(Shadow, ShadowMessage),
  handle: ({ call, params: of, services }) => services.shadows.stopShadow(call, of),
  example: {
    params: { modelId: MODEL_EXAMPLE.modelId },
    response: {
      ...{ ...SHADOW_EXAMPLE, endedAt: '2026-12-04T08:00:00.000Z', endedHow: 'stopped', endedBy: 'console/anna' },
    },
  },
});

const listShadows = operation('GET /api/v1/models/{modelId}/shadow', {
  summary: 'When a model was in shadow, how its scores differed from those of the champion, and what both were worth',
  description: 'Over all rows of the operator. What a model was worth is known once the labels of the month are.',
  scope: 'model:read',
  raises: ['model.unknown'],
  params,
  ...answers(z.strictObject({ shadows: z.array(Shadow).describe('Newest first') }), ListShadowsResponse),
  handle: ({ call, params: of, services }) => services.shadows.listShadows(call, of),
  example: { params: { modelId: MODEL_EXAMPLE.modelId }, response: { shadows: [SHADOW_EXAMPLE] } },
});

/** Models in shadow of a champion. */
export const shadowOperations = [startShadow, stopShadow, listShadows];
