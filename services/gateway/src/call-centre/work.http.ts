import { Lease as LeaseMessage, ListQueuesResponse, ListWorkItemsResponse } from '@holdfast/contracts/campaign/v1/work';
import type { Call } from '@holdfast/platform/grpc';
import { GATE_REASONS } from '@holdfast/platform/terms';
import { z } from 'zod';
import { KEYS_PERSONAL, KEYS_QUERY, SubscriptionKey, keysFor } from '../customers/subscription-keys.js';
import { mayReadPersonal } from '../access/claims.js';
import type { ServiceClients } from '../service-clients.js';
import { answerOf, sources } from '../operation/answer.js';
import { Answer, answers, operationsOf } from '../operation/operation.js';
import { requestContextOf } from '../operation/request-context.js';
import {
  Channel,
  Count,
  Id,
  Instant,
  Money,
  Month,
  NextPageToken,
  OrgUnitPath,
  Probability,
  Quadrant,
  instantJson,
  page,
} from '../operation/wire.js';

const operation = operationsOf('call-centre');

const QueueName = z.string().min(1).max(100).describe('Name of a queue: that of its table, or the id of its campaign');

const WorkState = z.enum(['open', 'leased', 'done']).meta({ id: 'WorkState' });
/** Why an item was not leased: a reason of the gate, its state, or its offer. */
const PassedOver = z.enum([...GATE_REASONS, 'leased', 'done', 'offer_gone']).meta({ id: 'PassedOverReason' });

const WorkItem = z
  .strictObject({
    itemId: Id,
    queue: QueueName,
    subscriptionId: Id,
    rank: Count,
    probability: Probability,
    value: Money.nullable().describe('A month'),
    priority: z.number().describe('probability × value ÷ cost; of a campaign, the cost of contact and offer'),
    quadrant: Quadrant,
    firstReason: z.string().nullable().describe('Column of the strongest reason'),
    state: WorkState,
    orgUnit: OrgUnitPath,
    campaignId: Id.nullable().describe('Null on the queue of a plain table'),
    arm: z.string().nullable().describe('Group of the campaign; null on the queue of a plain table'),
    householdId: Id.nullable(),
    retryAt: Instant.nullable().describe(
      'When an open item may be tried again after a contact or a check of the gate; null if that time has come',
    ),
    callBack: z
      .strictObject({ at: Instant, agent: z.string().describe('Who recorded it; gets the item first') })
      .nullable()
      .describe('The call back that the customer asked for'),
  })
  .meta({ id: 'WorkItem' });

const ListedWorkItem = WorkItem.extend({ key: SubscriptionKey })
  .meta({ id: 'ListedWorkItem' })
  .register(sources, { from: { key: () => null } });

const WorkList = z.strictObject({ items: z.array(ListedWorkItem), nextPageToken: NextPageToken });
const workListJson = answerOf(WorkList, ListWorkItemsResponse);

const Lease = z
  .strictObject({
    leaseId: Id,
    item: WorkItem,
    channel: Channel,
    expiresAt: Instant,
    key: z
      .string()
      .nullable()
      .describe("The subscriber's external key; only with the scope pii:read and the header X-Access-Reason"),
    number: z
      .string()
      .nullable()
      .describe(
        'The number to dial, on the same condition: of the line, else a contact phone; null where the channel uses none, ' +
          'on renewal, and if no number is known, confirmed and not suppressed',
      ),
    note: z.string().nullable().describe('Of the call back, on the same condition; null on renewal'),
  })
  .meta({ id: 'Lease' })
  .register(sources, { from: { key: () => null, number: () => null } });

const WORK_ITEM_EXAMPLE: z.output<typeof WorkItem> = {
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
  retryAt: null,
  callBack: null,
};

const LEASE_EXAMPLE: z.output<typeof Lease> = {
  leaseId: '01936a44-5a10-7f51-8e41-7a6d5b8e1f77',
  item: WORK_ITEM_EXAMPLE,
  channel: 'call',
  expiresAt: '2026-11-03T02:12:00.000Z',
  key: null,
  number: null,
  note: null,
};

