import { Lease as LeaseMessage } from '@holdfast/contracts/campaign/v1/work';
import type { Call } from '@holdfast/platform/grpc';
import { z } from 'zod';
import type { ServiceClients } from '../service-clients.js';
import { answerOf } from '../operation/answer.js';
import { Answer, answers, operationsOf } from '../operation/operation.js';
import { requestContextOf } from '../operation/request-context.js';
import { Channel, Count, Id } from '../operation/wire.js';
import { LEASE_EXAMPLE, Lease, QueueName } from './work.js';

const operation = operationsOf('call-centre');

/** Without the key of the subscription, which a handler adds for those who may see it. */
const leaseJson = answerOf(Lease, LeaseMessage);

const takeLease = operation('POST /api/v1/agent-queues/{queue}/leases', {
  summary: 'Lease the next work item that the contact gate allows',
  description:
    'Held for 120 s; two agents never get the same, nor two of one household. 201 with a lease; 200 with `lease` ' +
    'null if no item is allowed now; `passedOver` has the skipped items by reason: `control_group` are held ' +
    'out by a campaign, also when requested by id; the offer of `offer_gone` is no longer on sale. 409 for a campaign ' +
    'that does not run; 422 `lease.channelNotApproved` for a channel for which it was not approved.',
  scope: 'lease:write',
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
  response: z.strictObject({ lease: Lease.nullable(), passedOver: z.record(z.string(), Count).describe('By reason') }),
  async handle({ call, params, body, request, services }) {
    const { lease, passedOver } = await services.work.leaseNext(call, {
      ...params,
      agent: call.caller.onBehalfOf ?? body.agent,
      channel: body.channel ?? '',
      subscriptionId: body.subscriptionId ?? '',
    });
    if (lease === undefined) return new Answer({ lease: null, passedOver }, { status: 200 });
    const key = await keyOf(services, call, lease.item!.subscriptionId);
    if (key !== null) requestContextOf(request).personalDataRead = true;
    return { lease: { ...leaseJson(lease, call.caller.language), key }, passedOver };
  },
  example: {
    params: { queue: 'demo' },
    body: { agent: 'agent-7', channel: 'call' },
    response: { lease: LEASE_EXAMPLE, passedOver: { consent: 2 } },
  },
});

const renewLease = operation('PUT /api/v1/leases/{leaseId}:renew', {
  summary: 'Hold a lease for 120 s more',
  description: '410 if it has run out.',
  scope: 'lease:write',
  params: z.strictObject({ leaseId: Id }),
  ...answers(Lease, LeaseMessage),
  handle: ({ call, params, services }) => services.work.renewLease(call, params),
  example: { params: { leaseId: LEASE_EXAMPLE.leaseId }, response: LEASE_EXAMPLE },
});

const releaseLease = operation('DELETE /api/v1/leases/{leaseId}', {
  summary: 'Give the work back',
  scope: 'lease:write',
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

/** Work that an agent holds. */
export const leaseOperations = [takeLease, renewLease, releaseLease];

/** External key of a subscription, for callers who may read personal data and state a reason; else null. */
async function keyOf({ customers }: ServiceClients, call: Call, subscriptionId: string): Promise<string | null> {
  if (!call.caller.scopes.has('pii:read') || call.caller.accessReason === undefined) return null;
  const { keys } = await customers.getSubscriptionKeys(call, { subscriptionIds: [subscriptionId] });
  return keys[subscriptionId] ?? null;
}
