import { z } from 'zod';
import { sources } from '../operation/answer.js';
import { Count, Id, Instant, Money, Probability, OrgUnitPath } from '../operation/wire.js';

export const QueueName = z
  .string()
  .min(1)
  .max(100)
  .describe('Name of a queue: that of its table, or the id of its campaign');

export const WorkItem = z
  .strictObject({
    itemId: Id,
    queue: QueueName,
    subscriptionId: Id,
    rank: Count,
    probability: Probability,
    value: Money.nullable().describe('A month'),
    priority: z.number().describe('probability × value ÷ cost; of a campaign, the cost of contact and offer'),
    quadrant: z.string(),
    firstReason: z.string().nullable(),
    state: z.string().describe('open, leased or done'),
    orgUnit: OrgUnitPath,
    campaignId: Id.nullable().describe('Null on the queue of a plain table'),
    arm: z.string().nullable().describe('Group of the campaign; null on the queue of a plain table'),
    householdId: Id.nullable(),
  })
  .meta({ id: 'WorkItem' });

export const Lease = z
  .strictObject({
    leaseId: Id,
    item: WorkItem,
    channel: z.string(),
    expiresAt: Instant,
    key: z
      .string()
      .nullable()
      .describe("The subscriber's external key; only with the scope pii:read and the header X-Access-Reason"),
  })
  .meta({ id: 'Lease' })
  .register(sources, { from: { key: () => null } });

export const WORK_ITEM_EXAMPLE: z.output<typeof WorkItem> = {
  itemId: '01936a43-4f10-7e41-9d31-6f5c4a7d0e66',
  queue: 'demo',
  subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
  rank: 1,
  probability: 0.71,
  value: { amount: '88.00', currency: 'CNY' },
  priority: 20.8,
  quadrant: 'C',
  firstReason: 'complaints_90d',
  state: 'leased',
  orgUnit: 'demo/shenyang/',
  campaignId: null,
  arm: null,
  householdId: null,
};

export const LEASE_EXAMPLE: z.output<typeof Lease> = {
  leaseId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77',
  item: WORK_ITEM_EXAMPLE,
  channel: 'call',
  expiresAt: '2026-11-03T02:12:00.000Z',
  key: null,
};
