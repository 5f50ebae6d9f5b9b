import fs from 'node:fs';
import path from 'node:path';
import { monthText } from '@holdfast/platform/calendar';
import { momentText } from '../calendar/calendar.js';
import { identifiersOf, type Identifiers } from '../extract/identifiers.js';
import type { ContactHistory } from '../extract/table-source.js';
import type { Lives } from '../hazard/lives.js';
import { flagText, table, writeTable, type Cell } from '../table/table.js';
import { RESPONSES } from '../treatment/contact.js';
import { RESPONSE_TYPES } from '../treatment/trial.js';
import { subscriptionRange } from '../world/subscriptions.js';
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

/** All contacts since the history, readable as input again; `response` is the one given by the system. */
const contactTable = table(
  'contacts',
  'subscription_id,at,channel,offer,campaign_id,response,result,response_type,cost_cny,offer_cost_cny',
);

/** All members of contacted households: lives without and with the contacts. Months are empty for stayers. */
const effectTable = table(
  'policy_effects',
  'subscription_id,household_id,is_contacted,response_type',
  ...['churns_in', 'stays', 'value_cny'].flatMap((outcome) => [`no_contact_${outcome}`, `contacted_${outcome}`]),
);

export function writePolicyTruth(
  folder: string,
  world: World,
  noContact: Lives,
  lives: Lives,
  contactHistory: ContactHistory,
  policy: PolicySummary,
): void {
  const identifiers = identifiersOf(world);
  writeTable(contactTable, contactRows(identifiers, contactHistory), folder);
  writeTable(effectTable, effectRows(world, identifiers, noContact, lives, contactHistory), folder);
  fs.writeFileSync(path.join(folder, 'policy.json'), `${JSON.stringify(policy, null, 2)}\n`);
}

function* contactRows(identifiers: Identifiers, { contacts, outcomes }: ContactHistory): Generator<Cell[]> {
  for (const { number, at, day, second, channel, offer, campaign, given } of contacts) {
    const { response, type, costCny, offerCostCny } = outcomes[number]!;
    yield [
      identifiers.subscription(at),
      momentText(day, second),
      channel,
      offer,
      campaign,
      given,
      response,
      type === undefined ? undefined : RESPONSE_TYPES[type],
      costCny.toFixed(2),
      offerCostCny.toFixed(2),
    ];
  }
}

function* effectRows(
  { people, subscriptions, households, firstMonth }: World,
  identifiers: Identifiers,
  noContact: Lives,
  lives: Lives,
  contactHistory: ContactHistory,
): Generator<Cell[]> {
  const householdOf = (at: number): number => people.household[subscriptions.person[at]!]!;
  const contacted = new Set(contactHistory.contacts.map(({ at }) => at));
  const contactedHouseholds = new Set([...contacted].map(householdOf));
  const types = typesOf(contactHistory);
  const churnMonthText = ({ churnMonth }: Lives, at: number): Cell =>
    churnMonth[at]! < 0 ? undefined : monthText(firstMonth + churnMonth[at]!);
  const members = [...contactedHouseholds].flatMap((household) => {
    const [first, after] = subscriptionRange(subscriptions, households, household);
    return Array.from({ length: after - first }, (_, place) => first + place);
  });
  members.sort((left, right) => identifiers.subscriptionNumber(left) - identifiers.subscriptionNumber(right));
  for (const at of members) {
    if (noContact.stayChance[at] === 0) continue;
    const type = types.get(at);
    yield [
      identifiers.subscription(at),
      identifiers.household(householdOf(at)),
      flagText(contacted.has(at)),
      type === undefined ? undefined : RESPONSE_TYPES[type],
      churnMonthText(noContact, at),
      churnMonthText(lives, at),
      noContact.stayChance[at]!.toPrecision(6),
      lives.stayChance[at]!.toPrecision(6),
      noContact.valueCny[at]!.toFixed(2),
      lives.valueCny[at]!.toFixed(2),
    ];
  }
}
