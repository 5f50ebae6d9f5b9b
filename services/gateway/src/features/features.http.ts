import { FeatureValue as FeatureValueMessage } from '@holdfast/contracts/feature_store/v1/online';
import { ListViewsResponse, ViewStatistics } from '@holdfast/contracts/feature_store/v1/view';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { answerOf } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import { ChurnCause, Count, Id, Instant, Month, TableName, dateOf, instantJson } from '../operation/wire.js';

const operation = operationsOf('features');

const ViewName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .describe('Name of a feature view');

/** The view that is meant where none is named. */
const MONTHLY_VIEW = 'subscriber-months';
const SUBSCRIPTION_ID = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';

const FeatureValue = z.strictObject({
  feature: z.string(),
  state: z.enum(['present', 'missing', 'stale']),
  value: z.union([z.number(), z.string()]).nullable(),
  eventAt: Instant.nullable(),
  knowledgeTime: Instant.nullable(),
});
const valueJson = answerOf(FeatureValue, FeatureValueMessage);

const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such subscription in this table.',
  'zh-CN': '该表中没有此用户。',
});

const readFeatures = operation('GET /api/v1/subscriptions/{subscriptionId}/features', {
  summary: 'Feature values of one subscription, each with its times',
  description:
    'With `table`, the newest values of that table. Else those of a feature view as of the end of a month and as known ' +
    'at a moment, computed from the facts; missing values are omitted.',
  scope: 'features:read',
  raises: ['subscription.unknown', 'table.unknown', 'view.unknown', 'view.monthUnknown', 'facts.needsTable'],
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({
    table: TableName.or(z.literal('')).default(''),
    view: ViewName.or(z.literal('')).default('').describe('Empty for `subscriber-months`'),
    asOf: Month.or(z.literal('')).default('').describe('Month of the view; empty for the last closed one'),
    knowledgeTime: Instant.optional().describe('Later facts do not count; default: that of the month'),
  }),
  response: z.strictObject({
    subscriptionId: Id,
    table: TableName.describe('Name of the table or view'),
    version: z.string().nullable().describe('Null where the values were worked out as of a month'),
    asOf: Month.nullable(),
    values: z.array(FeatureValue),
  }),
  async handle({ call, params, query: { table, view, asOf, knowledgeTime }, services }) {
    if (table !== '') {
      const request = { subscriptionIds: [params.subscriptionId], table, features: [] };
      const [vector] = (await services.online.getFeatures(call, request)).vectors;
      if (vector === undefined) throw subscriptionUnknown();
      const values = vector.values.map((value) => valueJson(value, call.caller.language));
      return { subscriptionId: vector.subscriptionId, table, version: vector.version, asOf: null, values };
    }
    const request = { ...params, view, month: asOf, knowledgeTime: dateOf(knowledgeTime) };
    const row = await services.views.getFeaturesAsOf(call, request);
    const times = { eventAt: null, knowledgeTime: instantJson(row.knowledgeTime) };
    const values = Object.entries({ ...row.numbers, ...row.categories }).map(([feature, value]) => {
      return { feature, state: 'present' as const, value, ...times };
    });
    return {
      subscriptionId: row.subscriptionId,
      table: view === '' ? MONTHLY_VIEW : view,
      version: null,
      asOf: row.month,
      values,
    };
  },
  example: {
    params: { subscriptionId: SUBSCRIPTION_ID },
    query: { table: 'demo' },
    response: {
      subscriptionId: SUBSCRIPTION_ID,
      table: 'demo',
      version: '4be1f0c2d9a80317',
      asOf: null,
      values: [
        {
          feature: 'tenure_months',
          state: 'present',
          value: 14,
          eventAt: '2026-10-31T16:00:00.000Z',
          knowledgeTime: '2026-11-03T02:00:04.000Z',
        },
      ],
    },
  },
});

const listViews = operation('GET /api/v1/feature-views', {
  summary: 'The feature views, and what each feature is made of',
  description: 'A feature without its table has the cause in `unavailable`; the others work.',
  scope: 'features:read',
  ...answers(
    z.strictObject({
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
              reason: ChurnCause.nullable().describe('Churn reason that it maps to'),
              label: z.strictObject({ en: z.string(), 'zh-CN': z.string() }),
            }),
          ),
        }),
      ),
    }),
    ListViewsResponse,
  ),
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
  raises: ['view.unknown', 'view.monthUnknown', 'facts.needsTable'],
  params: z.strictObject({ name: ViewName }),
  query: z.strictObject({ month: Month.or(z.literal('')).default('').describe('Empty for the last') }),
  ...answers(
    z.strictObject({
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
    ViewStatistics,
  ),
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
  raises: ['view.unknown', 'facts.needsTable'],
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

/** Features: what is known of a subscription, and the views that give it as of the end of a month. */
export const featureOperations = [readFeatures, listViews, readStatistics, makeTrainingSet];
