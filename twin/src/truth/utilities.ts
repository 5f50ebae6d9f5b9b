import { handsetsUsed } from '../behaviour/handsets-used.js';
import type { Lives } from '../hazard/lives.js';
import type { Stream } from '../randomness/stream.js';
import type { Cell } from '../table/table.js';
import { friendAdoptionDays, productSpells, productUtility } from '../world/adoption.js';
import { HANDSETS, handsetUtilities } from '../world/handsets.js';
import { PRODUCTS, type Product } from '../world/products.js';
import { adopterOf, handsetTasteOf, type World } from '../world/world.js';

const DIGITS = 3;

/**
 * Row of `product_utilities`: utilities on the last day, given friends and precursors; empty if a requirement is
 * missing.
 */
export function productUtilityRow(stream: Stream, world: World, at: number, id: string): Cell[] {
  const { afterLastDay } = world;
  const adopter = adopterOf(stream, world, at);
  const days = friendAdoptionDays(world.adoption, world.callGraph, at);
  const orders = productSpells(stream, at, adopter, days);
  const friends = days.map((ofProduct) => ofProduct.filter((day) => day < afterLastDay).length);
  const taken = new Set(orders.map(({ product }) => PRODUCTS[product]!.id));
  const has = orders.filter(({ toDay }) => toDay >= afterLastDay).map(({ product }) => PRODUCTS[product]!.id);
  const present = HANDSETS[adopter.handsets.at(-1)!.model]!;
  const isPossible = ({ requires }: Product): boolean =>
    requires === undefined || taken.has(requires) || present.capabilities.includes(requires);
  const utilities = PRODUCTS.map((product, place) => {
    if (!isPossible(product)) return undefined;
    const hasPrecursor = product.after !== undefined && taken.has(product.after.id);
    return productUtility(product, adopter, friends[place]!, hasPrecursor).toFixed(DIGITS);
  });
  return [id, has.length === 0 ? undefined : has.join(';'), ...utilities];
}

/** Row of `handset_utilities`: utilities on the last day; empty for models not on sale. */
export function handsetUtilityRow(stream: Stream, world: World, lives: Lives, at: number, id: string): Cell[] {
  const present = handsetsUsed(stream, world, lives, at).at(-1)!.model;
  const utilities = handsetUtilities(world.afterLastDay - 1, handsetTasteOf(world, at), present);
  const cells = utilities.map((utility) => (utility === -Infinity ? undefined : utility.toFixed(DIGITS)));
  return [id, HANDSETS[present]!.tac, ...cells];
}
