import { FeatureValue as FeatureValueMessage } from '@holdfast/contracts/feature_store/v1/online';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import { operationsOf } from '../operation/operation.js';
import { Id, Instant, Month, TableName, dateOf, instantJson } from '../operation/wire.js';
import { ViewName } from './views.http.js';

const operation = operationsOf('features');

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

/** What is known of a subscription, for decisions that cannot wait. */
export const featureOperations = [readFeatures];
