import { monthText } from '../calendar/calendar.js';
import type { ContactHistory } from '../extract/table-source.js';
import type { Lives } from '../hazard/lives.js';
import { RESPONSES } from '../treatment/contact.js';
import { RESPONSE_TYPES } from '../treatment/trial.js';
import type { World } from '../world/world.js';

/** What became of those who were there when the continuation began. */
export interface Worth {
  /** Still there at its end. */
  stayed: number;
  /** The same expected, free of the luck of who left. */
  stayedExpected: number;
  /** What they are expected to pay in it, less discounts and gifts that run, CNY. */
  valueCny: number;
}

/** What a policy was worth beside the same world with nobody contacted; `truth/policy.json`. */
export interface PolicySummary {
  formatVersion: 1;
  /** First and last month of the continuation. */
  from: string;
  to: string;
  atStart: number;
  contacts: number;
  responses: Record<string, number>;
  /** Of the contacts themselves, and of offers paid at once when they are taken. */
  costCny: { contacts: number; offers: number };
  leftAlone: Worth;
  underPolicy: Worth;
  /** Policy minus left alone; `netCny` after all costs. */
  gained: Worth & { netCny: number };
  /** Of those contacted, by how they took the first contact. */
  byType: Record<string, { subscriptions: number; stayedExpected: number; valueCny: number }>;
}

/** @param alone lives of the same world with nobody contacted @param lives as they were */
export function policyOf(
  world: World,
  alone: Lives,
  lives: Lives,
  { contacts, outcomes }: ContactHistory,
): PolicySummary {
  const leftAlone = worthOf(world, alone);
  const underPolicy = worthOf(world, lives);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const costCny = {
    contacts: toCents(sum(outcomes.map(({ costCny: cost }) => cost))),
    offers: toCents(sum(outcomes.map(({ offerCostCny: cost }) => cost))),
  };
  const valueCny = toCents(underPolicy.valueCny - leftAlone.valueCny);
  const counted = (wanted: string): number => outcomes.filter(({ response }) => response === wanted).length;
  return {
    formatVersion: 1,
    from: monthText(world.firstMonth + world.historyMonths),
    to: monthText(world.firstMonth + world.months - 1),
    atStart: alone.stayChance.reduce((count, chance) => count + (chance > 0 ? 1 : 0), 0),
    contacts: contacts.length,
    responses: Object.fromEntries(RESPONSES.map((response) => [response, counted(response)])),
    costCny,
    leftAlone,
    underPolicy,
    gained: {
      stayed: underPolicy.stayed - leftAlone.stayed,
      stayedExpected: underPolicy.stayedExpected - leftAlone.stayedExpected,
      valueCny,
      netCny: toCents(valueCny - costCny.contacts - costCny.offers),
    },
    byType: byType(alone, lives, { contacts, outcomes }),
  };
}

function worthOf({ subscriptions }: World, lives: Lives): Worth {
  const worth = { stayed: 0, stayedExpected: 0, valueCny: 0 };
  for (let at = 0; at < subscriptions.count; at += 1) {
    if (lives.stayChance[at] === 0) continue;
    worth.stayed += lives.leftMonth[at]! < 0 ? 1 : 0;
    worth.stayedExpected += lives.stayChance[at]!;
    worth.valueCny += lives.valueCny[at]!;
  }
  return { ...worth, valueCny: toCents(worth.valueCny) };
}

function toCents(cny: number): number {
  return Math.round(cny * 100) / 100;
}

/** How each took the first contact that met them as customers, by subscription. */
export function typesOf({ contacts, outcomes }: Pick<ContactHistory, 'contacts' | 'outcomes'>): Map<number, number> {
  const types = new Map<number, number>();
  for (const { at, number } of contacts) {
    const { type } = outcomes[number]!;
    if (type !== undefined && !types.has(at)) types.set(at, type);
  }
  return types;
}

function byType(
  alone: Lives,
  lives: Lives,
  contacted: Pick<ContactHistory, 'contacts' | 'outcomes'>,
): PolicySummary['byType'] {
  const found = RESPONSE_TYPES.map(() => ({ subscriptions: 0, stayedExpected: 0, valueCny: 0 }));
  for (const [at, type] of typesOf(contacted)) {
    const row = found[type]!;
    row.subscriptions += 1;
    row.stayedExpected += lives.stayChance[at]! - alone.stayChance[at]!;
    row.valueCny += lives.valueCny[at]! - alone.valueCny[at]!;
  }
  const rounded = found.map((row) => ({ ...row, valueCny: toCents(row.valueCny) }));
  return Object.fromEntries(RESPONSE_TYPES.map((name, type) => [name, rounded[type]!]));
}
