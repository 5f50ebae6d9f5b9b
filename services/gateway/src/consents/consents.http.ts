import { Controller } from '@nestjs/common';
import type { Consent, Suppression } from '@holdfast/contracts/customer_profile/v1/consent';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operation, operation, type HandlerInput } from '../operation/operation.js';
import { Id, Instant, NextPageToken, dateOf, instantJson, nextPageTokenJson, page } from '../operation/wire.js';

const Purpose = z.enum(['marketing', 'profiling', 'research']);
const Channel = z.enum(['call', 'sms', 'email', 'app', 'hall']);
const ChannelOrAny = z.enum([...Channel.options, 'any']);
const SuppressionReason = z.enum(['complaint_open', 'legal', 'deceased', 'staff', 'request', 'other']);

/** Reasons of the contact gate against a contact. */
const REASONS =
  'unknown, consent, consent_unknown, suppressed, number_refused (another customer with the same contact number refused ' +
  'or is suppressed), number_unconfirmed (another person answered at the number), control_group, frequency, ' +
  'household_frequency, quiet_hours, time_zone_unknown, unavailable';

const ConsentView = z
  .strictObject({
    purpose: z.string(),
    channel: z.string(),
    granted: z.boolean(),
    basis: z.string().describe("stated, imported, or the operator's default"),
    evidence: z.string().nullable(),
    since: Instant.nullable(),
  })
  .meta({ id: 'Consent' });

