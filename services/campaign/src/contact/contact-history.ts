import { DAY_MS } from '@holdfast/platform/calendar';
import { CONTROL } from '@holdfast/platform/control-group';
import type { Attempt } from './frequency.js';
import type { ContactHistory } from './gate.js';
import { UNREACHED } from './outcome.js';

/** Runs hand-written SQL, inside a transaction or outside of any. */
export type Query = <Row extends object>(sql: string, params: readonly unknown[]) => Promise<Row[]>;

/** A subscription and its customer. */
export interface Person {
  subscriptionId: string;
  customerId: string;
  /** Keyed hashes of its contact numbers. */
  numbers: readonly Uint8Array[];
}

export interface HistoryRequest {
  people: readonly Person[];
  channel: string;
  at: Date;
  /** Time of the request to customer-profile; later hand-overs are not in its facts. */
  factsAt: Date;
  days: number;
  /** Days of their households' touches. */
  householdDays: number;
}

const NOTHING: ContactHistory = { attempts: [], objected: false, wrongNumber: false, householdContacts: [] };

const NOT_IN_FACTS = '(handed_over_at is null or handed_over_at >= $10)';

/**
 * Touches of the customers and of all others with one of their numbers; objections and wrong numbers not yet handed over
 * to customer-profile; contacts with other members of their households; and the end of the holdout of the customers and
 * their other subscriptions.
 */
const HISTORY = `
  with requested as (select * from unnest($1::uuid[], $2::uuid[]) as r (subscription_id, customer_id)),
  requested_number as (select * from unnest($8::uuid[], $9::bytea[]) as r (subscription_id, lookup)),
  attempt as (
    select r.subscription_id, t.id from requested r join touch t using (customer_id) where t.channel = $3 and t.at > $5
    union
    select n.subscription_id, t.touch_id from requested_number n join touch_number t using (lookup)
      where t.channel = $3 and t.at > $5
  )
  select a.subscription_id, 'attempt' as kind, t.at, t.outcome <> all($4::text[]) as counts, t.call_back_at
    from attempt a join touch t using (id)
  union all
  select r.subscription_id, 'objection', null, null, null
    from requested r join objection o using (customer_id) where ${NOT_IN_FACTS}
  union all
  select n.subscription_id, 'objection', null, null, null
    from requested_number n join objection o on n.lookup = any(o.numbers) where ${NOT_IN_FACTS}
  union all
  select r.subscription_id, 'wrong_number', null, null, null
    from requested r join wrong_number w using (customer_id) where ${NOT_IN_FACTS}
  union all
  select r.subscription_id, 'household', max(t.at), true, null
    from requested r
    join household_member self on self.subscription_id = r.subscription_id
    join household_member other on other.household_id = self.household_id and other.subscription_id <> r.subscription_id
    join touch t on t.subscription_id = other.subscription_id
    where t.customer_id <> r.customer_id and t.channel = $3 and t.at > $6 and t.outcome <> all($4::text[])
    group by r.subscription_id
  union all
  select control.subscription_id, 'held_out', max(c.holdout_until), null, null
    from (
      select r.subscription_id, s.campaign_id from requested r
        join assignment s on s.subscription_id = r.subscription_id where s.arm = '${CONTROL}'
      union all
      select r.subscription_id, s.campaign_id from requested r
        join assignment s on s.customer_id = r.customer_id where s.arm = '${CONTROL}'
    ) control
    join campaign c on c.id = control.campaign_id
    where c.holdout_until > $7
    group by control.subscription_id`;

interface HistoryRow {
  subscription_id: string;
  kind: 'attempt' | 'objection' | 'wrong_number' | 'household' | 'held_out';
  at: Date | null;
  counts: boolean | null;
  call_back_at: Date | null;
}

interface HistoryBuilder extends ContactHistory {
  attempts: Attempt[];
  householdContacts: Date[];
}

/** The history of subscriptions, read with one statement. */
export async function readHistory(
  query: Query,
  { people, channel, at, factsAt, days, householdDays }: HistoryRequest,
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
  const histories = new Map<string, HistoryBuilder>();
  for (const row of rows) {
    const history = histories.get(row.subscription_id) ?? { ...NOTHING, attempts: [], householdContacts: [] };
    add(history, row);
    histories.set(row.subscription_id, history);
  }
  return (subscriptionId) => histories.get(subscriptionId) ?? NOTHING;
}

function add(history: HistoryBuilder, { kind, at, counts, call_back_at: callBackAt }: HistoryRow): void {
  switch (kind) {
    case 'attempt':
      history.attempts.push({ at: at!, counts: counts === true, ...(callBackAt === null ? {} : { callBackAt }) });
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
