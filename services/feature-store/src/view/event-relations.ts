import { lagOfMoment, type AsOf, type Relation } from './relation.js';

/** Night hours count for the day on which the night began (HH-12, RD-29). */
const NIGHT = { fromHour: 21, toHour: 9 };

/** Relations over events: places, and contacts with rivals. */
export const eventRelations = {
  /** Cells of this month and the last, by nights and by all events: `lag`, `events`, `night_events`, `cells`, … */
  places: { needs: ['events'], monthsCovered: 1, sql: places },
  /** Calls and visits that show an interest in leaving, by month: `lag` 0 to 2. */
  signs: {
    needs: ['events'],
    monthsCovered: 1,
    sql: (asOf) =>
      `select subscription_id, lag,
         sum(case when peer_service = 'rival_hotline' then 1.0 else 0.0 end) as rival_calls,
         sum(case when kind = 'port_query' or peer_service = 'port_query' then 1.0 else 0.0 end) as port_queries,
         sum(case when kind = 'hall_visit' then 1.0 else 0.0 end) as hall_visits
       from (
         select subscription_id, kind, peer_service, ${lagOfMoment('"at"', asOf)}::double as lag
         from facts.events
         where "at" < ${asOf.endsAt} and (peer_service is not null or kind in ('port_query', 'hall_visit'))
       ) where lag <= 2 group by 1, 2`,
  },
} satisfies Record<string, Relation>;

function places(asOf: AsOf): string {
  const local = `"at" at time zone ${asOf.timeZone}`;
  return `with by_cell as (
      select subscription_id, ${lagOfMoment('"at"', asOf)}::double as lag, cell_id, count(*)::double as events,
        sum(case when hour(${local}) >= ${NIGHT.fromHour} or hour(${local}) < ${NIGHT.toHour} then 1.0 else 0.0 end)
          as night_events
      from facts.events
      where "at" < ${asOf.endsAt} and cell_id is not null and ${lagOfMoment('"at"', asOf)} <= 1 group by 1, 2, 3
    ), by_month as (
      select subscription_id, lag, sum(events) as events, sum(night_events) as night_events, count(*)::double as cells,
        max(events) / sum(events) as main_share,
        arg_max(cell_id, (night_events, events, cell_id)) as night_cell,
        arg_max(cell_id, (events, cell_id)) as main_cell
      from by_cell group by 1, 2
    )
    select now.subscription_id, 0.0 as lag, now.events, now.night_events, now.cells, now.main_share,
      case when before.night_cell is null then null when now.night_cell = before.night_cell then 0.0 else 1.0 end
        as night_cell_changed,
      case when before.main_cell is null then null when now.main_cell = before.main_cell then 0.0 else 1.0 end
        as main_cell_changed,
      case when before.night_cell is not null then coalesce(at_old.night_events, 0) / nullif(now.night_events, 0) end
        as share_at_old_night_cell
    from by_month as now
    left join by_month as before on before.subscription_id = now.subscription_id and before.lag = 1
    left join by_cell as at_old on at_old.subscription_id = now.subscription_id and at_old.lag = 0
      and at_old.cell_id = before.night_cell
    where now.lag = 0`;
}
