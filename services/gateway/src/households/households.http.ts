import {
  Household as HouseholdMessage,
  ListHouseholdsResponse,
} from '@holdfast/contracts/household_identification/v1/household';
import { z } from 'zod';
import { STARTS_JOB, jobExample } from '../jobs/job.js';
import type { MessageType } from '../operation/answer.js';
import { operationsOf } from '../operation/operation.js';
import { Id, Month, NextPageToken, numberText, page } from '../operation/wire.js';
import { HOUSEHOLD_EXAMPLE, Household } from './household.js';

const operation = operationsOf('households');

const identifyHouseholds = operation('POST /api/v1/households:identify', {
  summary: 'Recognise the households of a month',
  description: 'Another request for the same month and extract returns the first job. Needs all org units.',
  scope: 'household:run',
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
  query: z.strictObject({ minConfidence: numberText(z.number().min(0).max(1)).optional(), ...page(200) }),
  response: z.strictObject({ households: z.array(Household), nextPageToken: NextPageToken }),
  message: ListHouseholdsResponse,
  handle: ({ call, query: { minConfidence, ...query }, services }) =>
    services.households.listHouseholds(call, { ...query, confidenceMin: minConfidence }),
  example: { query: { minConfidence: '0.9' }, response: { households: [HOUSEHOLD_EXAMPLE], nextPageToken: null } },
});

const readHousehold = operation('GET /api/v1/households/{householdId}', {
  summary: 'A household with members, roles, confidence and evidence',
  scope: 'household:read',
  params: z.strictObject({ householdId: Id }),
  response: Household,
  message: HouseholdMessage,
  handle: ({ call, params, services }) => services.households.getHousehold(call, params),
  example: { params: { householdId: HOUSEHOLD_EXAMPLE.householdId }, response: HOUSEHOLD_EXAMPLE },
});

const readHouseholdOf = operation('GET /api/v1/customers/{customerId}/household', {
  summary: 'The household of a customer, or of one of its subscriptions',
  scope: 'household:read',
  params: z.strictObject({ customerId: Id.describe('UUID of a customer or of a subscription') }),
  response: Household,
  message: HouseholdMessage,
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
  audited: true,
  idempotencyKey: 'optional',
  params: z.strictObject({ householdId: Id }),
  body: Decision,
  response: Household,
  message: HouseholdMessage as MessageType<HouseholdMessage>,
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

/** Who lives together. */
export const householdOperations = [
  identifyHouseholds,
  listHouseholds,
  readHousehold,
  readHouseholdOf,
  confirmHousehold,
  rejectHousehold,
];
