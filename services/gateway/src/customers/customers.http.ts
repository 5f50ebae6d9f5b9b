import { Customer as CustomerMessage } from '@holdfast/contracts/customer_profile/v1/customer';
import { ListOrgUnitsResponse } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { ListTimelineResponse } from '@holdfast/contracts/customer_profile/v1/view360';
import { asFailure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { z } from 'zod';
import { BehaviourChange, changeJson } from '../features/behaviour-changes.http.js';
import type { ServiceClients } from '../service-clients.js';
import { answerOf, sources } from '../operation/answer.js';
import { answers, operationsOf } from '../operation/operation.js';
import { requestContextOf, type RequestContext } from '../operation/request-context.js';
import { Count, Id, Instant, NextPageToken, TableName, OrgUnitPath, dateOf, page } from '../operation/wire.js';
import { VIEW_EXAMPLE, VIEW_GROUPS, View360, view360Json } from './view360.js';

const operation = operationsOf('customers');

/** Part of `include` that feature-store answers. */
const CHANGES = 'changes';
/** Of a group customer: those of its first subscriptions. */
const SUBSCRIPTIONS_MAX = 500;
const CHANGES_MAX = 1_000;

const CustomerView = z
  .strictObject({
    customerId: Id,
    kind: z.enum(['person', 'group']),
    orgUnit: OrgUnitPath,
    accounts: z.array(z.strictObject({ accountId: Id, mode: z.enum(['prepaid', 'postpaid']).nullable() })),
    subscriptions: z.array(
      z.strictObject({
        subscriptionId: Id,
        accountId: z.string(),
        service: z.string().nullable(),
        status: z.string().nullable(),
        tables: z.array(z.string()),
      }),
    ),
    personal: z
      .record(z.string(), z.string())
      .describe('Keys and personal fields; empty without the scope pii:read and the header X-Access-Reason'),
    version: Count,
    firstSeenAt: Instant.nullable(),
    matchedSubscriptionId: Id.nullable().describe(
      'The subscription whose id, key or number was given; null if the customer was found otherwise',
    ),
    view: View360.nullable().describe('The 360 view; only where asOf or include is given'),
    changes: z
      .array(BehaviourChange)
      .nullable()
      .describe(
        'How the behaviour of its subscriptions changed in the newest month that is computed; only with `include=all` or ' +
          '`changes` and the scope features:read, and null where no month is computed or feature-store does not answer',
      ),
  })
  .meta({ id: 'Customer' })
  .register(sources, {
    from: {
      personal: ({ personal }: CustomerMessage) => Object.fromEntries(personal.map(({ name, value }) => [name, value])),
      view: () => null,
      changes: () => null,
    },
  });

const CUSTOMER_EXAMPLE: z.output<typeof CustomerView> = {
  customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01',
  kind: 'person',
  orgUnit: 'demo/shenyang/',
  accounts: [{ accountId: '8d1b6a52-0f57-5d0e-9c1a-2b7f4e6a9c02', mode: 'postpaid' }],
  subscriptions: [
    {
      subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
      accountId: '8d1b6a52-0f57-5d0e-9c1a-2b7f4e6a9c02',
      service: 'mobile',
      status: 'active',
      tables: ['demo'],
    },
  ],
  personal: {},
  version: 1,
  firstSeenAt: '2026-11-03T02:00:04.000Z',
  matchedSubscriptionId: null,
  view: null,
  changes: null,
};

const readCustomer = operation('GET /api/v1/customers/{customerId}', {
  summary: 'A customer with accounts and subscriptions, and on request the 360 view as of a date',
  description:
    'The id of one of its subscriptions finds it as well. With `asOf` or `include` the answer has the 360 view: what ' +
    'was true and known at that moment. Names, numbers and addresses in it are masked without the scope pii:read and the ' +
    'header X-Access-Reason. A group or field without a source gives the cause; the rest has values.',
  scope: 'profile:read',
  raises: ['customer.unknown', 'view.groupUnknown', 'profiles.notYetIn'],
  params: z.strictObject({ customerId: Id }),
  query: z.strictObject({
    asOf: Instant.optional().describe('As-of time; default: now'),
    include: z
      .string()
      .regex(/^(all|[a-z0-9]+(,[a-z0-9]+)*)$/)
      .optional()
      .describe(`\`all\`, or some of ${VIEW_GROUPS.join(', ')}, ${CHANGES}, separated by commas`),
  }),
  response: CustomerView,
  personalData: '`personal`, and names, numbers and addresses of the view in full',
  async handle({ call, params: { customerId: id }, query: { asOf, include }, request, services }) {
    const context = requestContextOf(request);
    if (asOf === undefined && include === undefined) {
      return customerJson(await services.customers.getCustomer(call, { id }), context);
    }
    const asked = new Set(include === undefined ? [] : include === 'all' ? [CHANGES] : include.split(','));
    const groups = [...asked].filter((group) => group !== CHANGES);
    const hasView = groups.length > 0 || include === undefined || include === 'all';
    const [customer, view] = await Promise.all([
      services.customers.getCustomer(call, { id }),
      hasView ? services.views360.getView360(call, { id, asOf: dateOf(asOf), include: groups }) : undefined,
    ]);
    return {
      ...customerJson(customer, context),
      view: view === undefined ? null : view360Json(view, context),
      changes: asOf === undefined && asked.has(CHANGES) ? await changesOf(customer, call, services) : null,
    };
  },
  subjects: subjectsOfCustomer,
  example: {
    params: { customerId: CUSTOMER_EXAMPLE.customerId },
    query: { include: 'fees' },
    response: { ...CUSTOMER_EXAMPLE, view: VIEW_EXAMPLE },
  },
});

const resolveCustomer = operation('POST /api/v1/customers:resolve', {
  summary: 'The customer behind an external identifier',
  description:
    'The identifier is in the body, so that no URL contains personal data. A number is accepted with or without +86, ' +
    '0086 or 86, with blanks, hyphens and full-width digits. It finds the owner of the line; if no line has it, the ' +
    'customers with this contact phone. `matchedSubscriptionId` is the subscription with the number or key. If ' +
    'several customers have it at that moment and one of them is within the region of the caller, the answer is 409 ' +
    '`identifier.ambiguous` with the ids of those within the region.',
  scope: 'profile:read',
  raises: ['customer.unknown', 'identifier.ambiguous'],
  audited: true,
  body: z.strictObject({
    kind: z
      .enum(['key', 'number', 'account', 'document'])
      .describe('`key`: of a subscription, in an extract or in a table; `document`: of identity, with x or X'),
    value: z.string().min(1).max(64),
    asOf: Instant.optional().describe('As-of time, because numbers change hands; default: now'),
    table: TableName.optional().describe(
      'Of a key: its plain table. Without it, a key that different customers have in different tables is a conflict',
    ),
  }),
  response: CustomerView,
  personalData: '`personal`',
  async handle({ call, body, request, services }) {
    const customer = await services.customers.resolveCustomer(call, { ...body, asOf: dateOf(body.asOf) });
    return customerJson(customer, requestContextOf(request));
  },
  subjects: subjectsOfCustomer,
  example: {
    body: { kind: 'number', value: '+86 138 0013 8000' },
    response: { ...CUSTOMER_EXAMPLE, matchedSubscriptionId: CUSTOMER_EXAMPLE.subscriptions[0]!.subscriptionId },
  },
});

const listOrgUnits = operation('GET /api/v1/org-units', {
  summary: 'The organisation units within the region of the caller, parents first',
  scope: 'profile:read',
  ...answers(
    z.strictObject({
      orgUnits: z.array(
        z.strictObject({ orgUnit: OrgUnitPath, level: z.string(), name: z.string(), customers: Count }),
      ),
    }),
    ListOrgUnitsResponse,
  ),
  handle: ({ call, services }) => services.orgUnits.listOrgUnits(call, {}),
  example: { response: { orgUnits: [{ orgUnit: 'demo/', level: 'province', name: 'demo', customers: 2994 }] } },
});

const TimelineEntry = z
  .strictObject({
    at: Instant.nullable(),
    kind: z.enum(['contact', 'status', 'plan', 'handset', 'number', 'account', 'consent']),
    subscriptionId: z.string().nullable().describe('Null if it is about the customer'),
    details: z
      .record(z.string(), z.string())
      .describe('Codes by name; nothing personal. `source` is `holdfast` for a contact by an agent of this system'),
  })
  .meta({ id: 'TimelineEntry' });

const listTimeline = operation('GET /api/v1/customers/{customerId}/timeline', {
  summary: 'What happened to a customer, newest first',
  description:
    'Contacts in extracts and by agents of this system, changes of status, plan, handset, number and payer, and decisions about consent.',
  scope: 'profile:read',
  raises: ['customer.unknown'],
  params: z.strictObject({ customerId: Id }),
  query: z.strictObject(page(200)),
  ...answers(z.strictObject({ entries: z.array(TimelineEntry), nextPageToken: NextPageToken }), ListTimelineResponse),
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

/** Who the customers are, and what happened to them. */
export const customerOperations = [readCustomer, resolveCustomer, listOrgUnits, listTimeline];

const answer = answerOf(CustomerView, CustomerMessage);

/** Personal data that are shown are noted for the audit ledger. */
function customerJson(customer: CustomerMessage, context: RequestContext): z.output<typeof CustomerView> {
  if (customer.personal.length > 0) context.personalDataRead = true;
  return answer(customer, context.language);
}

/** Changes of the newest month; null without the scope, where none is computed, or while feature-store does not answer. */
async function changesOf(
  { subscriptions }: CustomerMessage,
  call: Call,
  { behaviour }: ServiceClients,
): Promise<z.output<typeof BehaviourChange>[] | null> {
  if (!call.caller.scopes.has('features:read')) return null;
  const subscriptionIds = subscriptions.map(({ subscriptionId }) => subscriptionId).slice(0, SUBSCRIPTIONS_MAX);
  if (subscriptionIds.length === 0) return [];
  const all = { month: '', orgUnitPath: '', measure: '', direction: '', scoreMin: 0, pageToken: '' };
  try {
    const { changes } = await behaviour.listChanges(call, { ...all, subscriptionIds, pageSize: CHANGES_MAX });
    return changes.map((change) => changeJson(change, call.caller.language));
  } catch (thrown) {
    if (['notFound', 'unavailable'].includes(asFailure(thrown).kind)) return null;
    throw thrown;
  }
}

function subjectsOfCustomer({ customerId, subscriptions }: z.input<typeof CustomerView>): string[] {
  return [customerId, ...subscriptions.map(({ subscriptionId }) => subscriptionId)];
}
