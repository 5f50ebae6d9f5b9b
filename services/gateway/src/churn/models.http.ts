import {
  ListModelsResponse,
  Model as ModelMessage,
  type Baseline,
  type ExcludedColumn,
} from '@holdfast/contracts/churn_scoring/v1/model';
import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { sources } from '../operation/answer.js';
import { Notice } from '../operation/notice.js';
import { answers, operationsOf } from '../operation/operation.js';
import {
  AnyCause,
  Count,
  Id,
  Instant,
  ModelKind,
  Month,
  NextPageToken,
  Probability,
  TableName,
  page,
  wordOf,
} from '../operation/wire.js';

const operation = operationsOf('churn');

export const Estimate = z
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
  precisionAtCapacity: Measured,
  isForward: z.boolean().describe('Whether the model was trained on earlier months only'),
});

/** Why there are no figures. */
function missingReason(message: { reasonEn: string; reasonZhCn: string }, language: Language): string | null {
  const { reasonEn, reasonZhCn } = message;
  return (language === 'en' ? reasonEn : reasonZhCn) || null;
}

const CauseValidation = z.strictObject({
  churners: Count.describe('Of the judged months'),
  coded: Count.describe('With a code that names a cause'),
  codedSeven: Count.describe('With a code of one of the seven reasons'),
  amongFirstThree: Probability.nullable().describe('Of those with such a code: it is among the three most probable'),
  constantThree: Probability.nullable().describe('The same for the best three for all churners, chosen with hindsight'),
  first: Probability.nullable().describe('The most probable is the coded one'),
  logLoss: Figure.describe('Of the coded'),
  logLossShares: Figure.describe("The same of the operator's shares for all churners"),
  withoutClearReason: Probability.nullable().describe('Churners without a named reason'),
  namedPredicted: Probability.nullable().describe('Mean probability that first named reasons were shown with'),
  namedObserved: Probability.nullable().describe('Share of them that had it'),
  namedStandardError: z.number().nullable().describe('Standard error of that share'),
  calibration: z.array(
    z.strictObject({
      causes: z.array(AnyCause).describe('Several where one code stands for them'),
      predicted: Probability,
      observed: Probability,
      error: z.number().describe('Expected calibration error, 5 bins of equal count'),
      errorIdealP95: z.number().describe('The same of an ideal prediction, 95th percentile'),
      errorDebiased: z.number().describe('Without the part that an ideal prediction has by chance'),
      errorStandardError: z.number().describe('Standard error of errorDebiased'),
    }),
  ),
  blend: Probability.describe("Weight of the regression against the operator's shares"),
  learnedFrom: Count.describe('Coded churners that the kept model learned from; 0: none, it has the usual shares'),
  threshold: Probability.describe('Least probability of a named reason'),
});

const ContactedRows = z.strictObject({
  rows: Count.describe('Contacted between the row and its label, among the rows with a label'),
  share: Probability,
  positives: Count.describe('Churned among them'),
  treatment: z.string().describe('keep, exclude or weight, as `training.contactedRows` was'),
  comparedWith: z.string().describe('The treatment of the models that it is compared with'),
  judgedRows: Count.describe('Judged rows that were not contacted: all figures are of them'),
  judgedContacted: Count,
  auc: Figure,
  comparedAuc: Figure,
  difference: Measured.describe('The first AUC minus the second, paired'),
  calibrationError: Figure,
  comparedCalibrationError: Figure,
  meanPrediction: Probability.nullable(),
  comparedMeanPrediction: Probability.nullable(),
  rate: Probability.nullable().describe('Share that churned'),
});