const SuppressionView = z
  .strictObject({
    suppressionId: Id,
    customerId: Id,
    channel: z.string(),
    reason: z.string(),
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

const listConsents = operation({
  method: 'GET',
  path: '/api/v1/customers/{customerId}/consents',
  group: 'consents',
  summary: 'What a customer allows',
  scope: 'consent:read',
  params: z.strictObject({ customerId: Id }),
  response: z.strictObject({ consents: z.array(ConsentView) }),
  example: { params: { customerId: CUSTOMER_ID }, response: { consents: [CONSENT_EXAMPLE] } },
});

const putConsent = operation({
  method: 'PUT',
  path: '/api/v1/customers/{customerId}/consents',
  group: 'consents',
  summary: "Record a customer's decision",
  scope: 'consent:write',
  audited: true,
  params: z.strictObject({ customerId: Id }),
  body: z.strictObject({
    purpose: Purpose,
    channel: ChannelOrAny,
    granted: z.boolean(),
    evidence: z.string().max(200).default('').describe('A reference to the proof, never a text about the person'),
  }),
  response: ConsentView,
  example: {
    params: { customerId: CUSTOMER_ID },
    body: { purpose: 'marketing', channel: 'call', granted: true, evidence: 'recording-2026-11-03-0172' },
    response: CONSENT_EXAMPLE,
  },
});

const listSuppressions = operation({
  method: 'GET',
  path: '/api/v1/suppressions',
  group: 'consents',
  summary: 'Who must not be approached, newest first',
  scope: 'consent:read',
  query: z.strictObject({
    customerId: Id.or(z.literal('')).default('').describe('Only of this customer'),
    ...page(200),
  }),
  response: z.strictObject({ suppressions: z.array(SuppressionView), nextPageToken: NextPageToken }),
  example: {
    query: { customerId: CUSTOMER_ID },
    response: { suppressions: [SUPPRESSION_EXAMPLE], nextPageToken: null },
  },
});

const addSuppression = operation({
  method: 'POST',
  path: '/api/v1/suppressions',
  group: 'consents',
  summary: 'Keep a customer from being approached',
  scope: 'consent:write',
  audited: true,
  idempotencyKey: 'optional',
  status: 201,
  body: z.strictObject({
    customerId: Id,
    channel: ChannelOrAny.default('any'),
    reason: SuppressionReason,
    to: Instant.optional().describe('Exclusive; default: open end'),
  }),
  response: SuppressionView,
  example: { body: { customerId: CUSTOMER_ID, reason: 'complaint_open' }, response: SUPPRESSION_EXAMPLE },
});

const endSuppression = operation({
  method: 'DELETE',
  path: '/api/v1/suppressions/{suppressionId}',
  group: 'consents',
  summary: 'End a suppression now',
  scope: 'consent:write',
  audited: true,
  params: z.strictObject({ suppressionId: Id }),
  response: SuppressionView,
  example: {
    params: { suppressionId: SUPPRESSION_EXAMPLE.suppressionId },
    response: { ...SUPPRESSION_EXAMPLE, to: '2026-11-04T02:10:00.000Z' },
  },
});

const confirmNumbers = operation({
  method: 'POST',
  path: '/api/v1/customers/{customerId}/contact-numbers:confirm',
  group: 'consents',
  summary: 'Confirm that a customer is reached at the numbers that are known',
  description:
    'After a contact with the outcome wrong_person, the numbers are not used for the customer until they are confirmed ' +
    'here, or an import brings another number. Confirms all of them.',
  scope: 'consent:write',
  audited: true,
  params: z.strictObject({ customerId: Id }),
  response: z.strictObject({ confirmed: z.int().min(0).describe('Numbers that were in doubt until now') }),
  example: { params: { customerId: CUSTOMER_ID }, response: { confirmed: 1 } },
});

const checkContactability = operation({
  method: 'POST',
  path: '/api/v1/contactability:check',
  group: 'consents',
  summary: 'Whether up to 500 subscriptions may be approached',
  description: 'Checks the contact gate and reserves nothing. An unknown subscription is not allowed.',
  scope: 'contact:check',
  body: z.strictObject({
    subscriptionIds: z.array(Id).min(1).max(500),
    purpose: Purpose.default('marketing'),
    channel: Channel.default('call'),
    at: Instant.optional().describe('Default: now'),
  }),
  response: z.strictObject({
    answers: z
      .array(
        z.strictObject({
          subscriptionId: Id,
          allowed: z.boolean(),
          reasons: z.array(z.string()).describe(`Why not: ${REASONS}`),
          retryAt: Instant.nullable(),
        }),
      )
      .describe('In the order of the request'),
  }),
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

/** What customers allow, and who must not be approached. */
@Controller()
export class ConsentsHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(listConsents)
  async list({ call, params }: HandlerInput<typeof listConsents>) {
    const { consents } = await this.services.consents.listConsents(call, params);
    return { consents: consents.map(consentJson) };
  }

  @Operation(putConsent)
  async put({ call, params, body }: HandlerInput<typeof putConsent>) {
    return consentJson(await this.services.consents.putConsent(call, { ...params, ...body }));
  }

  @Operation(listSuppressions)
  async suppressions({ call, query }: HandlerInput<typeof listSuppressions>) {
    const { suppressions, nextPageToken } = await this.services.consents.listSuppressions(call, query);
    return { suppressions: suppressions.map(suppressionJson), nextPageToken: nextPageTokenJson(nextPageToken) };
  }

  @Operation(addSuppression)
  async suppress({ call, body }: HandlerInput<typeof addSuppression>) {
    const { to, ...asked } = body;
    return suppressionJson(await this.services.consents.addSuppression(call, { ...asked, to: dateOf(to) }));
  }

  @Operation(endSuppression)
  async endSuppression({ call, params }: HandlerInput<typeof endSuppression>) {
    return suppressionJson(await this.services.consents.endSuppression(call, params));
  }

  @Operation(confirmNumbers)
  confirmNumbers({ call, params }: HandlerInput<typeof confirmNumbers>) {
    return this.services.consents.confirmNumbers(call, params);
  }

  @Operation(checkContactability)
  async check({ call, body }: HandlerInput<typeof checkContactability>) {
    const { at, ...asked } = body;
    const { answers } = await this.services.contact.checkContactability(call, { ...asked, at: dateOf(at) });
    return {
      answers: answers.map(({ subscriptionId, allowed, reasons, retryAt }) => ({
        subscriptionId,
        allowed,
        reasons,
        retryAt: instantJson(retryAt),
      })),
    };
  }
}

function consentJson(consent: Consent): z.output<typeof ConsentView> {
  const { purpose, channel, granted, basis, evidence, since } = consent;
  return { purpose, channel, granted, basis, evidence: evidence || null, since: instantJson(since) };
}

function suppressionJson(suppression: Suppression): z.output<typeof SuppressionView> {
  const { suppressionId, customerId, channel, reason, from, to } = suppression;
  return { suppressionId, customerId, channel, reason, from: instantJson(from!), to: instantJson(to) };
}
