import type { Call } from '@holdfast/platform/grpc';
import { requireScope } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mayReadPersonal } from '../access/claims.js';
import { requestContextOf } from '../operation/request-context.js';
import type { ServiceClients } from '../service-clients.js';

/** Most subscriptions of one request to customer-profile. */
const KEYS_MAX = 500;

const reasonMissing = failure('forbidden', 'personal.reasonMissing', {
  en: 'Personal data need a stated reason of access.',
  'zh-CN': '访问个人数据需要说明理由。',
});

/** Parameter of lists of subscriptions. */
export const KEYS_QUERY = {
  keys: z
    .enum(['true', 'false'])
    .default('false')
    .describe(
      "The operator's keys in addition to the ids; 403 without the scope pii:read and the header X-Access-Reason",
    ),
};

/** Their personal data. */
export const KEYS_PERSONAL = '`key` of the rows, requested with `keys=true`';

/** Property of the rows of such lists. */
export const SubscriptionKey = z
  .string()
  .nullable()
  .describe("The operator's key of the subscription; null unless requested with `keys=true`");

/** Adds the keys to rows. */
export type AddKeys = <Row extends { subscriptionId: string }>(rows: readonly Row[]) => Promise<Keyed<Row>[]>;
type Keyed<Row> = Row & { key: string | null };

/**
 * Adds keys, set by set, to the rows of a list whose request has `keys=true`, and null to those of others. Notes for the
 * audit ledger that the answer has keys.
 * @throws forbidden
 */
export function keysFor(
  keys: 'true' | 'false',
  { call, request, services }: { call: Call; request: FastifyRequest; services: ServiceClients },
): AddKeys {
  if (keys === 'false') return async (rows) => rows.map((row) => ({ ...row, key: null }));
  requireScope(call.caller, 'pii:read');
  if (!mayReadPersonal(call.caller)) throw reasonMissing();
  requestContextOf(request).personalDataRead = true;
  return async (rows) => {
    const found = new Map<string, string>();
    for (let start = 0; start < rows.length; start += KEYS_MAX) {
      const subscriptionIds = rows.slice(start, start + KEYS_MAX).map((row) => row.subscriptionId);
      const set = await services.customers.getSubscriptionKeys(call, { subscriptionIds });
      for (const [id, key] of Object.entries(set.keys)) found.set(id, key);
    }
    return rows.map((row) => ({ ...row, key: found.get(row.subscriptionId) ?? null }));
  };
}

/** Adds both keys to pairs of subscriptions. */
export async function withPairKeys<Pair extends { leftId: string; rightId: string }>(
  pairs: readonly Pair[],
  addKeys: AddKeys,
): Promise<(Pair & { leftKey: string | null; rightKey: string | null })[]> {
  const ids = new Set(pairs.flatMap(({ leftId, rightId }) => [leftId, rightId]));
  const keyed = await addKeys([...ids].map((subscriptionId) => ({ subscriptionId })));
  const keys = new Map(keyed.map(({ subscriptionId, key }) => [subscriptionId, key]));
  return pairs.map((pair) => ({
    ...pair,
    leftKey: keys.get(pair.leftId) ?? null,
    rightKey: keys.get(pair.rightId) ?? null,
  }));
}

/** The rows of each part of a list, with their keys. */
export async function* keyedRows<Part, Row extends { subscriptionId: string }>(
  parts: AsyncIterable<Part>,
  rowsOf: (part: Part) => readonly Row[],
  addKeys: AddKeys,
): AsyncIterable<Keyed<Row>[]> {
  for await (const part of parts) yield await addKeys(rowsOf(part));
}
