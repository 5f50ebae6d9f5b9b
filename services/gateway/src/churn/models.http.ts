import { Controller } from '@nestjs/common';
import type {
  Estimate as EstimateMessage,
  LastMonth as LastMonthMessage,
  Model as ModelMessage,
  ModelNotice,
} from '@holdfast/contracts/churn_scoring/v1/model';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import {
  Count,
  Id,
  Instant,
  Month,
  NextPageToken,
  Probability,
  TableName,
  instantJson,
  nextPageTokenJson,
  page,
  wordOf,
} from '../operation/wire.js';

const Estimate = z
  .strictObject({ mean: z.number(), low: z.number().nullable(), high: z.number().nullable() })
  .describe('With its 95 % interval')
  .meta({ id: 'Estimate' });
/** Null, never 0, where it could not be worked out. */
const Measured = Estimate.nullable();
const Figure = z.number().nullable();

const LastMonth = z.strictObject({
  month: Month,
  rows: Count,
  positives: Count.describe('Churned rows'),
  realised: Probability.nullable().describe('Share that left'),
  meanPrediction: Probability.nullable().describe('What had been predicted of them, on average'),
  auc: Measured,
  isForward: z.boolean().describe('Whether the model was trained on earlier months only'),
});

const Model = z
  .strictObject({
    modelId: Id,
    kind: z.string(),
    name: z.string(),
    table: TableName,
    tableVersion: z.string(),
    trainingHash: z.string(),
    method: z.string(),
    validation: z
      .strictObject({
        scheme: z.string(),
        rows: Count,
        positives: Count,
        rate: Probability.nullable().describe(
          'Churn share that the figures refer to; a given natural prevalence, to which rows are weighted',
        ),
        meanPrediction: Probability.nullable(),
        auc: Measured.describe('Forward in time: that of each judged month, weighted by its churners'),
        averagePrecision: Measured,
        lift10: Measured,
        brier: Measured,
        calibrationError: Measured,
        calibrationErrorIdeal: z.strictObject({ mean: Figure, p95: Figure }),
        calibrationSlope: Figure,
        logLoss: Figure,
        bins: z.array(z.strictObject({ predicted: z.number(), observed: z.number(), rows: Count })),
        trainingMonths: z.array(Month).describe('Forward in time: months learnt from; else empty'),
        judgedMonths: z.array(Month).describe('Forward in time: months judged; else empty'),
        lostInGap: Count.describe('Forward in time: churned inside the gap, too early for any contact'),
        recall10: Probability.nullable().describe(
          'Forward in time: share of all churners, those inside the gap included, in the tenth with the highest probability',
        ),
        lastMonth: LastMonth.nullable().describe('Of a table with months: the last one whose labels are known'),
      })
      .nullable()
      .describe('Measured on rows that the model had not seen; null is a figure that could not be worked out'),
    importance: z.array(z.strictObject({ column: z.string(), meanAbsoluteContribution: z.number() })),
    excluded: z.array(z.strictObject({ column: z.string(), reason: z.string() })),
    seed: Count,
    trainedAt: Instant.nullable(),
    champion: z.boolean(),
    prevalence: Probability.describe('Churn share to which the probabilities are calibrated'),
    notices: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  })
  .meta({ id: 'Model' });

const estimate = { mean: 0.846, low: 0.838, high: 0.854 };
const MODEL_EXAMPLE: z.output<typeof Model> = {
  modelId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c44',
  kind: 'status',
  name: 'demo-01936a41',
  table: 'demo',
  tableVersion: '4be1f0c2d9a80317',
  trainingHash: 'sha256:77aa…',
  method: 'boosting+logistic',
  validation: {
    scheme: 'repeated 5-fold',
    rows: 2994,
    positives: 701,
    rate: 0.234,
    meanPrediction: 0.236,
    auc: estimate,
    averagePrecision: { mean: 0.66, low: 0.64, high: 0.68 },
    lift10: { mean: 3.1, low: 2.9, high: 3.3 },
    brier: { mean: 0.134, low: 0.13, high: 0.138 },
    calibrationError: { mean: 0.012, low: 0.008, high: 0.017 },
    calibrationErrorIdeal: { mean: 0.011, p95: 0.018 },
    calibrationSlope: 1.02,
    logLoss: 0.41,
    bins: [{ predicted: 0.02, observed: 0.018, rows: 300 }],
    trainingMonths: [],
    judgedMonths: [],
    lostInGap: 0,
    recall10: null,
    lastMonth: null,
  },
  importance: [{ column: 'tenure_months', meanAbsoluteContribution: 0.61 }],
  excluded: [{ column: 'country', reason: 'constant' }],
  seed: 1,
  trainedAt: '2026-11-03T02:00:50.000Z',
  champion: true,
  prevalence: 0.234,
  notices: [],
};

