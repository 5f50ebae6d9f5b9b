import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Job, JOB_EXAMPLE, jobJson } from '../jobs/job.js';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, Month, NextPageToken, nextPageTokenJson, numberText, page } from '../operation/wire.js';
import { HOUSEHOLD_EXAMPLE, Household, householdJson } from './household.js';

const identifyHouseholds = operation({
  method: 'POST',
  path: '/api/v1/households:identify',
  group: 'households',
  summary: 'Recognise the households of a month',
  description: 'Another request for the same month and extract returns the first job. Needs all org units.',
  scope: 'household:run',
  limitClass: 'bulk',
  audited: true,
  idempotencyKey: 'optional',
  status: 202,
  body: z.strictObject({
    month: Month.or(z.literal('')).default('').describe('YYYY-MM; empty for the last closed month with events'),
  }),
  response: Job,
  example: {
    body: { month: '2026-09' },
    response: {
      ...JOB_EXAMPLE,
      jobId: 'household-identification.01936a4a-1c20-7b11-9d31-2f5a7c8e9b10',
      kind: 'identify-households',
      phase: 'meeting',
    },
  },
});

const listHouseholds = operation({
  method: 'GET',
  path: '/api/v1/households',
  group: 'households',
  summary: 'Households of the newest recognition with a member in your region',
  scope: 'household:read',
  query: z.strictObject({ minConfidence: numberText(z.number().min(0).max(1)).optional(), ...page(200) }),
  response: z.strictObject({ households: z.array(Household), nextPageToken: NextPageToken }),
  example: { query: { minConfidence: '0.9' }, response: { households: [HOUSEHOLD_EXAMPLE], nextPageToken: null } },
});

const readHousehold = operation({
  method: 'GET',
  path: '/api/v1/households/{householdId}',
  group: 'households',
  summary: 'A household with members, roles, confidence and evidence',
  scope: 'household:read',
  params: z.strictObject({ householdId: Id }),
  response: Household,
  example: { params: { householdId: HOUSEHOLD_EXAMPLE.householdId }, response: HOUSEHOLD_EXAMPLE },
});

const readHouseholdOf = operation({
  method: 'GET',
  path: '/api/v1/customers/{customerId}/household',
  group: 'households',
  summary: 'The household of a customer, or of one of its subscriptions',
  scope: 'household:read',
  params: z.strictObject({ customerId: Id.describe('UUID of a customer or of a subscription') }),
  response: Household,
  example: { params: { customerId: HOUSEHOLD_EXAMPLE.members[0]!.customerId! }, response: HOUSEHOLD_EXAMPLE },
});

const Decision = z.strictObject({
  evidence: z
    .string()
    .regex(/^[A-Za-z0-9._:/#-]{1,200}$/)
    .describe("How it is known: a reference such as a call's id, never a text about persons"),
});

const confirmHousehold = operation({
  method: 'POST',
  path: '/api/v1/households/{householdId}:confirm',
  group: 'households',
  summary: 'Confirm the household after asking its members',
  description: 'Kept over later recognitions. Needs to see all members.',
  scope: 'household:decide',
  audited: true,
  idempotencyKey: 'optional',
  params: z.strictObject({ householdId: Id }),
  body: Decision,
  response: Household,
  example: {
    params: { householdId: HOUSEHOLD_EXAMPLE.householdId },
    body: { evidence: 'call-20261003-0117' },
    response: { ...HOUSEHOLD_EXAMPLE, state: 'confirmed', confidence: 1 },
  },
});

const rejectHousehold = operation({
  method: 'POST',
  path: '/api/v1/households/{householdId}:reject',
  group: 'households',
  summary: 'Reject the household after asking its members',
  description: 'Its pairs are not proposed again. Needs to see all members.',
  scope: 'household:decide',
  audited: true,
  idempotencyKey: 'optional',
  params: z.strictObject({ householdId: Id }),
  body: Decision,
  response: Household,
  example: {
    params: { householdId: HOUSEHOLD_EXAMPLE.householdId },
    body: { evidence: 'call-20261003-0117' },
    response: { ...HOUSEHOLD_EXAMPLE, state: 'rejected' },
  },
});

/** Who lives together. */
@Controller()
export class HouseholdsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(identifyHouseholds)
  async identify({ call, body }: HandlerInput<typeof identifyHouseholds>) {
    return jobJson(await this.services.households.identifyHouseholds(call, body), call.caller.language);
  }

  @Operation(listHouseholds)
  async list({ call, query }: HandlerInput<typeof listHouseholds>) {
    const { households, nextPageToken } = await this.services.households.listHouseholds(call, {
      confidenceMin: query.minConfidence,
      pageSize: query.pageSize,
      pageToken: query.pageToken,
    });
    return { households: households.map(householdJson), nextPageToken: nextPageTokenJson(nextPageToken) };
  }

  @Operation(readHousehold)
  async read({ call, params }: HandlerInput<typeof readHousehold>) {
    return householdJson(await this.services.households.getHousehold(call, params));
  }

  @Operation(readHouseholdOf)
  async readOf({ call, params }: HandlerInput<typeof readHouseholdOf>) {
    return householdJson(await this.services.households.getHouseholdOf(call, { id: params.customerId }));
  }

  @Operation(confirmHousehold)
  async confirm({ call, params, body }: HandlerInput<typeof confirmHousehold>) {
    return householdJson(await this.services.households.confirmHousehold(call, { ...params, ...body }));
  }

  @Operation(rejectHousehold)
  async reject({ call, params, body }: HandlerInput<typeof rejectHousehold>) {
    return householdJson(await this.services.households.rejectHousehold(call, { ...params, ...body }));
  }
}
