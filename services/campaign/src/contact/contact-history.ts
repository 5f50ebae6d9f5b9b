import type { Attempt } from './frequency.js';
import type { ContactHistory } from './gate.js';
import { UNREACHED } from './outcome.js';

/** Runs hand-written SQL, inside a transaction or outside of any. */
export type Query = <Row extends object>(sql: string, params: readonly unknown[]) => Promise<Row[]>;

const DAY_MS = 86_400_000;
const NOTHING: ContactHistory = { attempts: [], objected: false };

/**
 * What customers' own touches say, in one statement: approaches on the channel within the last days, and objections
 * that customer-profile does not know yet.
 */
export async function readHistory(
  query: Query,
  asked: { customerIds: readonly string[]; channel: string; at: Date; days: number },
): Promise<(customerId: string) => ContactHistory> {
  const rows = await query<{ customer_id: string; at: Date | null; counts: boolean | null }>(
    `select customer_id, at, outcome <> all($4::text[]) as counts
       from touch where customer_id = any($1::uuid[]) and channel = $2 and at > $3
     union all
     select customer_id, null, null from objection where customer_id = any($1::uuid[]) and handed_over_at is null`,
    [asked.customerIds, asked.channel, new Date(asked.at.getTime() - asked.days * DAY_MS), UNREACHED],
  );
  const found = new Map<string, { attempts: Attempt[]; objected: boolean }>();
  for (const { customer_id: customerId, at, counts } of rows) {
    const history = found.get(customerId) ?? { attempts: [], objected: false };
    if (at === null) history.objected = true;
    else history.attempts.push({ at, counts: counts === true });
    found.set(customerId, history);
  }
  return (customerId) => found.get(customerId) ?? NOTHING;
}
