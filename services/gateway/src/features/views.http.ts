import { ListViewsResponse, ViewStatistics } from '@holdfast/contracts/feature_store/v1/view';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { operationsOf } from '../operation/operation.js';
import { Count, Month } from '../operation/wire.js';

const operation = operationsOf('features');

export const ViewName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .describe('Name of a feature view');

const listViews = operation('GET /api/v1/feature-views', {
  summary: 'The feature views, and what each feature is made of',
  description: 'A feature without its table has the cause in `unavailable`; the others work.',
  scope: 'features:read',
  response: z.strictObject({
    views: z.array(
      z.strictObject({
        name: ViewName,
        version: z.string().describe('Hash over its definitions'),
        features: z.array(
          z.strictObject({
            name: z.string(),
            family: z.string(),
            needs: z.array(z.string()).describe('Tables of the extract, or `table.column`'),
            unavailable: z.string().nullable().describe('Cause of a missing value; null if it has one'),
            reason: z.string().nullable().describe('Churn reason that it maps to, of seven'),
            label: z.strictObject({ en: z.string(), 'zh-CN': z.string() }),
          }),
        ),
      }),
    ),
  }),
  message: ListViewsResponse,
  handle: ({ call, services }) => services.views.listViews(call, {}),
  example: {
    response: {
      views: [
        {
          name: 'subscriber-months',
          version: '7dd9a4916dde2f86',
          features: [
            {
              name: 'contract_months_left',
              family: 'contract',
              needs: ['plan_history', 'plans'],
              unavailable: null,
              reason: 'contractEnd',
              label: { en: 'contract months left', 'zh-CN': '合约剩余月数' },
            },
          ],
        },
      ],
    },
  },
});

const readStatistics = operation('GET /api/v1/feature-views/{name}/statistics', {
  summary: 'How the features of a view are spread in a month',
  description: "Over the rows of the caller's region.",
  scope: 'features:read',
  params: z.strictObject({ name: ViewName }),
  query: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last') }),
  response: z.strictObject({
    view: ViewName,
    version: z.string(),
    month: Month,
    rows: Count,
    features: z.array(
      z.strictObject({
        feature: z.string(),
        missing: Count,
        distinct: Count,
        mean: z.number().nullable().describe('Null for categories'),
        deviation: z.number().nullable(),
        quantiles: z.array(z.number()).describe('At 0, 0.05, 0.25, 0.5, 0.75, 0.95 and 1; empty for categories'),
      }),
    ),
  }),
  message: ViewStatistics,
  handle: ({ call, params, query, services }) =>
    services.views.getViewStatistics(call, { view: params.name, ...query }),
  example: {
    params: { name: 'subscriber-months' },
    query: { month: '2026-09' },
    response: {
      view: 'subscriber-months',
      version: 'de5690bfede06094',
      month: '2026-09',
      rows: 1466,
      features: [
        {
          feature: 'arpu_cny_m0',
          missing: 0,
          distinct: 1204,
          mean: 78.4,
          deviation: 41.2,
          quantiles: [8, 19, 39, 69, 99, 159.5, 312.6],
        },
      ],
    },
  },
});

const makeTrainingSet = operation('POST /api/v1/training-sets', {
  summary: 'Materialise a feature view over all closed months, with the churn label where it is known',
  description:
    'The resulting table is used for training and scoring like any other. Another request with the same extracts and ' +
    'definitions returns the first job.',
  scope: 'model:train',
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({ view: ViewName.or(z.literal('')).default('').describe('Empty for `subscriber-months`') }),
  handle: ({ call, body, services }) => services.views.materialiseView(call, body),
  example: {
    body: { view: 'subscriber-months' },
    response: jobExample(
      'feature-store.01936a42-3e10-7d31-8c21-5e4b3f6c9d56',
      'materialise-view',
      'materialising 2026-03',
    ),
  },
});

/** Feature views: what is known of a subscription as of the end of a month. */
export const viewOperations = [listViews, readStatistics, makeTrainingSet];
