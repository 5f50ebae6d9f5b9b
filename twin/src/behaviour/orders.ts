import type { Stream } from '../randomness/stream.js';
import { productSpells, type ProductSpell } from '../world/products.js';
import type { World } from '../world/world.js';

/** Before the span, so that some have had their products for long. */
const KNOWN_DAYS = 1500;

/** What somebody orders while the subscription exists. */
export function ordersOf(stream: Stream, world: World, at: number): ProductSpell[] {
  const { subscriptions, people } = world;
  const from = Math.max(subscriptions.activatedDay[at]!, world.firstDay - KNOWN_DAYS);
  return productSpells(stream, at, people.age[subscriptions.person[at]!]!, from, world.afterLastDay);
}
