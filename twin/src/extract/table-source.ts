import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import type { Contact, ContactOutcome } from '../treatment/contact.js';
import type { World } from '../world/world.js';
import type { Identifiers } from './identifiers.js';

/** What a system did to customers since the history, and what came of it. */
export interface ContactHistory {
  contacts: readonly Contact[];
  /** By the number of the contact. */
  outcomes: readonly ContactOutcome[];
  /** Campaign of the last gift, by subscription. */
  giftCampaign: ReadonlyMap<number, string>;
}

/** What the tables are written from. */
export interface TableSource {
  world: World;
  lives: Lives;
  stream: Stream;
  identifiers: Identifiers;
  /** First month whose rows are handed over. */
  fromMonth: number;
  contacted?: ContactHistory;
}
