import type { Lives } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import type { Contact, ContactOutcome } from '../treatment/contact.js';
import type { World } from '../world/world.js';
import { Identifiers } from './identifiers.js';

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
  /** First month of the extract. */
  fromMonth: number;
  contactHistory?: ContactHistory;
}

export function tableSource(world: World, lives: Lives, fromMonth = 0, contactHistory?: ContactHistory): TableSource {
  const source = { world, lives, stream: new Stream(world.seed), identifiers: new Identifiers(world), fromMonth };
  return contactHistory === undefined ? source : { ...source, contactHistory };
}
