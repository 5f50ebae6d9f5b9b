import { ApiError } from '@holdfast/client/errors';
import type { RestClient } from '@holdfast/client/rest-client';

import type { SystemHome } from '../system-home.js';
import { Pool } from './pool.js';

const IDS_MAX = 12;

/**
 * Ids and names that exist in a system, of several regions, by the parameters and properties that take them.
 * @param identifiers numbers or keys by which customers are found
 */
export async function knownIn(home: SystemHome, client: RestClient, identifiers: readonly string[]): Promise<Pool> {
  const subscriptions = await home.query<{ subscription: string; customer: string }>(
    `select distinct on (org_unit_path) subscription_id as subscription, customer_id as customer
     from customer_profile.subscription order by org_unit_path, subscription_id limit $1`,
    [IDS_MAX],
  );
  const tables = (await client.call('GET /api/v1/tables')).tables.map(({ table }) => table);
  const { campaigns } = await client.call('GET /api/v1/campaigns');
  const { queues } = await client.call('GET /api/v1/agent-queues');
  const { imports } = await client.call('GET /api/v1/imports');
  const { jobs } = await client.call('GET /api/v1/jobs', { pageSize: 3 });
  const { models } = await client.call('GET /api/v1/models');
  const { households } = await orNone(client.call('GET /api/v1/households', { pageSize: IDS_MAX }), NO_HOUSEHOLDS);
  const { results } = await client.call('GET /api/v1/campaign-results');
  const { plans } = await orNone(client.call('GET /api/v1/plans'), { plans: [] });
  const subscriptionIds = subscriptions.map(({ subscription }) => subscription);
  const customerIds = [...subscriptions.map(({ customer }) => customer), ...subscriptionIds.slice(0, 2)];
  const queue = queues.map((each) => each.queue);
  const { clientId, secret } = home.credentials('console');
  return new Pool([
    ['subscriptionId', subscriptionIds],
    ['subscription', subscriptionIds],
    ['customerId', customerIds],
    ['table', tables],
    ['queue', queue],
    ['campaignId', [...campaigns.map(({ campaignId }) => campaignId), ...results.map(({ campaignId }) => campaignId)]],
    ['importId', imports.map(({ importId }) => importId)],
    ['jobId', jobs.map(({ jobId }) => jobId)],
    ['modelId', models.map(({ modelId }) => modelId)],
    ['householdId', households.map(({ householdId }) => householdId)],
    ['runId', ['latest', ...queues.map(({ runId }) => runId)]],
    ['planId', plans.map(({ planId }) => planId).slice(0, IDS_MAX)],
    ['name', ['subscriber-months']],
    ['view', ['subscriber-months']],
    ['month', ['2026-09', '2026-08']],
    ['value', identifiers.slice(0, IDS_MAX)],
    ['agent', ['agent-1', 'agent-2', 'agent-3', 'agent-4']],
    ['If-Match', ['*', '"1"', '"2"']],
    ['asOf', ['2026-09-15T00:00:00Z']],
    ['orgUnit', [...new Set(households.flatMap(({ members }) => members.map(({ orgUnit }) => orgUnit)))]],
    ['file', ['start.js', 'swagger-ui.css']],
    ['key', ['consent.marketingDefault', 'lease.perAgentMax', 'offer.catalogue']],
    ['grant_type', ['client_credentials']],
    ['client_id', [clientId]],
    ['client_secret', [secret]],
  ]);
}

const NO_HOUSEHOLDS = { households: [], nextPageToken: null };

/** What a call gives, or nothing where the system has only a plain table. */
async function orNone<Found extends object>(call: Promise<Found>, none: Found): Promise<Found> {
  return call.catch((error: unknown) => {
    if (error instanceof ApiError) return none;
    throw error;
  });
}

/** Org unit path of each subscription and customer, by id. */
export async function ownersIn(home: SystemHome): Promise<Map<string, string>> {
  const rows = await home.query<{ id: string; unit: string }>(
    `select subscription_id as id, org_unit_path as unit from customer_profile.subscription
     union all select customer_id, org_unit_path from customer_profile.customer`,
  );
  return new Map(rows.map(({ id, unit }) => [id, unit]));
}
