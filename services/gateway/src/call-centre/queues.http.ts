import { Controller } from '@nestjs/common';
import type { Queue as QueueMessage } from '@holdfast/contracts/campaign/v1/work';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import {
  Count,
  Instant,
  Money,
  NextPageToken,
  instantJson,
  moneyJson,
  nextPageTokenJson,
  page,
} from '../operation/wire.js';
import { QueueName, WORK_ITEM_EXAMPLE, WorkItem, workItemJson } from './work.js';

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

const listQueues = operation({
  method: 'GET',
  path: '/api/v1/agent-queues',
  group: 'call-centre',
  summary: 'The work queues and what is left in them',
  scope: 'work:read',
  response: z.strictObject({ queues: z.array(Queue) }),
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

const listItems = operation({
  method: 'GET',
  path: '/api/v1/agent-queues/{queue}/items',
  group: 'call-centre',
  summary: 'Work of a queue by rank',
  scope: 'work:read',
  params: z.strictObject({ queue: QueueName }),
  query: z.strictObject({
    state: z.enum(['open', 'leased', 'done']).optional().describe('Default: all'),
    ...page(1_000),
  }),
  response: z.strictObject({ items: z.array(WorkItem), nextPageToken: NextPageToken }),
  example: {
    params: { queue: 'demo' },
    query: { state: 'open', pageSize: '5' },
    response: { items: [{ ...WORK_ITEM_EXAMPLE, state: 'open' }], nextPageToken: null },
  },
});

/** The ranked lists that agents work on. */
@Controller()
export class QueuesHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listQueues)
  async queues({ call }: HandlerInput<typeof listQueues>) {
    const { queues } = await this.services.work.listQueues(call, {});
    return { queues: queues.map(queueJson) };
  }

  @Operation(listItems)
  async items({ call, params, query }: HandlerInput<typeof listItems>) {
    const request = { ...params, ...query, state: query.state ?? '' };
    const { items, nextPageToken } = await this.services.work.listWorkItems(call, request);
    return { items: items.map(workItemJson), nextPageToken: nextPageTokenJson(nextPageToken) };
  }
}

function queueJson({ builtAt, contactCost, ...queue }: QueueMessage): z.output<typeof Queue> {
  return { ...queue, builtAt: instantJson(builtAt), contactCost: moneyJson(contactCost) };
}
