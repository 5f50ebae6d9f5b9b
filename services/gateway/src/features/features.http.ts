import { Controller } from '@nestjs/common';
import { failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { Neighbours } from '../neighbours.js';
import { Operation, operation, type Asked } from '../operation/operation.js';
import { Id, Instant, TableName, instantJson, wordOf } from '../operation/wire.js';

const SUBSCRIPTION_ID = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';

const readFeatures = operation({
  method: 'GET',
  path: '/api/v1/subscriptions/{subscriptionId}/features',
  group: 'features',
  summary: 'Feature values of one subscription, each with its times',
  scope: 'features:read',
  params: z.strictObject({ subscriptionId: Id }),
  query: z.strictObject({ table: TableName }),
  response: z.strictObject({
    subscriptionId: Id,
    table: TableName,
    version: z.string(),
    values: z.array(
      z.strictObject({
        feature: z.string(),
        state: z.enum(['present', 'missing', 'stale']),
        value: z.union([z.number(), z.string()]).nullable(),
        eventAt: Instant.nullable(),
        knownAt: Instant.nullable(),
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
      values: [
        {
          feature: 'tenure_months',
          state: 'present',
          value: 14,
          eventAt: '2026-10-31T16:00:00.000Z',
          knownAt: '2026-11-03T02:00:04.000Z',
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
  constructor(private readonly neighbours: Neighbours) {}

  @Operation(readFeatures)
  async read({ call, params, query }: Asked<typeof readFeatures>) {
    const request = { subscriptionIds: [params.subscriptionId], table: query.table, features: [] };
    const { vectors } = await this.neighbours.online.getFeatures(call, request);
    const vector = vectors[0];
    if (vector === undefined) throw subscriptionUnknown();
    return {
      subscriptionId: vector.subscriptionId,
      table: query.table,
      version: vector.version,
      values: vector.values.map(({ feature, state, value, eventAt, knownAt }) => ({
        feature,
        state: wordOf(state, 'FEATURE_STATE_') as 'present' | 'missing' | 'stale',
        value: value === undefined ? null : value.$case === 'number' ? value.number : value.text,
        eventAt: instantJson(eventAt),
        knownAt: instantJson(knownAt),
      })),
    };
  }
}