const Championship = z.strictObject({
  modelId: Id,
  kind: z.string(),
  table: TableName,
  from: Instant,
  to: Instant.nullable(),
  by: z.string(),
  reason: z.string(),
});

const Kind = z.enum(['status']);

const trainModel = operation({
  method: 'POST',
  path: '/api/v1/models',
  group: 'churn',
  summary: 'Train and validate a model on a table with a label',
  description:
    'The first model of a table becomes its champion. Another request with the same input returns the first job.',
  scope: 'model:train',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  body: z.strictObject({
    kind: Kind.default('status'),
    table: TableName,
    version: z.string().max(64).default('').describe('Empty for the newest'),
    seed: z.number().int().min(0).max(4_294_967_295).default(0).describe('0 for the default'),
    naturalPrevalence: z.number().gt(0).lt(1).optional().describe('Natural churn share, if the table is enriched'),
    repeats: z.number().int().min(0).max(100).default(0).describe('How often the folds are redrawn; 0 for the default'),
  }),
  response: Job,
  example: {
    body: { table: 'demo' },
    response: {
      ...JOB_EXAMPLE,
      jobId: 'churn-scoring.01936a41-2d10-7a01-9b11-4d3a2f5b8c45',
      kind: 'train-model',
      phase: 'training',
    },
  },
});

const listModels = operation({
  method: 'GET',
  path: '/api/v1/models',
  group: 'churn',
  summary: 'Models, newest first',
  scope: 'model:read',
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Only of this table'),
    ...page(200),
  }),
  response: z.strictObject({ models: z.array(Model), nextPageToken: NextPageToken }),
  example: { query: { table: 'demo' }, response: { models: [MODEL_EXAMPLE], nextPageToken: null } },
});

const readModel = operation({
  method: 'GET',
  path: '/api/v1/models/{modelId}',
  group: 'churn',
  summary: 'One model with everything that was measured',
  scope: 'model:read',
  params: z.strictObject({ modelId: Id }),
  response: Model,
  example: { params: { modelId: MODEL_EXAMPLE.modelId }, response: MODEL_EXAMPLE },
});

const promoteModel = operation({
  method: 'PUT',
  path: '/api/v1/models/{kind}/champion',
  group: 'churn',
  summary: 'Make a model the one that scores its table',
  scope: 'model:promote',
  audited: true,
  params: z.strictObject({ kind: Kind }),
  body: z.strictObject({ modelId: Id, reason: z.string().max(500).default('').describe('Why; kept') }),
  response: Model,
  example: {
    params: { kind: 'status' },
    body: { modelId: MODEL_EXAMPLE.modelId, reason: 'better calibrated' },
    response: MODEL_EXAMPLE,
  },
});

const listChampions = operation({
  method: 'GET',
  path: '/api/v1/models/{kind}/champion/history',
  group: 'churn',
  summary: 'Which model was live when, newest first',
  scope: 'model:read',
  params: z.strictObject({ kind: Kind }),
  query: z.strictObject({ table: TableName.or(z.literal('')).default('').describe('Only of this table') }),
  response: z.strictObject({ championships: z.array(Championship) }),
  example: {
    params: { kind: 'status' },
    response: {
      championships: [
        {
          modelId: MODEL_EXAMPLE.modelId,
          kind: 'status',
          table: 'demo',
          from: '2026-11-03T02:00:50.000Z',
          to: null,
          by: 'console',
          reason: 'first model of its table',
        },
      ],
    },
  },
});

const modelOfOtherKind = failure('unprocessable', 'model.otherKind', {
  en: 'This model is of the kind {kind}.',
  'zh-CN': '该模型的类型为 {kind}。',
});

