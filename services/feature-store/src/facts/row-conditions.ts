import { failure } from '@holdfast/platform/errors';
import { isUuid, shardOf } from '@holdfast/platform/identity';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { literal } from '../engine/engine.js';
import type { RowCondition } from './as-of.js';

const SUBSCRIPTIONS_MAX = 500;

const subscriptionsInvalid = failure('invalid', 'facts.subscriptionsInvalid', {
  en: 'At most {max} subscriptions can be read, by their ids, of a table about subscriptions.',
  'zh-CN': '最多可按标识查询 {max} 个用户，且仅限于以用户为主体的表。',
});

/** SQL conditions on an org unit path: within one of the prefixes. */
export function pathConditions(prefixes: readonly string[], column: string): string[] {
  if (prefixes.includes('')) return [];
  const seen = prefixes.map((prefix) => `starts_with(${column}, ${literal(prefix)})`);
  return [seen.length === 0 ? 'false' : `(${seen.join(' or ')})`];
}

/** Rows of these subscriptions; of all for none. @throws invalid */
export function subscriptionConditions(table: ContractTable, ids: readonly string[]): RowCondition[] {
  if (ids.length === 0) return [];
  const isPossible = table.about === 'subscription' && ids.length <= SUBSCRIPTIONS_MAX && ids.every(isUuid);
  if (!isPossible) throw subscriptionsInvalid({ max: SUBSCRIPTIONS_MAX });
  // Files are sorted by shard: naming the few shards skips nearly all of their blocks.
  const shards = [...new Set(ids.map(shardOf))];
  return [
    { column: 'shard', sql: `shard in (${shards.join(', ')})` },
    { column: table.aboutColumn, sql: `"${table.aboutColumn}" in (${ids.map((id) => `'${id}'::uuid`).join(', ')})` },
  ];
}
