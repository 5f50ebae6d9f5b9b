import { DAY_MS } from '@holdfast/platform/calendar';
import type { Attempt } from './frequency.js';
import type { ContactHistory } from './gate.js';
import { UNREACHED } from './outcome.js';

/** Runs hand-written SQL, inside a transaction or outside of any. */
export type Query = <Row extends object>(sql: string, params: readonly unknown[]) => Promise<Row[]>;

/** A subscription and whose it is. */
export interface Person {
  subscriptionId: string;
  customerId: string;
  /** Keyed hashes of the numbers through which it is reached. */
  numbers: readonly Uint8Array[];
}

export interface HistoryQuestion {
  people: readonly Person[];
  channel: string;
  at: Date;
  /** When customer-profile was asked: what it was told later is not in its answer. */
  factsAt: Date;
  /** Days of customers' own touches. */
  days: number;
  /** Days of their households' touches. */
  householdDays: number;
}

const NOTHING: ContactHistory = { attempts: [], objected: false, wrongNumber: false, householdContacts: [] };

/** The name that a no-action group has everywhere. */
export const CONTROL = 'control';

const NOT_IN_FACTS = '(handed_over_at is null or handed_over_at >= $10)';

/**
 * Touches of the customers themselves and of everybody with one of their numbers; objections and wrong numbers that
 * customer-profile does not know yet; contacts with others of their households; and until when they, or one of their
 * other subscriptions, are left alone by lot.
 */
const HISTORY = `
  with asked as (select * from unnest($1::uuid[], $2::uuid[]) as asked (subscription_id, customer_id)),
  asked_number as (select * from unnest($8::uuid[], $9::bytea[]) as asked_number (subscription_id, lookup)),
  attempt as (
    select a.subscription_id, t.id from asked a join touch t using (customer_id) where t.channel = $3 and t.at > $5
    union
    select n.subscription_id, t.touch_id from asked_number n join touch_number t using (lookup)
      where t.channel = $3 and t.at > $5
  )
  select a.subscription_id, 'attempt' as kind, t.at, t.outcome <> all($4::text[]) as counts
    from attempt a join touch t using (id)
  union all
  select a.subscription_id, 'objection', null, null
    from asked a join objection o using (customer_id) where ${NOT_IN_FACTS}
  union all
  select n.subscription_id, 'objection', null, null
    from asked_number n join objection o on n.lookup = any(o.numbers) where ${NOT_IN_FACTS}
  union all
  select a.subscription_id, 'wrong_number', null, null
    from asked a join wrong_number w using (customer_id) where ${NOT_IN_FACTS}
  union all
  select a.subscription_id, 'household', max(t.at), true
    from asked a
    join household_member own on own.subscription_id = a.subscription_id
    join household_member other on other.household_id = own.household_id and other.subscription_id <> a.subscription_id
    join touch t on t.subscription_id = other.subscription_id
    where t.customer_id <> a.customer_id and t.channel = $3 and t.at > $6 and t.outcome <> all($4::text[])
    group by a.subscription_id
  union all
  select drawn.subscription_id, 'held_out', max(c.holdout_until), null
    from (
      select a.subscription_id, s.campaign_id from asked a
        join assignment s on s.subscription_id = a.subscription_id where s.arm = '${CONTROL}'
      union all
      select a.subscription_id, s.campaign_id from asked a
        join assignment s on s.customer_id = a.customer_id where s.arm = '${CONTROL}'
    ) drawn
    join campaign c on c.id = drawn.campaign_id
    where c.holdout_until > $7
    group by drawn.subscription_id`;

interface HistoryRow {
  subscription_id: string;
  kind: 'attempt' | 'objection' | 'wrong_number' | 'household' | 'held_out';
  at: Date | null;
  counts: boolean | null;
}

interface Gathered extends ContactHistory {
  attempts: Attempt[];
  householdContacts: Date[];
}

/** What this service knows of people before they are approached, in one statement; by subscription. */
export async function readHistory(
  query: Query,
  { people, channel, at, factsAt, days, householdDays }: HistoryQuestion,
): Promise<(subscriptionId: string) => ContactHistory> {
  const numbers = people.flatMap(({ subscriptionId, numbers: lookups }) =>
    lookups.map((lookup) => ({ subscriptionId, lookup: Buffer.from(lookup) })),
  );
  const rows = await query<HistoryRow>(HISTORY, [
    people.map(({ subscriptionId }) => subscriptionId),
    people.map(({ customerId }) => customerId),
    channel,
    UNREACHED,
    new Date(at.getTime() - days * DAY_MS),
    new Date(at.getTime() - householdDays * DAY_MS),
    at,
    numbers.map(({ subscriptionId }) => subscriptionId),
    numbers.map(({ lookup }) => lookup),
    factsAt,
  ]);
  const found = new Map<string, Gathered>();
  for (const row of rows) {
    const history = found.get(row.subscription_id) ?? { ...NOTHING, attempts: [], householdContacts: [] };
    add(history, row);
    found.set(row.subscription_id, history);
  }
  return (subscriptionId) => found.get(subscriptionId) ?? NOTHING;
}

function add(history: Gathered, { kind, at, counts }: HistoryRow): void {
  switch (kind) {
    case 'attempt':
      history.attempts.push({ at: at!, counts: counts === true });
      break;
    case 'objection':
      history.objected = true;
      break;
    case 'wrong_number':
      history.wrongNumber = true;
      break;
    case 'household':
      history.householdContacts.push(at!);
      break;
    case 'held_out':
      history.holdoutUntil = at!;
      break;
  }
}
