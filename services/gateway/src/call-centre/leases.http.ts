import { Controller } from '@nestjs/common';
import type { Call } from '@holdfast/platform/grpc';
import { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Answer, Operation, operation, type HandlerInput } from '../operation/operation.js';
import { requestContextOf, type RequestContext } from '../operation/request-context.js';
import { Count, Id } from '../operation/wire.js';
import { Channel, LEASE_EXAMPLE, Lease, QueueName, leaseJson } from './work.js';

const takeLease = operation({
  method: 'POST',
  path: '/api/v1/agent-queues/{queue}/leases',
  group: 'call-centre',
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
  example: {
    params: { queue: 'demo' },
    body: { agent: 'agent-7', channel: 'call' },
    response: { lease: LEASE_EXAMPLE, passedOver: { consent: 2 } },
  },
});

const renewLease = operation({
  method: 'PUT',
  path: '/api/v1/leases/{leaseId}:renew',
  group: 'call-centre',
  summary: 'Hold a lease for 120 s more',
  description: '410 if it has run out.',
  scope: 'lease:write',
  params: z.strictObject({ leaseId: Id }),
  response: Lease,
  example: { params: { leaseId: LEASE_EXAMPLE.leaseId }, response: LEASE_EXAMPLE },
});

const releaseLease = operation({
  method: 'DELETE',
  path: '/api/v1/leases/{leaseId}',
  group: 'call-centre',
  summary: 'Give the work back',
  scope: 'lease:write',
  audited: true,
  params: z.strictObject({ leaseId: Id }),
  status: 204,
  response: z.undefined(),
  example: { params: { leaseId: LEASE_EXAMPLE.leaseId }, response: undefined },
});

/** Work that an agent holds. */
@Controller()
export class LeasesHttp {
  constructor(private readonly services: ServiceClients) {}

  @Operation(takeLease)
  async take({ call, params, body, request }: HandlerInput<typeof takeLease>) {
    const { lease, passedOver } = await this.services.work.leaseNext(call, {
      queue: params.queue,
      agent: call.caller.onBehalfOf ?? body.agent,
      channel: body.channel ?? '',
      subscriptionId: body.subscriptionId ?? '',
    });
    if (lease === undefined) return new Answer({ lease: null, passedOver }, { status: 200 });
    const key = await this.keyOf(call, lease.item!.subscriptionId, requestContextOf(request));
    return { lease: leaseJson(lease, key), passedOver };
  }

  @Operation(renewLease)
  async renew({ call, params }: HandlerInput<typeof renewLease>) {
    return leaseJson(await this.services.work.renewLease(call, params), null);
  }

  @Operation(releaseLease)
  async release({ call, params }: HandlerInput<typeof releaseLease>) {
    await this.services.work.releaseLease(call, params);
    return undefined;
  }

  /** Leases of work items. */
  private async keyOf(call: Call, subscriptionId: string, context: RequestContext): Promise<string | null> {
    if (!call.caller.scopes.has('pii:read') || call.caller.accessReason === undefined) return null;
    const { keys } = await this.services.customers.getSubscriptionKeys(call, { subscriptionIds: [subscriptionId] });
    const key = keys[subscriptionId] ?? null;
    if (key !== null) context.personalDataRead = true;
    return key;
  }
}
