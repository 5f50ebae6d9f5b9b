import type { Caller } from '../caller/caller.js';

/** A client, and its user if the client names one. */
export interface Actor {
  client: string;
  person: string | null;
}

export function actorOf({ client, onBehalfOf }: Caller): Actor {
  return { client, person: onBehalfOf ?? null };
}

/** The client, with the person if the client named one; empty without a client. */
export function actorText(client: string | null, person: string | null): string {
  return [client, person].filter((part) => part !== null).join('/');
}

/**
 * Whether two actors may be the same person: the same person on any client, or the same client if one of them names no
 * person.
 */
export function mayBeSame(one: Actor, other: Actor): boolean {
  if (one.person !== null && other.person !== null) return one.person === other.person;
  return one.client === other.client;
}
