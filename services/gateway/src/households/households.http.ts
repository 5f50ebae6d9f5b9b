import {
  Household as HouseholdMessage,
  ListHouseholdsResponse,
} from '@holdfast/contracts/household_identification/v1/household';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import { answers, operationsOf } from '../operation/operation.js';
import { Count, Id, Month, NextPageToken, OrgUnitPath, Probability, numberText, page } from '../operation/wire.js';

const operation = operationsOf('households');

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

const Household = z
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

const identifyHouseholds = operation('POST /api/v1/households:identify', {
  summary: 'Recognise the households of a month',
  description: 'Another request for the same month and extract returns the first job. Needs all org units.',
  scope: 'household:run',
  raises: ['household.noMonth', 'household.monthNotClosed', 'facts.needsTable'],
  ...STARTS_JOB,
  idempotencyKey: 'optional',
  body: z.strictObject({
    month: Month.or(z.literal('')).default('').describe('YYYY-MM; empty for the last closed month with events'),
  }),
  handle: ({ call, body, services }) => services.households.identifyHouseholds(call, body),
  example: {
    body: { month: '2026-09' },
    response: jobExample(
      'household-identification.01936a4a-1c20-7b11-9d31-2f5a7c8e9b10',
      'identify-households',
      'meeting',
    ),
  },
});

const listHouseholds = operation('GET /api/v1/households', {
  summary: 'Households of the newest recognition with a member in your region',
  scope: 'household:read',
  raises: ['householdRun.unknown'],
  audited: true,
  query: z.strictObject({ minConfidence: numberText(z.number().min(0).max(1)).optional(), ...page(200) }),
  ...answers(z.strictObject({ households: z.array(Household), nextPageToken: NextPageToken }), ListHouseholdsResponse),
  handle: ({ call, query: { minConfidence, ...query }, services }) =>
    services.households.listHouseholds(call, { ...query, confidenceMin: minConfidence }),
  subjects: ({ households }) => households.flatMap(membersOf),
  example: { query: { minConfidence: '0.9' }, response: { households: [HOUSEHOLD_EXAMPLE], nextPageToken: null } },
});

const readHousehold = operation('GET /api/v1/households/{householdId}', {
  summary: 'A household with members, roles, confidence and evidence',
  scope: 'household:read',
  raises: ['household.unknown'],
  params: z.strictObject({ householdId: Id }),
  ...answers(Household, HouseholdMessage),
  handle: ({ call, params, services }) => services.households.getHousehold(call, params),
  example: { params: { householdId: HOUSEHOLD_EXAMPLE.householdId }, response: HOUSEHOLD_EXAMPLE },
});

const readHouseholdOf = operation('GET /api/v1/customers/{customerId}/household', {
  summary: 'The household of a customer, or of one of its subscriptions',
  scope: 'household:read',
  raises: ['household.unknown'],
  params: z.strictObject({ customerId: Id.describe('UUID of a customer or of a subscription') }),
  ...answers(Household, HouseholdMessage),
  handle: ({ call, params, services }) => services.households.getHouseholdOf(call, { id: params.customerId }),
  example: { params: { customerId: HOUSEHOLD_EXAMPLE.members[0]!.customerId! }, response: HOUSEHOLD_EXAMPLE },
});

const Decision = z.strictObject({
  evidence: z
    .string()
    .regex(/^[A-Za-z0-9._:/#-]{1,200}$/)
    .describe("How it is known: a reference such as a call's id, never a text about persons"),
});

/** What a decision of an agent about a household has. */
const DECISION = {
  scope: 'household:decide',
  raises: ['household.unknown', 'household.beyondRegion', 'household.evidenceInvalid', 'household.decidedMeanwhile'],
  audited: true,
  idempotencyKey: 'optional',
  params: z.strictObject({ householdId: Id }),
  body: Decision,
  ...answers(Household, HouseholdMessage),
  subjects: membersOf,
} as const;
const DECISION_EXAMPLE = {
  params: { householdId: HOUSEHOLD_EXAMPLE.householdId },
  body: { evidence: 'call-20261003-0117' },
};

const confirmHousehold = operation('POST /api/v1/households/{householdId}:confirm', {
  summary: 'Confirm the household after asking its members',
  description: 'Kept over later recognitions. Needs to see all members.',
  ...DECISION,
  handle: ({ call, params, body, services }) => services.households.confirmHousehold(call, { ...params, ...body }),
  example: { ...DECISION_EXAMPLE, response: { ...HOUSEHOLD_EXAMPLE, state: 'confirmed', confidence: 1 } },
});

const rejectHousehold = operation('POST /api/v1/households/{householdId}:reject', {
  summary: 'Reject the household after asking its members',
  description: 'Its pairs are not proposed again. Needs to see all members.',
  ...DECISION,
  handle: ({ call, params, body, services }) => services.households.rejectHousehold(call, { ...params, ...body }),
  example: { ...DECISION_EXAMPLE, response: { ...HOUSEHOLD_EXAMPLE, state: 'rejected' } },
});

function membersOf({ members }: HouseholdMessage): string[] {
  return members.map(({ subscriptionId }) => subscriptionId);
}

/** Who lives together. */
export const householdOperations = [
  identifyHouseholds,
  listHouseholds,
  readHousehold,
  readHouseholdOf,
  confirmHousehold,
  rejectHousehold,
];