/** Models with their history. */
@Controller()
export class ModelsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(trainModel)
  async train({ call, body }: HandlerInput<typeof trainModel>) {
    const job = await this.services.models.trainModel(call, { ...body, naturalPrevalence: body.naturalPrevalence });
    return jobJson(job, call.caller.language);
  }

  @Operation(listModels)
  async list({ call, query }: HandlerInput<typeof listModels>) {
    const { models, nextPageToken } = await this.services.models.listModels(call, query);
    return {
      models: models.map((model) => modelJson(model, call.caller.language)),
      nextPageToken: nextPageTokenJson(nextPageToken),
    };
  }

  @Operation(readModel)
  async read({ call, params }: HandlerInput<typeof readModel>) {
    return modelJson(await this.services.models.getModel(call, params), call.caller.language);
  }

  @Operation(promoteModel)
  async promote({ call, params, body }: HandlerInput<typeof promoteModel>) {
    const { kind } = await this.services.models.getModel(call, body);
    if (kind !== params.kind) throw modelOfOtherKind({ kind });
    return modelJson(await this.services.models.promoteModel(call, body), call.caller.language);
  }

  @Operation(listChampions)
  async champions({ call, params, query }: HandlerInput<typeof listChampions>) {
    const { championships } = await this.services.models.listChampions(call, { ...params, ...query });
    return {
      championships: championships.map(({ from, to, ...rest }) => ({
        ...rest,
        from: instantJson(from!),
        to: instantJson(to),
      })),
    };
  }
}

function modelJson(model: ModelMessage, language: string): z.output<typeof Model> {
  return {
    modelId: model.modelId,
    kind: model.kind,
    name: model.name,
    table: model.table,
    tableVersion: model.tableVersion,
    trainingHash: model.trainingHash,
    method: model.method,
    validation: validationJson(model.validation),
    importance: model.importance,
    excluded: model.excluded.map(({ column, reason }) => ({ column, reason: wordOf(reason, '') })),
    seed: model.seed,
    trainedAt: instantJson(model.trainedAt),
    champion: model.champion,
    prevalence: model.prevalence,
    notices: model.notices.map((notice) => noticeJson(notice, language)),
  };
}

/** What a reader of a model's or a run's figures must know. */
export function noticeJson(
  { key, textEn, textZhCn }: ModelNotice,
  language: string,
): { code: string; message: string } {
  return { code: key, message: language === 'en' ? textEn : textZhCn };
}

function validationJson(validation: ModelMessage['validation']): z.output<typeof Model>['validation'] {
  if (validation === undefined) return null;
  return {
    scheme: validation.scheme,
    rows: validation.rows,
    positives: validation.positives,
    rate: validation.rate ?? null,
    meanPrediction: validation.meanPrediction ?? null,
    auc: estimateJson(validation.auc),
    averagePrecision: estimateJson(validation.averagePrecision),
    lift10: estimateJson(validation.lift10),
    brier: estimateJson(validation.brier),
    calibrationError: estimateJson(validation.calibrationError),
    calibrationErrorIdeal: {
      mean: validation.calibrationErrorIdealMean ?? null,
      p95: validation.calibrationErrorIdealP95 ?? null,
    },
    calibrationSlope: validation.calibrationSlope ?? null,
    logLoss: validation.logLoss ?? null,
    bins: validation.bins,
    trainingMonths: validation.trainingMonths,
    judgedMonths: validation.judgedMonths,
    lostInGap: validation.lostInGap,
    recall10: validation.recall10 ?? null,
    lastMonth: lastMonthJson(validation.lastMonth),
  };
}

function lastMonthJson(message: LastMonthMessage | undefined): z.output<typeof LastMonth> | null {
  if (message === undefined) return null;
  const { realised, meanPrediction, auc, ...rest } = message;
  return { ...rest, realised: realised ?? null, meanPrediction: meanPrediction ?? null, auc: estimateJson(auc) };
}

function estimateJson(message: EstimateMessage | undefined): z.output<typeof Measured> {
  return message === undefined ? null : { mean: message.mean, low: message.low ?? null, high: message.high ?? null };
}
