import type { Lease, WorkItem } from '@holdfast/client/gen/operations';
import type { RequestOf, ResponseOf, RestClient } from '@holdfast/client/rest-client';

type LeaseRequest = RequestOf<'POST /api/v1/agent-queues/{queue}/leases'>['body'];

/** Requests a lease of a queue; the answer has the lease, or why items were passed over. */
export function requestLease(
  client: RestClient,
  queue: string,
  body: LeaseRequest,
): Promise<ResponseOf<'POST /api/v1/agent-queues/{queue}/leases'>> {
  return client.call('POST /api/v1/agent-queues/{queue}/leases', { queue, body });
}

/** Ends a lease without a disposition. */
export function endLease(client: RestClient, { leaseId }: Pick<Lease, 'leaseId'>): Promise<unknown> {
  return client.call('DELETE /api/v1/leases/{leaseId}', { leaseId });
}

/** All open items of a queue, by rank. */
export function openItems(client: RestClient, queue: string): Promise<WorkItem[]> {
  const request = { queue, state: 'open', pageSize: 1_000 } as const;
  return client.all('GET /api/v1/agent-queues/{queue}/items', 'items', request);
}

/** Whether subscriptions may be called now, and why not. */
export async function checkContact(client: RestClient, subscriptionIds: string[]) {
  const body = { subscriptionIds, purpose: 'marketing', channel: 'call' } as const;
  return (await client.call('POST /api/v1/contactability:check', { body })).answers;
}
