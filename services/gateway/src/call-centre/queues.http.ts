import { ListQueuesResponse, ListWorkItemsResponse } from '@holdfast/contracts/campaign/v1/work';
import { z } from 'zod';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Instant, Money, NextPageToken, page } from '../operation/wire.js';
import { QueueName, WORK_ITEM_EXAMPLE, WorkItem } from './work.js';

const operation = operationsOf('call-centre');

const Queue = z
  .strictObject({
    queue: QueueName,
    runId: z.string(),
    builtAt: Instant.nullable(),
    items: z.record(z.string(), Count).describe('By state, within the region of the caller'),
    efficiencyBasis: z.string().describe('How the rank was computed'),
    contactCost: Money.nullable().describe('As approved with the campaign, else as the scores were ranked'),
  })
  .meta({ id: 'Queue' });

const listQueues = operation('GET /api/v1/agent-queues', {
  summary: 'The work queues and what is left in them',
  scope: 'work:read',
  ...answers(z.strictObject({ queues: z.array(Queue) }), ListQueuesResponse),
  handle: ({ call, services }) => services.work.listQueues(call, {}),
  example: {
    response: {
      queues: [
        {
          queue: 'demo',
          runId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d55',
          builtAt: '2026-11-03T02:01:14.000Z',
          items: { open: 411, leased: 1 },
          efficiencyBasis: 'value-cost',
          contactCost: { amount: '3.00', currency: 'CNY' },
        },
      ],
    },
  },
});

const listItems = operation('GET /api/v1/agent-queues/{queue}/items', {
  summary: 'Work of a queue by rank',
  scope: 'work:read',
  params: z.strictObject({ queue: QueueName }),
  query: z.strictObject({
    state: z.enum(['open', 'leased', 'done']).optional().describe('Default: all'),
    ...page(1_000),
  }),
  ...answers(z.strictObject({ items: z.array(WorkItem), nextPageToken: NextPageToken }), ListWorkItemsResponse),
  handle: ({ call, params, query, services }) =>
    services.work.listWorkItems(call, { ...params, ...query, state: query.state ?? '' }),
  example: {
    params: { queue: 'demo' },
    query: { state: 'open', pageSize: '5' },
    response: { items: [{ ...WORK_ITEM_EXAMPLE, state: 'open' }], nextPageToken: null },
  },
});

/** The ranked lists that agents work on. */
export const queueOperations = [listQueues, listItems];
