import type { Caller } from '@holdfast/platform/caller';

/** Scope of callers who release leases of others. */
const SUPERVISE = 'lease:supervise';

/** Parameters of `heldBy`; null for any. */
type Holder = readonly [client: string | null, agent: string | null];

/**
 * SQL condition: a lease belongs to the client that took it and, if the token of a caller names an agent, to that agent.
 * For other callers the lease does not exist.
 * @param lease alias of the table
 * @param client placeholder of the first parameter
 * @param agent placeholder of the second one
 */
export function heldBy(lease: string, client: string, agent: string): string {
  const matches = (column: string, value: string) => `(${value}::text is null or ${lease}.${column} = ${value}::text)`;
  return `${matches('client', client)} and ${matches('agent', agent)}`;
}

export function holderOf({ client, onBehalfOf }: Caller): Holder {
  return [client, onBehalfOf ?? null];
}

/** Whose leases a caller may release. */
export function releasableBy(caller: Caller): Holder {
  return caller.scopes.has(SUPERVISE) ? [null, null] : holderOf(caller);
}
