import type { Stream } from '../randomness/stream.js';
import type { ProductSpell } from '../world/products.js';
import { friendDays, productSpells } from '../world/take-up.js';
import { takerOf, type World } from '../world/world.js';

/** What somebody orders while the subscription exists. */
export function ordersOf(stream: Stream, world: World, at: number): ProductSpell[] {
  return productSpells(stream, at, takerOf(stream, world, at), friendDays(world.takeUp, world.circle, at));
}
