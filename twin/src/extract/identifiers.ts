import { scatter } from '../randomness/scatter.js';
import { DISTRICTS } from '../world/geography.js';
import { msisdn } from '../world/names.js';
import { isActivated } from '../world/subscriptions.js';
import { scatterKey, type World } from '../world/world.js';

/** Different keys, so that equal indexes of two kinds have unrelated numbers. */
const KIND = {
  subscription: 1,
  customer: 2,
  account: 3,
  household: 4,
  peer: 5,
  msisdn: 6,
  cell: 7,
  community: 8,
  contact: 9,
  firm: 10,
};
const DIGITS = 8;

/** The operator's identifiers of entities, which reveal nothing about their indexes. */
export class Identifiers {
  private readonly keys: Record<keyof typeof KIND, number>;

  constructor(private readonly world: Pick<World, 'seed' | 'subscriptions'>) {
    const entries = Object.entries(KIND).map(([name, kind]) => [name, scatterKey(world, kind)]);
    this.keys = Object.fromEntries(entries) as Record<keyof typeof KIND, number>;
  }

  subscription(at: number): string {
    return `TS${digits(this.subscriptionNumber(at))}`;
  }

  subscriptionNumber(at: number): number {
    return scatter(this.keys.subscription, at);
  }

  /** @param person or, after all persons, a firm */
  customer(person: number): string {
    return `TC${digits(scatter(this.keys.customer, person))}`;
  }

  /** @param account number as in world/ownership.ts */
  account(account: number): string {
    return `TA${digits(scatter(this.keys.account, account))}`;
  }

  household(household: number): string {
    return `TH${digits(scatter(this.keys.household, household))}`;
  }

  /** Equal for all callers of a peer. */
  peerNumber(peer: number): number {
    return scatter(this.keys.peer, peer);
  }

  msisdn(number: number): string {
    return msisdn(this.keys.msisdn, number);
  }

  cellNumber(cell: number): number {
    return scatter(this.keys.cell, cell);
  }

  cell(cell: number): string {
    return `TL${digits(this.cellNumber(cell))}`;
  }

  community(community: number): string {
    return `TQ${digits(scatter(this.keys.community, community))}`;
  }

  /** In the truth only. */
  firm(firm: number): string {
    return `TF${digits(scatter(this.keys.firm, firm))}`;
  }

  contact(number: number): string {
    return `TK${digits(scatter(this.keys.contact, number % 2 ** 26))}-${Math.floor(number / 2 ** 26)}`;
  }

  all(): number[] {
    return this.inOrder(0, this.world.subscriptions.count);
  }

  /** Activated subscriptions of a range in the order of their identifiers. */
  inOrder(from: number, to: number): number[] {
    const numbers = Float64Array.from({ length: to - from }, (_, at) => this.subscriptionNumber(from + at));
    const all = Array.from(numbers, (_, at) => from + at).filter((at) => isActivated(this.world.subscriptions, at));
    return all.sort((left, right) => numbers[left - from]! - numbers[right - from]!);
  }
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

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
