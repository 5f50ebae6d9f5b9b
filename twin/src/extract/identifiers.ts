import { scatter } from '../randomness/scatter.js';
import { DISTRICTS } from '../world/geography.js';
import { msisdn } from '../world/names.js';
import { isActivated } from '../world/subscriptions.js';
import { scatterKey, type World } from '../world/world.js';

export type Identifiers = ReturnType<typeof identifiersOf>;

/** The operator's identifiers of entities, which reveal nothing about their indexes. */
export function identifiersOf(world: Pick<World, 'seed' | 'subscriptions'>) {
  // a key per kind, so that equal indexes of two kinds have unrelated numbers
  const numbers = (kind: number): ((index: number) => number) => {
    const key = scatterKey(world, kind);
    return (index) => scatter(key, index);
  };
  const texts = (prefix: string, kind: number): ((index: number) => string) => {
    const number = numbers(kind);
    return (index) => prefix + String(number(index)).padStart(8, '0');
  };
  const subscriptionNumber = numbers(1);
  const contactPart = texts('TK', 9);
  return {
    subscription: texts('TS', 1),
    subscriptionNumber,
    /** Of a person or, after all persons, a firm. */
    customer: texts('TC', 2),
    /** Of an account number as in world/ownership.ts. */
    account: texts('TA', 3),
    household: texts('TH', 4),
    /** Equal for all callers of a peer. */
    peerNumber: numbers(5),
    msisdn: (number: number): string => msisdn(scatterKey(world, 6), number),
    cell: texts('TL', 7),
    cellNumber: numbers(7),
    community: texts('TQ', 8),
    contact: (number: number): string => `${contactPart(number % 2 ** 26)}-${Math.floor(number / 2 ** 26)}`,
    /** In the truth only. */
    firm: texts('TF', 10),
    /** Activated subscriptions of a range in the order of their identifiers. */
    inOrder: (from: number, to: number): number[] => {
      const order = Float64Array.from({ length: to - from }, (_, at) => subscriptionNumber(from + at));
      const all = Array.from(order, (_, at) => from + at).filter((at) => isActivated(world.subscriptions, at));
      return all.sort((left, right) => order[left - from]! - order[right - from]!);
    },
  };
}

export function areaOrgUnitOf(district: number): string {
  return `U-AREA-${district}`;
}

export function countyOrgUnitOf(district: number): string {
  return `U-COUNTY-${district}`;
}

export function cityOrgUnitOf(district: number): string {
  return `U-CITY-${DISTRICTS[district]!.city}`;
}