const Queue = z
  .strictObject({
    queue: QueueName,
    runId: z.string(),
    modelId: Id.describe('Model that scored the list'),
    modelName: z.string(),
    month: Month.nullable().describe('Month of the scores; null where the table has a single snapshot'),
    builtAt: Instant.nullable(),
    items: z.partialRecord(WorkState, Count).describe('By state, within the region of the caller'),
    efficiencyBasis: z.string().describe('How the rank was computed'),
    contactCost: Money.nullable().describe('As approved with the campaign, else as the scores were ranked'),
  })
  .meta({ id: 'Queue' });

const listQueues = operation('GET /api/v1/agent-queues', {
  summary: 'The work queues and what is left in them',
  scope: 'work:read',
  ...answers(z.strictObject({ queues: z.array(Queue) }), ListQueuesResponse),
  handle: ({ call, services }) => services.work.listQueues(call, {}),
  example: {
    response: {
      queues: [
        {
          queue: 'demo',
          runId: '01936a42-3e10-7d31-8c21-5e4b3f6c9d55',
          modelId: '01936a41-2d10-7a01-9b11-4d3a2f5b8c44',
          modelName: 'demo-01936a41',
          month: '2026-10',
          builtAt: '2026-11-03T02:01:14.000Z',
          items: { open: 411, leased: 1 },
          efficiencyBasis: 'value-cost',
          contactCost: { amount: '3.00', currency: 'CNY' },
        },
      ],
    },
  },
});

const listItems = operation('GET /api/v1/agent-queues/{queue}/items', {
  summary: 'Work of a queue by rank',
  scope: 'work:read',
  raises: ['queue.unknown', 'work.listRebuilt', 'personal.reasonMissing'],
  personalData: KEYS_PERSONAL,
  audited: true,
  params: z.strictObject({ queue: QueueName }),
  query: z.strictObject({ state: WorkState.optional().describe('Default: all'), ...KEYS_QUERY, ...page(1_000) }),
  response: WorkList,
  async handle({ call, params, query: { keys, state = '', ...query }, request, services }) {
    const addKeys = keysFor(keys, { call, request, services });
    const listed = await services.work.listWorkItems(call, { ...params, ...query, state });
    const { items, nextPageToken } = workListJson(listed, call.caller.language);
    return { items: await addKeys(items), nextPageToken };
  },
  subjects: ({ items }) => items.map(({ subscriptionId }) => subscriptionId),
  example: {
    params: { queue: 'demo' },
    query: { state: 'open', pageSize: '5' },
    response: { items: [{ ...WORK_ITEM_EXAMPLE, state: 'open', key: null }], nextPageToken: null },
  },
});

/** Without key and number of the subscription, which a handler adds for those who may see them. */
const leaseJson = answerOf(Lease, LeaseMessage);

const NextWork = z
  .strictObject({
    lease: Lease.nullable(),
    passedOver: z.partialRecord(PassedOver, Count).describe('By reason'),
    retryAt: Instant.nullable().describe('Null with a lease, and if it is never or unknown'),
  })
  .meta({ id: 'NextWork' });

