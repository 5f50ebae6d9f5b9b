import { z } from 'zod';
import { Count, Id, Instant, Probability, OrgUnitPath } from '../operation/wire.js';

const Evidence = z
  .strictObject({
    leftSubscriptionId: Id,
    rightSubscriptionId: Id,
    sharedDays: Count.describe('Days with a call or message of both in one cell'),
    holidayDays: Count.describe('Holidays on which both were active in one cell'),
    eveningDays: Count.describe('Evenings in a week (20:00 to 22:00) with a call or message of both in one cell'),
    cellOverlap: Probability.describe('Shared among the ten most frequent call cells'),
    calls: Count.describe('Calls between them in the month'),
    also: z.array(z.string()).describe('`account`, `payer`, `address`, `building`, `link`, `known`'),
    probability: Probability,
  })
  .meta({ id: 'HouseholdEvidence' });

export const Household = z
  .strictObject({
    householdId: Id,
    state: z.enum(['identified', 'known', 'confirmed', 'rejected']),
    size: Count.describe('Members in all; those outside your region are counted, not named'),
    confidence: Probability.describe('The least link that it needs'),
    members: z.array(
      z.strictObject({
        subscriptionId: Id,
        customerId: Id.nullable(),
        role: z.enum(['head', 'spouse', 'elder', 'child', 'member']),
        confidence: Probability,
        orgUnit: OrgUnitPath,
      }),
    ),
    evidence: z.array(Evidence).describe('What holds it together, strongest first'),
    runId: Id,
    month: z.string(),
  })
  .meta({ id: 'Household' });

export const HouseholdRun = z
  .strictObject({
    runId: Id,
    month: z.string(),
    households: Count,
    members: Count,
    subscriptions: Count.describe('Looked at'),
    bySize: z.record(z.string(), Count).describe('2, 3, 4, 5+'),
    pairs: z
      .record(z.string(), Count)
      .describe('By rule: sameCellDays, holidayDays, eveningDays, topCells, all; account, payer, address, evidence'),
    holidays: Count,
    method: z.string(),
    unavailable: z.array(z.string()).describe('What was missing'),
    capped: z.array(z.string()).describe('What was excluded to bound the work'),
    publishedAt: Instant.nullable(),
  })
  .meta({ id: 'HouseholdRun' });

export const HOUSEHOLD_EXAMPLE: z.output<typeof Household> = {
  householdId: '4a4fe626-93d3-5aab-90fa-d16827ed73dc',
  state: 'identified',
  size: 2,
  confidence: 0.93,
  members: [
    {
      subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
      customerId: '7c1f4b9e-2a55-5d0c-8f43-9b8a6f1e2d30',
      role: 'head',
      confidence: 0.93,
      orgUnit: 'demo/shenyang/',
    },
    {
      subscriptionId: '73f9ca5f-7b56-516d-803e-f07a955033ac',
      customerId: '0d5e9a71-3b1c-5f7a-9c2e-4e6f8a7b1c22',
      role: 'spouse',
      confidence: 0.93,
      orgUnit: 'demo/shenyang/',
    },
  ],
  evidence: [
    {
      leftSubscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
      rightSubscriptionId: '73f9ca5f-7b56-516d-803e-f07a955033ac',
      sharedDays: 12,
      holidayDays: 2,
      eveningDays: 2,
      cellOverlap: 0.4,
      calls: 17,
      also: ['address'],
      probability: 0.93,
    },
  ],
  runId: '01936a4a-1c20-7b11-9d31-2f5a7c8e9b10',
  month: '2026-09',
};
