import type { Lives } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import type { Contact, ContactOutcome } from '../treatment/contact.js';
import type { World } from '../world/world.js';
import { identifiersOf, type Identifiers } from './identifiers.js';

/** Contacts since the history, decided by a system. */
export interface ContactHistory {
  contacts: readonly Contact[];
  /** By the number of the contact. */
  outcomes: readonly ContactOutcome[];
  /** Campaign of the last gift, by subscription. */
  giftCampaign: ReadonlyMap<number, string>;
}

/** Input of the tables. */
export interface TableSource {
  world: World;
  lives: Lives;
  stream: Stream;
  identifiers: Identifiers;
  /** Activated subscriptions in the order of their identifiers. */
  all: readonly number[];
  /** First month of the extract. */
  fromMonth: number;
  contactHistory?: ContactHistory;
}

export function tableSource(world: World, lives: Lives, fromMonth = 0, contactHistory?: ContactHistory): TableSource {
  const identifiers = identifiersOf(world);
  const all = identifiers.inOrder(0, world.subscriptions.count);
  const source = { world, lives, stream: new Stream(world.seed), identifiers, all, fromMonth };
  return contactHistory === undefined ? source : { ...source, contactHistory };
}