const Validation = z
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
    horizons: z
      .array(
        z
          .strictObject({
            months: z.number().int().describe('After the gap'),
            judgedMonths: z.array(Month),
            rows: Count,
            positives: Count,
            auc: Figure,
            precisionAtCapacity: Figure,
            calibrationError: Figure,
            calibrationSlope: Figure,
            meanPrediction: Probability.nullable(),
            rate: Probability.nullable(),
            reason: z.string().nullable().describe('Why there are no figures'),
          })
          .register(sources, { from: { reason: missingReason }, without: ['reasonEn', 'reasonZhCn'] }),
      )
      .describe('What the probabilities within 1, 2, 3 and 6 months are worth, forward in time'),
    baseline: z
      .strictObject({
        name: z.string().describe('billDrop: the bill of the last month relative to the mean of three'),
        auc: z.number(),
        averagePrecision: z.number(),
        lift10: z.number(),
        precisionAtCapacity: Figure,
      })
      .register(sources, { from: { name: ({ name }: Baseline) => wordOf(name, '') } })
      .nullable()
      .describe('Of the kind value: what a simple ranking reaches on the same rows'),
    challengers: z
      .array(
        z
          .strictObject({
            method: z.string().describe('As in the parameter training.challengers'),
            auc: Figure,
            treesAuc: Figure.describe('Of the boosted trees'),
            difference: Measured.describe('AUC of the method minus that of the trees, on the same rows, paired'),
            chosen: z
              .boolean()
              .describe('Whether the model is of this method, better than the trees beyond the interval'),
            reason: z.string().nullable().describe('Why it was not judged'),
          })
          .register(sources, { from: { reason: missingReason }, without: ['reasonEn', 'reasonZhCn'] }),
      )
      .describe('Of the kind status: other methods on the same rows of the same months'),
    capacity: z
      .strictObject({
        contacts: Count.describe('A month: `contact.capacityPerMonth`, else a share of the rows of a month'),
        share: Probability.describe('The same as a share of the rows of a month'),
        precision: Measured.describe('Share of the contacted that churned, all judged months together'),
        months: z.array(z.strictObject({ month: Month, contacts: Count, precision: z.number() })),
      })
      .nullable()
      .describe('Precision of a list of as many as the team can contact; null for former releases'),
    causes: CauseValidation.nullable().describe('Causes against reason codes; null without such codes'),
    contacted: ContactedRows.nullable().describe(
      'Of the kind status: rows that a campaign had contacted before their label; null where none is known',
    ),
  })
  .register(sources, {
    from: { calibrationErrorIdeal: { mean: 'calibrationErrorIdealMean', p95: 'calibrationErrorIdealP95' } },
  });

const Excluded = z
  .strictObject({ column: z.string(), reason: z.string() })
  .register(sources, { from: { reason: ({ reason }: ExcludedColumn) => wordOf(reason, '') } });

export const Comparison = z
  .strictObject({
    championId: Id,
    months: z.array(Month).describe('Months of the rows; empty where the table has a single one'),
    rows: Count,
    positives: Count,
    championAuc: z.number(),
    auc: z.number(),
    championPrecisionAtCapacity: Figure,
    precisionAtCapacity: Figure,
    difference: Measured.describe('AUC of the model minus that of the champion, on the same rows, paired'),
  })
  .meta({ id: 'ModelComparison' });

export const Verdict = z
  .strictObject({
    promoted: z.boolean().describe('Whether it became champion by itself'),
    code: z.string().describe('Why: `promotion.worse` …'),
    message: z.string(),
    comparison: Comparison.nullable().describe(
      'With the champion of then, on rows that neither had learned from; null where there are none',
    ),
  })
  .register(sources, { from: { code: 'key', message: 'text' } });

export const Model = z
  .strictObject({
    modelId: Id,
    kind: ModelKind,
    name: z.string(),
    table: TableName,
    tableVersion: z.string(),
    trainingHash: z.string(),
    method: z.string(),
    validation: Validation.nullable().describe(
      'Measured on rows that the model had not seen; null is a figure that could not be worked out',
    ),
    importance: z.array(z.strictObject({ column: z.string(), meanAbsoluteContribution: z.number() })),
    excluded: z.array(Excluded),
    seed: Count,
    trainedAt: Instant.nullable(),
    champion: z.boolean(),
    prevalence: Probability.describe('Churn share to which the probabilities are calibrated'),
    notices: z.array(Notice),
    month: Month.nullable().describe('Last month of the table that it was trained on'),
    verdict: Verdict.nullable().describe('Of the promotion policy when it was trained; null for former releases'),
  })
  .meta({ id: 'Model' });

const estimate = { mean: 0.846, low: 0.838, high: 0.854 };
export const MODEL_EXAMPLE: z.output<typeof Model> = {
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
    horizons: [],
    baseline: null,
    challengers: [
      {
        method: 'weight-of-evidence',
        auc: 0.838,
        treesAuc: 0.846,
        difference: { mean: -0.008, low: -0.014, high: -0.003 },
        chosen: false,
        reason: null,
      },
    ],
    capacity: { contacts: 60, share: 0.02, precision: { mean: 0.71, low: 0.61, high: 0.81 }, months: [] },
    causes: null,
    contacted: {
      rows: 212,
      share: 0.044,
      positives: 9,
      treatment: 'keep',
      comparedWith: 'exclude',
      judgedRows: 2_930,
      judgedContacted: 64,
      auc: 0.782,
      comparedAuc: 0.781,
      difference: { mean: 0.001, low: -0.004, high: 0.005 },
      calibrationError: 0.004,
      comparedCalibrationError: 0.003,
      meanPrediction: 0.021,
      comparedMeanPrediction: 0.022,
      rate: 0.022,
    },
  },
  importance: [{ column: 'tenure_months', meanAbsoluteContribution: 0.61 }],
  excluded: [{ column: 'country', reason: 'constant' }],
  seed: 1,
  trainedAt: '2026-11-03T02:00:50.000Z',
  champion: true,
  prevalence: 0.234,
  notices: [],
  month: '2026-09',
  verdict: {
    promoted: true,
    code: 'promotion.notWorse',
    message: 'On the same 2950 rows its AUC minus that of the champion is 0.0040, and the rule requires 0 or more.',
    comparison: {
      championId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c43',
      months: ['2026-08'],
      rows: 2950,
      positives: 61,
      championAuc: 0.781,
      auc: 0.785,
      championPrecisionAtCapacity: 0.28,
      precisionAtCapacity: 0.31,
      difference: { mean: 0.004, low: -0.011, high: 0.018 },
    },
  },
};

