import { monthText } from '@holdfast/platform/calendar';
import type { ContactHistory } from '../extract/table-source.js';
import type { Lives } from '../hazard/lives.js';
import { RESPONSES } from '../treatment/contact.js';
import { RESPONSE_TYPES } from '../treatment/trial.js';
import type { World } from '../world/world.js';

/** Outcome for the subscriptions active at the start of the continuation. */
export interface PolicyOutcome {
  /** Active at its end. */
  stayed: number;
  /** The expectation of `stayed`. */
  stayedExpected: number;
  /** Expected revenue less running discounts and gifts, CNY. */
  valueCny: number;
}

/** `truth/policy.json`. */
export type PolicySummary = ReturnType<typeof policyOf>;

/** Value of a policy compared with the same world without contacts. @param baseline lives without contacts */
export function policyOf(world: World, baseline: Lives, lives: Lives, { contacts, outcomes }: ContactHistory) {
  const noContact = outcomeOf(world, baseline);
  const underPolicy = outcomeOf(world, lives);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const costCny = {
    contacts: roundCents(sum(outcomes.map(({ costCny: cost }) => cost))),
    offers: roundCents(sum(outcomes.map(({ offerCostCny: cost }) => cost))),
  };
  const valueCny = roundCents(underPolicy.valueCny - noContact.valueCny);
  const countOf = (name: string): number => outcomes.filter(({ response }) => response === name).length;
  return {
    formatVersion: 1,
    from: monthText(world.firstMonth + world.historyMonths),
    to: monthText(world.firstMonth + world.months - 1),
    atStart: baseline.stayChance.reduce((count, chance) => count + (chance > 0 ? 1 : 0), 0),
    contacts: contacts.length,
    responses: Object.fromEntries(RESPONSES.map((response) => [response, countOf(response)])),
    /** Cost of the contacts, and one-off cost of accepted offers. */
    costCny,
    noContact,
    underPolicy,
    gained: {
      stayed: underPolicy.stayed - noContact.stayed,
      stayedExpected: underPolicy.stayedExpected - noContact.stayedExpected,
      valueCny,
      netCny: roundCents(valueCny - costCny.contacts - costCny.offers),
    },
    /** Contacted subscriptions by response type at the first contact. */
    byType: byType(baseline, lives, { contacts, outcomes }),
  };
}

function outcomeOf({ subscriptions }: World, lives: Lives): PolicyOutcome {
  const total = { stayed: 0, stayedExpected: 0, valueCny: 0 };
  for (let at = 0; at < subscriptions.count; at += 1) {
    if (lives.stayChance[at] === 0) continue;
    total.stayed += lives.churnMonth[at]! < 0 ? 1 : 0;
    total.stayedExpected += lives.stayChance[at]!;
    total.valueCny += lives.valueCny[at]!;
  }
  return { ...total, valueCny: roundCents(total.valueCny) };
}

function roundCents(cny: number): number {
  return Math.round(cny * 100) / 100;
}

/** Response type at the first contact of each active subscription. */
export function typesOf({ contacts, outcomes }: Pick<ContactHistory, 'contacts' | 'outcomes'>): Map<number, number> {
  const types = new Map<number, number>();
  for (const { at, number } of contacts) {
    const { type } = outcomes[number]!;
    if (type !== undefined && !types.has(at)) types.set(at, type);
  }
  return types;
}

function byType(baseline: Lives, lives: Lives, contactHistory: Pick<ContactHistory, 'contacts' | 'outcomes'>) {
  const rows = RESPONSE_TYPES.map(() => ({ subscriptions: 0, stayedExpected: 0, valueCny: 0 }));
  for (const [at, type] of typesOf(contactHistory)) {
    const row = rows[type]!;
    row.subscriptions += 1;
    row.stayedExpected += lives.stayChance[at]! - baseline.stayChance[at]!;
    row.valueCny += lives.valueCny[at]! - baseline.valueCny[at]!;
  }
  const rounded = rows.map((row) => ({ ...row, valueCny: roundCents(row.valueCny) }));
  return Object.fromEntries(RESPONSE_TYPES.map((name, type) => [name, rounded[type]!]));
}
