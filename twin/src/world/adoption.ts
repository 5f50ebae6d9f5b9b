import { parseDay } from '@holdfast/platform/calendar';
import { Purpose, type Stream } from '../randomness/stream.js';
import type { CallGraph } from './call-graph.js';
import { HANDSETS, type HandsetSpell } from './handsets.js';
import { PRODUCTS, type Product, type ProductSpell } from './products.js';
import { sharedInts } from './shared.js';

/**
 * Product adoption: a threshold model (Granovetter, Threshold Models of Collective Behavior, 1978) with logistic
 * thresholds. For subscription s and product p
 *
 *   utility = base(p) - d²/2 + weight(p) · need(s, p) + bonus(p) · [has p's precursor] + 0.5 ln(1 + friends)
 *
 * d: years of age from the product's peak over 18; need: ln(usage / usual usage); friends: adjacent subscriptions in
 * the call graph that adopted p without the influence of their friends. s adopts p once utility + e > 0, e logistic,
 * after a wait of 260 days on average; so 1 / (1 + exp(-utility)) is the final probability of adoption. A required
 * product or handset capability delays adoption until it is available.
 */
const AGE_SPREAD_YEARS = 18;
const FRIENDS_WEIGHT = 0.5;
const WAIT_DAYS_MEAN = 260;
const KEPT_DAYS_MIN = 31;
const KEPT_DAYS_MEAN = 400;
const NEVER_ADOPTED = 2 ** 30;

const LAUNCHED = PRODUCTS.map(({ launchedOn }) => parseDay(launchedOn)!);

/** Determinants of product adoption. */
export interface Adopter {
  age: number;
  /** ln(usage / usual usage). */
  needs: Record<Product['need'], number>;
  handsets: readonly HandsetSpell[];
  /** First day of a possible adoption, and first day after the last. */
  fromDay: number;
  afterLastDay: number;
}

/** Sorted days on which friends adopted each product, by product. */
type AdoptionDays = readonly (readonly number[])[];

/** By the id of a product. */
type AdoptedOn = ReadonlyMap<string, number>;

export const NO_FRIENDS: AdoptionDays = PRODUCTS.map(() => []);

/** @param friends that adopted it @param hasPrecursor whether `product.after` was adopted */
export function productUtility(product: Product, adopter: Adopter, friends: number, hasPrecursor: boolean): number {
  const distance = (adopter.age - product.ageOfPeak) / AGE_SPREAD_YEARS;
  const precursor = hasPrecursor ? (product.after?.bonus ?? 0) : 0;
  const need = product.needWeight * adopter.needs[product.need];
  return product.base - (distance * distance) / 2 + need + precursor + FRIENDS_WEIGHT * Math.log(1 + friends);
}

/** Ignores the end of the subscription. */
export function productSpells(stream: Stream, at: number, adopter: Adopter, friends: AdoptionDays): ProductSpell[] {
  const random = stream.at(Purpose.adoption, at);
  const spells: ProductSpell[] = [];
  const adoptedOn = new Map<string, number>();
  PRODUCTS.forEach((product, place) => {
    const chance = Math.max(1e-12, random.next());
    const threshold = Math.log(chance / (1 - chance));
    const waitDays = Math.floor(random.exponential(WAIT_DAYS_MEAN));
    const keptDays = KEPT_DAYS_MIN + Math.floor(random.exponential(KEPT_DAYS_MEAN));
    const reached = firstDayAboveThreshold(product, adopter, threshold, adoptedOn, friends[place]!);
    const able = firstPossibleDay(product, adopter, adoptedOn, Math.max(reached + waitDays, LAUNCHED[place]!));
    if (able >= adopter.afterLastDay) return;
    adoptedOn.set(product.id, able);
    spells.push({ product: place, fromDay: able, toDay: able + keptDays });
  });
  return spells;
}

function firstDayAboveThreshold(
  product: Product,
  adopter: Adopter,
  threshold: number,
  adoptedOn: AdoptedOn,
  friendAdoptionDays: readonly number[],
): number {
  const precursor = product.after === undefined ? undefined : adoptedOn.get(product.after.id);
  // The usual case first: above the threshold at once, or no later event can change the utility.
  if (productUtility(product, adopter, 0, false) + threshold > 0) return adopter.fromDay;
  if (precursor === undefined && friendAdoptionDays.length === 0) return NEVER_ADOPTED;
  const moments = [adopter.fromDay, ...(precursor === undefined ? [] : [precursor]), ...friendAdoptionDays];
  moments.sort((left, right) => left - right);
  const reached = moments.find((day) => {
    const friends = friendAdoptionDays.filter((each) => each <= day).length;
    const hasPrecursor = precursor !== undefined && precursor <= day;
    return day >= adopter.fromDay && productUtility(product, adopter, friends, hasPrecursor) + threshold > 0;
  });
  return reached ?? NEVER_ADOPTED;
}

/** The first day from `from` on with the required product or capability. */
function firstPossibleDay({ requires }: Product, { handsets }: Adopter, adoptedOn: AdoptedOn, from: number): number {
  if (requires === undefined) return from;
  if (requires.startsWith('V')) return Math.max(from, adoptedOn.get(requires) ?? NEVER_ADOPTED);
  const able = handsets.find(({ model, toDay }) => {
    return (toDay === undefined || toDay > from) && HANDSETS[model]!.capabilities.includes(requires);
  });
  if (able === undefined) return NEVER_ADOPTED;
  // The first handset in the data counts as used before, too.
  return able === handsets[0] ? from : Math.max(from, able.fromDay);
}

/**
 * Adoption without the influence of friends, who react to it.
 * @param adopterOf undefined for subscriptions whose adoption is invisible to friends
 * @returns subscription × PRODUCTS + product: the day, or NEVER_ADOPTED
 */
export function buildAdoption(
  stream: Stream,
  count: number,
  adopterOf: (at: number) => Adopter | undefined,
): Int32Array {
  const ownDay = sharedInts(count * PRODUCTS.length, NEVER_ADOPTED);
  for (let at = 0; at < count; at += 1) {
    const adopter = adopterOf(at);
    if (adopter === undefined) continue;
    for (const { product, fromDay } of productSpells(stream, at, adopter, NO_FRIENDS)) {
      ownDay[at * PRODUCTS.length + product] = fromDay;
    }
  }
  return ownDay;
}

export function friendAdoptionDays(ownDay: Int32Array, callGraph: CallGraph, at: number): AdoptionDays {
  const days: number[][] = PRODUCTS.map(() => []);
  for (let place = callGraph.start[at]!; place < callGraph.start[at + 1]!; place += 1) {
    const edge = callGraph.edgeOf[place]!;
    const other = callGraph.from[edge] === at ? callGraph.to[edge]! : callGraph.from[edge]!;
    days.forEach((ofProduct, product) => {
      const day = ownDay[other * PRODUCTS.length + product]!;
      if (day < NEVER_ADOPTED) ofProduct.push(day);
    });
  }
  for (const ofProduct of days) ofProduct.sort((left, right) => left - right);
  return days;
}
