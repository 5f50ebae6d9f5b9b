import type { Stream } from '../randomness/stream.js';
import { friendAdoptionDays, productSpells } from '../world/adoption.js';
import type { ProductSpell } from '../world/products.js';
import { adopterOf, type World } from '../world/world.js';

/** What somebody orders while the subscription exists. */
export function ordersOf(stream: Stream, world: World, at: number): ProductSpell[] {
  return productSpells(
    stream,
    at,
    adopterOf(stream, world, at),
    friendAdoptionDays(world.adoption, world.callGraph, at),
  );
}