const trainModel = operation('POST /api/v1/models', {
  summary: 'Train and validate a model on a table with a label',
  description:
    'The promotion policy decides whether the model becomes champion. Another request with the same input returns the ' +
    'first job. With the kind status, the other kinds are trained that the table has labels of; the result of the job ' +
    'names their models, or why there is none.',
  scope: 'model:train',
  raises: ['table.unknown', 'table.versionUnknown', 'training.labelMissing'],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({
    kind: ModelKind.default('status'),
    table: TableName,
    version: z.string().max(64).default('').describe('Empty for the newest'),
    seed: z.number().int().min(0).max(4_294_967_295).default(0).describe('0 for the default'),
    naturalPrevalence: z.number().gt(0).lt(1).optional().describe('Natural churn share, if the table is enriched'),
    repeats: z.number().int().min(0).max(100).default(0).describe('How often the folds are redrawn; 0 for the default'),
  }),
  handle: ({ call, body, services }) =>
    services.models.trainModel(call, { ...body, naturalPrevalence: body.naturalPrevalence }),
  example: {
    body: { table: 'demo' },
    response: jobExample('churn-scoring.01936a41-2d10-7a01-9b11-4d3a2f5b8c45', 'train-model', 'training'),
  },
});

const importModel = operation('POST /api/v1/models:import', {
  summary: 'Import a model of XGBoost or LightGBM and validate it on a table with a label',
  description:
    'Binary classifiers of trees over numbers. It is validated on the labelled rows of the table as a trained model, and explained in the same way. It becomes champion on request only, because the judged rows may be among those that it has learned from.',
  scope: 'model:train',
  raises: [
    ...(['table.unknown', 'table.versionUnknown', 'training.labelMissing'] as const),
    ...(['model.fileRefused', 'model.featuresMissing'] as const),
  ],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({
    kind: ModelKind.default('status'),
    table: TableName,
    version: z.string().max(64).default('').describe('Empty for the newest'),
    format: z.enum(['xgboost', 'lightgbm']).describe('JSON, or text, as `save_model` writes it'),
    content: z.string().min(1).describe('The file'),
    columns: z
      .record(z.string(), z.string())
      .default({})
      .describe('Column of the table by feature of the model, where the names differ'),
    naturalPrevalence: z.number().gt(0).lt(1).optional().describe('Natural churn share, if the table is enriched'),
  }),
  handle: ({ call, body, services }) =>
    services.models.importModel(call, { ...body, naturalPrevalence: body.naturalPrevalence }),
  example: {
    body: { table: 'demo', format: 'lightgbm', content: 'tree\nversion=v4\n…', columns: { Column_0: 'tenure_months' } },
    response: jobExample('churn-scoring.01936a41-2d10-7a01-9b11-4d3a2f5b8c46', 'train-model', 'training'),
  },
});

const listModels = operation('GET /api/v1/models', {
  summary: 'Models, newest first',
  scope: 'model:read',
  query: z.strictObject({
    table: TableName.or(z.literal('')).default('').describe('Only of this table'),
    ...page(200),
  }),
  ...answers(z.strictObject({ models: z.array(Model), nextPageToken: NextPageToken }), ListModelsResponse),
  handle: ({ call, query, services }) => services.models.listModels(call, query),
  example: { query: { table: 'demo' }, response: { models: [MODEL_EXAMPLE], nextPageToken: null } },
});

const readModel = operation('GET /api/v1/models/{modelId}', {
  summary: 'One model with everything that was measured',
  scope: 'model:read',
  raises: ['model.unknown'],
  params: z.strictObject({ modelId: Id }),
  ...answers(Model, ModelMessage),
  handle: ({ call, params, services }) => services.models.getModel(call, params),
  example: { params: { modelId: MODEL_EXAMPLE.modelId }, response: MODEL_EXAMPLE },
});

/** Models with their history. */
export const modelOperations = [trainModel, importModel, listModels, readModel];