const takeLease = operation('POST /api/v1/agent-queues/{queue}/leases', {
  summary: 'Lease the next work item that the contact gate allows',
  description:
    'Held for 120 s; two agents never get the same, nor two of one household. 201 with a lease; 200 with `lease` ' +
    'null if no item is allowed now; `passedOver` has the skipped items by reason: `control_group` are held ' +
    'out by a campaign, also when requested by id; the offer of `offer_gone` is no longer on sale; `retry` were not ' +
    'reached or requested a call back. Without a lease, `retryAt` is the earliest time at which work that was passed over ' +
    'may be tried again. Due call backs come first: for some minutes to their agent only. 409 for a campaign that does ' +
    'not run, and `lease.tooMany` for an agent with as many leases as the parameter `lease.perAgentMax`; 422 ' +
    '`lease.channelNotApproved` for a channel for which it was not approved. With the scope pii:read and the header ' +
    'X-Access-Reason the lease has the key, the number to dial and the note of a call back.',
  scope: 'lease:write',
  raises: [
    'queue.unknown',
    'work.unknown',
    'campaign.notRunning',
    'campaign.contactsOver',
    'lease.tooMany',
    'lease.channelNotApproved',
    'contact.factsUnavailable',
  ],
  audited: true,
  idempotencyKey: 'optional',
  params: z.strictObject({ queue: QueueName }),
  body: z.strictObject({
    agent: z.string().min(1).max(100).describe('Who will do it; an opaque agent id. The agent of the token wins.'),
    channel: Channel.optional().describe(
      'Default: the approved channel of the campaign; `call` on the list of a table',
    ),
    subscriptionId: Id.optional().describe('Only this subscription'),
  }),
  status: 201,
  response: NextWork,
  also: { 200: { description: 'No item is allowed now: `lease` is null', response: NextWork } },
  personalData: '`key`, `number` and `note` of the lease',
  async handle({ call, params, body, request, services }) {
    const { lease, passedOver, retryAt } = await services.work.leaseNext(call, {
      ...params,
      agent: call.caller.onBehalfOf ?? body.agent,
      channel: body.channel ?? '',
      subscriptionId: body.subscriptionId ?? '',
    });
    if (lease === undefined)
      return new Answer({ lease: null, passedOver, retryAt: instantJson(retryAt) }, { status: 200 });
    const contact = await contactOf(services, call, lease);
    if (Object.values(contact).some((value) => value !== null) || lease.note !== '')
      requestContextOf(request).personalDataRead = true;
    return { lease: { ...leaseJson(lease, call.caller.language), ...contact }, passedOver, retryAt: null };
  },
  subjects: ({ lease }) => [lease!.leaseId, lease!.item.subscriptionId],
  example: {
    params: { queue: 'demo' },
    body: { agent: 'agent-7', channel: 'call' },
    response: { lease: LEASE_EXAMPLE, passedOver: { consent: 2 }, retryAt: null },
  },
});

const renewLease = operation('PUT /api/v1/leases/{leaseId}:renew', {
  summary: 'Hold a lease for 120 s more',
  description: '404 for a lease of another client, or of another agent than that of the token; 410 if it has run out.',
  scope: 'lease:write',
  raises: ['lease.unknown', 'lease.gone'],
  audited: true,
  params: z.strictObject({ leaseId: Id }),
  ...answers(Lease, LeaseMessage),
  handle: ({ call, params, services }) => services.work.renewLease(call, params),
  subjects: ({ item }) => [item!.subscriptionId],
  example: { params: { leaseId: LEASE_EXAMPLE.leaseId }, response: LEASE_EXAMPLE },
});

const releaseLease = operation('DELETE /api/v1/leases/{leaseId}', {
  summary: 'Give the work back',
  description: '404 for a lease of others, unless the caller has the scope lease:supervise, too.',
  scope: 'lease:write',
  raises: ['lease.unknown', 'lease.gone'],
  audited: true,
  params: z.strictObject({ leaseId: Id }),
  status: 204,
  response: z.undefined(),
  async handle({ call, params, services }) {
    await services.work.releaseLease(call, params);
    return undefined;
  },
  example: { params: { leaseId: LEASE_EXAMPLE.leaseId }, response: undefined },
});

/** The ranked lists that agents work on, and the work that an agent holds. */
export const workOperations = [listQueues, listItems, takeLease, renewLease, releaseLease];

/**
 * Key and number of a leased subscription, for callers who may read personal data and state a reason. A lease without
 * the number that its agent needs is given back.
 */
async function contactOf(services: ServiceClients, call: Call, lease: LeaseMessage) {
  if (!mayReadPersonal(call.caller)) return { key: null, number: null };
  const { leaseId, channel, item } = lease;
  try {
    const { subscriptionId } = item!;
    const { key, number } = await services.consents.getContactDetails(call, { subscriptionId, channel });
    return { key: key || null, number: number || null };
  } catch (failed) {
    // If this fails as well, the lease expires.
    await services.work.releaseLease(call, { leaseId }).catch(() => undefined);
    throw failed;
  }
}
