import { Controller } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, Instant, Month, TableName, dateOf, instantJson, wordOf } from '../operation/wire.js';
import { ViewName } from './views.http.js';

/** The view that is meant where none is named. */
const MONTHLY_VIEW = 'subscriber-months';
const SUBSCRIPTION_ID = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';

const readFeatures = operation({
  method: 'GET',
  path: '/api/v1/subscriptions/{subscriptionId}/features',
  group: 'features',
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
    values: z.array(
      z.strictObject({
        feature: z.string(),
        state: z.enum(['present', 'missing', 'stale']),
        value: z.union([z.number(), z.string()]).nullable(),
        eventAt: Instant.nullable(),
        knowledgeTime: Instant.nullable(),
      }),
    ),
  }),
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

const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such subscription in this table.',
  'zh-CN': '该表中没有此用户。',
});

/** What is known of a subscription, for decisions that cannot wait. */
@Controller()
export class FeaturesHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(readFeatures)
  async read(asked: HandlerInput<typeof readFeatures>) {
    return asked.query.table === '' ? this.readAsOf(asked) : this.readNewest(asked);
  }

  private async readAsOf({ call, params, query }: HandlerInput<typeof readFeatures>) {
    const request = { ...params, view: query.view, month: query.asOf, knowledgeTime: dateOf(query.knowledgeTime) };
    const found = await this.services.views.getFeaturesAsOf(call, request);
    const values = Object.entries({ ...found.numbers, ...found.categories }).map(([feature, value]) => {
      return {
        feature,
        state: 'present' as const,
        value,
        eventAt: null,
        knowledgeTime: instantJson(found.knowledgeTime),
      };
    });
    const table = query.view === '' ? MONTHLY_VIEW : query.view;
    return { subscriptionId: found.subscriptionId, table, version: null, asOf: found.month, values };
  }

  private async readNewest({ call, params, query }: HandlerInput<typeof readFeatures>) {
    const request = { subscriptionIds: [params.subscriptionId], table: query.table, features: [] };
    const { vectors } = await this.services.online.getFeatures(call, request);
    const vector = vectors[0];
    if (vector === undefined) throw subscriptionUnknown();
    return {
      subscriptionId: vector.subscriptionId,
      table: query.table,
      version: vector.version,
      asOf: null,
      values: vector.values.map(({ feature, state, value, eventAt, knowledgeTime }) => ({
        feature,
        state: wordOf(state, 'FEATURE_STATE_') as 'present' | 'missing' | 'stale',
        value: value === undefined ? null : value.$case === 'number' ? value.number : value.text,
        eventAt: instantJson(eventAt),
        knowledgeTime: instantJson(knowledgeTime),
      })),
    };
  }
}
