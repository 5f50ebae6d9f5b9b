import fs from 'node:fs';
import path from 'node:path';
import { monthText } from '@holdfast/platform/calendar';
import { momentText } from '../calendar/calendar.js';
import { identifiersOf, type Identifiers } from '../extract/identifiers.js';
import type { ContactHistory } from '../extract/table-source.js';
import type { Lives } from '../hazard/lives.js';
import { writeTable } from '../table/table-file.js';
import { flagText, table, type Cell } from '../table/table.js';
import { RESPONSE_TYPES } from '../treatment/trial.js';
import { subscriptionRange } from '../world/subscriptions.js';
import type { World } from '../world/world.js';
import { typesOf, type PolicySummary } from './policy.js';

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
