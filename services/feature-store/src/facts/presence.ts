import type { LocalClock } from '../column/local-clock.js';
import { numberColumn, type BatchColumn } from '../engine/column-batches.js';

const CALLS = `kind in ('voice_out', 'voice_in')`;
const TALKS = `kind in ('voice_out', 'voice_in', 'sms_out', 'sms_in')`;

/** The columns of an answer about presence, of the relation that `presence` gives. */
export const PRESENCE_COLUMNS: readonly BatchColumn[] = [
  { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
  { name: 'cell_id', kind: 'category', sql: 'cell_id' },
  { name: 'day', kind: 'number', sql: `(day - date '1970-01-01')::double` },
  ...['talked', 'evening', 'calls', 'night', 'events'].map((name) => numberColumn(name, `${name}::double`)),
];

/**
 * SQL of who was seen at which cell on which day of a month, from `facts.events` of this month and the next: `talked` and `evening`
 * (1 or 0: a call or message at all, and from 20:00 to before 22:00), `calls`, `events`, and `night`, the events from 21:00 to
 * before 09:00. A night belongs to the day on which it began, so that the last one of a month reaches into the
 * next, and the first morning is the month before's.
 */
export function presence(month: string, clock: LocalClock): string {
  const first = `date '${month}-01'`;
  const after = `(${first} + interval 1 month)`;
  return `(
    with seen as (
      select subscription_id, cell_id, kind, local_at, local_at::date as day, hour(local_at) as hour
      from (select subscription_id, cell_id, kind, ${clock.localOf('"at"')} as local_at from facts.events where cell_id is not null)
      where local_at >= ${first} and local_at < ${after} + interval 9 hours
    ), counted as (
      select subscription_id, cell_id, day, ${TALKS} as talked, ${TALKS} and hour between 20 and 21 as evening,
        ${CALLS} as call, false as night, true as event
      from seen where day < ${after}
      union all
      select subscription_id, cell_id, (case when hour < 9 then day - 1 else day end)::date as day, false, false, false, true, false
      from seen where hour >= 21 or hour < 9
    )
    select subscription_id, cell_id, day, bool_or(talked)::integer as talked, bool_or(evening)::integer as evening,
      count(*) filter (where call) as calls, count(*) filter (where night) as night, count(*) filter (where event) as events
    from counted where day >= ${first} and day < ${after}
    group by subscription_id, cell_id, day
  )`;
}
