import { ListTimelineResponse } from '@holdfast/contracts/customer_profile/v1/view360';
import { z } from 'zod';
import { operationsOf } from '../operation/operation.js';
import { Id, Instant, NextPageToken, page } from '../operation/wire.js';

const operation = operationsOf('customers');

const TimelineEntry = z
  .strictObject({
    at: Instant.nullable(),
    kind: z.string().describe('contact, status, plan, handset, number, account, consent'),
    subscriptionId: z.string().nullable().describe('Null if it is about the customer'),
    details: z.record(z.string(), z.string()).describe('Codes by name; nothing personal'),
  })
  .meta({ id: 'TimelineEntry' });

const listTimeline = operation('GET /api/v1/customers/{customerId}/timeline', {
  summary: 'What happened to a customer, newest first',
  description: 'Contacts, changes of status, plan, handset, number and payer, and decisions about consent.',
  scope: 'profile:read',
  params: z.strictObject({ customerId: Id }),
  query: z.strictObject(page(200)),
  response: z.strictObject({ entries: z.array(TimelineEntry), nextPageToken: NextPageToken }),
  message: ListTimelineResponse,
  handle: ({ call, params, query, services }) => services.views360.listTimeline(call, { ...params, ...query }),
  example: {
    params: { customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01' },
    response: {
      entries: [
        {
          at: '2026-09-10T02:00:00.000Z',
          kind: 'contact',
          subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
          details: { kind: 'complaint', category: 'billing', channel: 'hotline' },
        },
      ],
      nextPageToken: null,
    },
  },
});

export const timelineOperations = [listTimeline];
