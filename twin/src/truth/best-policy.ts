import { monthText } from '@holdfast/platform/calendar';
import type { TableSource } from '../extract/table-source.js';
import { OUTLOOK_MONTHS } from '../hazard/life-state.js';
import { TREATMENTS, type TreatmentColumns } from '../hazard/lives.js';
import type { Cell } from '../table/table.js';
import { RESPONSE_TYPES } from '../treatment/trial.js';
import { householdOf, type World } from '../world/world.js';

/** Share of active subscriptions that a small budget can contact. */
export const BUDGET_SHARE = 0.05;

/** A possible contact. */
interface Candidate {
  household: number;
  treatment: number;
  stays: number;
  cny: number;
}

export type BestPolicy = NonNullable<ReturnType<typeof bestPolicyOf>>;

/**
 * Upper bound for contacts in the month after the span, over it and the three months after it: the best treatment of
 * the best member of each household, or none. A second contact in a household would have about half the value, since
 * the first one reaches all members, and is not made.
 * @returns undefined without active subscriptions
 */
export function bestPolicyOf({ world, lives }: TableSource) {
  const { outlook } = lives;
  const { count } = world.subscriptions;
  let atStart = 0;
  const noContact = { stays: 0, cny: 0 };
  for (let at = 0; at < count; at += 1) {
    if (outlook.noContactStays[at] === 0) continue;
    atStart += 1;
    noContact.stays += outlook.noContactStays[at]!;
    noContact.cny += outlook.noContactCny[at]!;
  }
  if (atStart === 0) return undefined;
  const contactsMax = Math.floor(BUDGET_SHARE * atStart);
  const gains = (columns: TreatmentColumns, aim: 'cny' | 'stays') => {
    const all = candidates(world, columns, aim);
    return { unlimited: gainOf(all, atStart), budget: gainOf(all.slice(0, contactsMax), atStart) };
  };
  const first = world.firstMonth + world.months;
  return {
    from: monthText(first),
    to: monthText(first + OUTLOOK_MONTHS - 1),
    atStart,
    noContact: {
      stayedPerThousand: perThousand(noContact.stays, atStart),
      cnyPerThousand: perThousand(noContact.cny, atStart),
    },
    budgetShare: BUDGET_SHARE,
    /** Optimised for value, and for retention at any cost; with and without a budget. */
    byValue: gains(outlook.maxValue, 'cny'),
    byRetention: gains(outlook.maxRetention, 'stays'),
  };
}

/** The best contact of every household with a gain, the best first. */
function candidates(world: World, columns: TreatmentColumns, aim: 'cny' | 'stays'): Candidate[] {
  const best = new Map<number, Candidate>();
  for (let at = 0; at < world.subscriptions.count; at += 1) {
    if (columns.treatment[at] === 0) continue;
    const household = householdOf(world, at);
    const [stays, cny] = [columns.stays[at]!, columns.cny[at]!];
    const candidate = { household, treatment: columns.treatment[at]! - 1, stays, cny };
    const current = best.get(household);
    if (current === undefined || candidate[aim] > current[aim]) best.set(household, candidate);
  }
  return [...best.values()].sort((left, right) => right[aim] - left[aim] || left.household - right.household);
}

type PolicyGain = ReturnType<typeof gainOf>;

/** Gain over no contact, per thousand active subscriptions, net of all costs. */
function gainOf(contacts: readonly Candidate[], atStart: number) {
  const treatments: Record<string, number> = {};
  let [stays, cny] = [0, 0];
  for (const contact of contacts) {
    const { offer, channel } = TREATMENTS[contact.treatment]!;
    treatments[`${offer} by ${channel}`] = (treatments[`${offer} by ${channel}`] ?? 0) + 1;
    stays += contact.stays;
    cny += contact.cny;
  }
  return {
    contacts: contacts.length,
    stayedPerThousand: perThousand(stays, atStart),
    netCnyPerThousand: perThousand(cny, atStart),
    treatments,
  };
}

function perThousand(sum: number, of: number): number {
  return Number(((1000 * sum) / of).toFixed(3));
}

export function* bestTreatmentRows({ lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const { outlook } = lives;
  for (const at of all) {
    if (outlook.noContactStays[at] === 0) continue;
    const best = ({ treatment, stays, cny }: TreatmentColumns): Cell[] => {
      const { offer, channel } = TREATMENTS[treatment[at]! - 1] ?? {};
      return [offer, channel, stays[at]!.toFixed(6), cny[at]!.toFixed(2)];
    };
    yield [
      identifiers.subscription(at),
      RESPONSE_TYPES[outlook.responseType[at]!],
      outlook.noContactStays[at]!.toFixed(6),
      outlook.noContactCny[at]!.toFixed(2),
      ...best(outlook.maxValue),
      ...best(outlook.maxRetention),
    ];
  }
}

/** Gain of the best policy per thousand, with and without a budget. */
export function bestPolicyLines({ from, to, noContact, budgetShare, byValue, byRetention }: BestPolicy): string[] {
  const share = `${(100 * budgetShare).toFixed(0)} % contacted`;
  return [
    `best policy, ${from} to ${to}, per 1,000 active subscriptions (without contact ${noContact.stayedPerThousand.toFixed(1)} stay, ` +
      `${noContact.cnyPerThousand.toFixed(0)} CNY): for value ${gainText(byValue.unlimited)}; ` +
      `${share} ${gainText(byValue.budget)}`,
    `best policy for retention: ${gainText(byRetention.unlimited)}; ${share} ${gainText(byRetention.budget)}`,
  ];
}

function gainText({ contacts, stayedPerThousand, netCnyPerThousand }: PolicyGain): string {
  const net = `${netCnyPerThousand < 0 ? '' : '+'}${netCnyPerThousand.toFixed(0)} CNY net`;
  return `+${stayedPerThousand.toFixed(2)} stay, ${net} by ${contacts} contacts in all`;
}
