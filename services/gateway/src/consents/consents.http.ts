import { CheckContactabilityResponse } from '@holdfast/contracts/campaign/v1/contact';
import {
  ConfirmNumbersResponse,
  Consent as ConsentMessage,
  ListConsentsResponse,
  ListSuppressionsResponse,
  Suppression as SuppressionMessage,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { SUPPRESSION_REASONS } from '@holdfast/platform/terms';
import { z } from 'zod';
import { sources } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import {
  Channel,
  ChannelOrAny,
  GateReason,
  Id,
  Instant,
  NextPageToken,
  Purpose,
  dateOf,
  page,
} from '../operation/wire.js';

const operation = operationsOf('consents');

const SuppressionReason = z.enum(SUPPRESSION_REASONS).meta({ id: 'SuppressionReason' });

const ConsentView = z
  .strictObject({
    purpose: Purpose,
    channel: ChannelOrAny,
    granted: z.boolean(),
    basis: z.enum(['stated', 'imported', 'default']).describe("default: the operator's"),
    evidence: z.string().nullable(),
    since: Instant.nullable(),
  })
  .meta({ id: 'Consent' })
  .register(sources, { without: ['customerId'] });

const SuppressionView = z
  .strictObject({
    suppressionId: Id,
    customerId: Id,
    channel: ChannelOrAny,
    reason: SuppressionReason,
    from: Instant,
    to: Instant.nullable().describe('Exclusive; null for ever'),
  })
  .meta({ id: 'Suppression' });

const CUSTOMER_ID = '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01';
const CONSENT_EXAMPLE: z.output<typeof ConsentView> = {
  purpose: 'marketing',
  channel: 'call',
  granted: true,
  basis: 'stated',
  evidence: 'recording-2026-11-03-0172',
  since: '2026-11-03T02:10:00.000Z',
};
const SUPPRESSION_EXAMPLE: z.output<typeof SuppressionView> = {
  suppressionId: '01936a40-1c10-7b21-8a11-0d3a2f5b8c33',
  customerId: CUSTOMER_ID,
  channel: 'any',
  reason: 'complaint_open',
  from: '2026-11-03T02:10:00.000Z',
  to: null,
};

const listConsents = operation('GET /api/v1/customers/{customerId}/consents', {
  summary: 'What a customer allows',
  scope: 'consent:read',
  raises: ['customer.unknown'],
  audited: true,
  params: z.strictObject({ customerId: Id }),
  ...answers(z.strictObject({ consents: z.array(ConsentView) }), ListConsentsResponse),
  handle: ({ call, params, services }) => services.consents.listConsents(call, params),
  example: { params: { customerId: CUSTOMER_ID }, response: { consents: [CONSENT_EXAMPLE] } },
});

const putConsent = operation('PUT /api/v1/customers/{customerId}/consents', {
  summary: "Record a customer's decision",
  scope: 'consent:write',
  raises: ['customer.unknown', 'consent.evidenceMissing', 'consent.evidenceTooLong'],
  audited: true,
  params: z.strictObject({ customerId: Id }),
  body: z.strictObject({
    purpose: Purpose,
    channel: ChannelOrAny,
    granted: z.boolean(),
    evidence: z.string().max(200).default('').describe('A reference to the proof, never a text about the person'),
  }),
  ...answers(ConsentView, ConsentMessage),
  handle: ({ call, params, body, services }) => services.consents.putConsent(call, { ...params, ...body }),
  example: {
    params: { customerId: CUSTOMER_ID },
    body: { purpose: 'marketing', channel: 'call', granted: true, evidence: 'recording-2026-11-03-0172' },
    response: CONSENT_EXAMPLE,
  },
});

const listSuppressions = operation('GET /api/v1/suppressions', {
  summary: 'Who must not be approached, newest first',
  scope: 'consent:read',
  audited: true,
  query: z.strictObject({
    customerId: Id.or(z.literal('')).default('').describe('Only of this customer'),
    ...page(200),
  }),
  ...answers(
    z.strictObject({ suppressions: z.array(SuppressionView), nextPageToken: NextPageToken }),
    ListSuppressionsResponse,
  ),
  handle: ({ call, query, services }) => services.consents.listSuppressions(call, query),
  subjects: ({ suppressions }) => suppressions.map(({ customerId }) => customerId),
  example: {
    query: { customerId: CUSTOMER_ID },
    response: { suppressions: [SUPPRESSION_EXAMPLE], nextPageToken: null },
  },
});

const addSuppression = operation('POST /api/v1/suppressions', {
  summary: 'Keep a customer from being approached',
  scope: 'consent:write',
  raises: ['customer.unknown', 'suppression.endsInPast'],
  audited: true,
  idempotencyKey: 'optional',
  status: 201,
  body: z.strictObject({
    customerId: Id,
    channel: ChannelOrAny.default('any'),
    reason: SuppressionReason,
    to: Instant.optional().describe('Exclusive; default: open end'),
  }),
  ...answers(SuppressionView, SuppressionMessage),
  handle: ({ call, body, services }) => services.consents.addSuppression(call, { ...body, to: dateOf(body.to) }),
  subjects: ({ suppressionId, customerId }) => [suppressionId, customerId],
  example: { body: { customerId: CUSTOMER_ID, reason: 'complaint_open' }, response: SUPPRESSION_EXAMPLE },
});

const endSuppression = operation('DELETE /api/v1/suppressions/{suppressionId}', {
  summary: 'End a suppression now',
  scope: 'consent:write',
  raises: ['suppression.unknown'],
  audited: true,
  params: z.strictObject({ suppressionId: Id }),
  ...answers(SuppressionView, SuppressionMessage),
  handle: ({ call, params, services }) => services.consents.endSuppression(call, params),
  subjects: ({ customerId }) => [customerId],
  example: {
    params: { suppressionId: SUPPRESSION_EXAMPLE.suppressionId },
    response: { ...SUPPRESSION_EXAMPLE, to: '2026-11-04T02:10:00.000Z' },
  },
});

const confirmNumbers = operation('POST /api/v1/customers/{customerId}/contact-numbers:confirm', {
  summary: 'Confirm that a customer is reached at the numbers that are known',
  description:
    'After a contact with the outcome wrong_person, the numbers are not used for the customer until they are confirmed ' +
    'here, or an import brings another number. Confirms all of them.',
  scope: 'consent:write',
  raises: ['customer.unknown'],
  audited: true,
  params: z.strictObject({ customerId: Id }),
  ...answers(
    z.strictObject({ confirmed: z.int().min(0).describe('Numbers that were in doubt until now') }),
    ConfirmNumbersResponse,
  ),
  handle: ({ call, params, services }) => services.consents.confirmNumbers(call, params),
  example: { params: { customerId: CUSTOMER_ID }, response: { confirmed: 1 } },
});

const checkContactability = operation('POST /api/v1/contactability:check', {
  summary: 'Whether up to 500 subscriptions may be approached',
  description: 'Checks the contact gate and reserves nothing. An unknown subscription is not allowed.',
  scope: 'contact:check',
  body: z.strictObject({
    subscriptionIds: z.array(Id).min(1).max(500),
    purpose: Purpose.default('marketing'),
    channel: Channel.default('call'),
    at: Instant.optional().describe('Default: now'),
  }),
  ...answers(
    z.strictObject({
      answers: z
        .array(
          z.strictObject({
            subscriptionId: Id,
            allowed: z.boolean(),
            reasons: z.array(GateReason).describe('Why not'),
            retryAt: Instant.nullable(),
          }),
        )
        .describe('In the order of the request'),
    }),
    CheckContactabilityResponse,
  ),
  handle: ({ call, body, services }) => services.contact.checkContactability(call, { ...body, at: dateOf(body.at) }),
  example: {
    body: { subscriptionIds: ['1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed'] },
    response: {
      answers: [
        {
          subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
          allowed: false,
          reasons: ['quiet_hours'],
          retryAt: '2026-11-04T00:00:00.000Z',
        },
      ],
    },
  },
});

/** What customers allow, and who must not be contacted. */
export const consentOperations = [
  listConsents,
  putConsent,
  listSuppressions,
  addSuppression,
  endSuppression,
  confirmNumbers,
  checkContactability,
];
