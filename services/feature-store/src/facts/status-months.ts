/** When a status means churn; the parameters churn.* of the service. */
export interface StatusRule {
  /** Days of suspension within one month from which on it counts as leaving. */
  suspendedDaysMin: number;
  cancelCounts: boolean;
}

/**
 * SQL of a relation with one row for each subscription and month in which it existed: `subscription_id`, `org_unit_path`,
 * `shard`, `month`, `suspended_days`, `cancelled`, `churned`, `silent`, `at_risk` (booleans; `silent` NULL without
 * usage), `reason_code`, `arpu` (DECIMAL). Reads `facts.status_history`, and `facts.usage` and `facts.billing` if available.
 *
 * - A day counts as suspended if the subscription was suspended during any part of it, by the local calendar, whatever
 *   the kind; days are summed inside the month, so that six days before a month's end and six after do not count as churn. A
 *   spell runs from `valid_from` to the day before `valid_to`: a spell's end is the first day of the next.
 * - Cancelled belongs to the month of the cancellation's day, the last day included. Later months have no row.
 * - At risk is who is active at the end of the month's last day with fewer suspended days in it.
 *
 * @param months `YYYY-MM`, first and last, inclusive
 */
export function statusMonths(
  months: { from: string; to: string },
  rule: StatusRule,
  available: { usage: boolean; billing: boolean },
): string {
  const usage = available.usage
    ? `(select subscription_id, month,
          coalesce(voice_out_count, 0) + coalesce(voice_in_count, 0) = 0
            and coalesce(voice_out_s, 0) + coalesce(voice_in_s, 0) = 0
            and coalesce(sms_out_on_net, 0) + coalesce(sms_out_off_net, 0)
              + coalesce(sms_in_on_net, 0) + coalesce(sms_in_off_net, 0) + coalesce(mms_count, 0) = 0
            and coalesce(data_mb, 0) = 0 as silent
        from facts.usage where month between '${months.from}' and '${months.to}')`
    : `(select null::uuid as subscription_id, null::varchar as month, null::boolean as silent where false)`;
  const billing = available.billing
    ? `(select subscription_id, month, arpu from facts.billing where month between '${months.from}' and '${months.to}')`
    : `(select null::uuid as subscription_id, null::varchar as month, null::decimal(18,2) as arpu where false)`;
  return `(
    with month_span as (
      select strftime(first_day, '%Y-%m') as month, first_day::date as first_day,
        (first_day + interval 1 month)::date as after_day
      from generate_series(date '${months.from}-01', date '${months.to}-01', interval 1 month) as spans(first_day)
    ), spell as (
      select subscription_id, shard, org_unit_path, status, reason_code, valid_from, valid_to,
        lead(valid_from) over (partition by subscription_id order by valid_from) as next_from
      from facts.status_history
    ), spent as (
      -- Where the next spell begins before this one ends, the next one holds.
      select *, least(coalesce(valid_to, date '9999-12-31'), coalesce(next_from, date '9999-12-31')) as until
      from spell
    ), within as (
      select subscription_id, month,
        first(shard) as shard, arg_max(org_unit_path, valid_from) as org_unit_path,
        coalesce(sum(greatest(0, least(until, after_day) - greatest(valid_from, first_day)))
          filter (where status = 'suspended'), 0)::bigint as suspended_days,
        bool_or(status = 'cancelled' and valid_from >= first_day) as cancelled,
        bool_or(status = 'cancelled' and valid_from < first_day) as was_cancelled,
        -- A spell that ends with no other after it leaves the status that it had.
        arg_max(status, valid_from) as last_status,
        arg_max(reason_code, valid_from) filter (where status = 'cancelled') as cancel_reason,
        arg_max(reason_code, valid_from) filter (where status = 'suspended') as suspend_reason
      from spent join month_span on valid_from < after_day and (until > first_day or next_from is null)
      group by subscription_id, month
    )
    select subscription_id, org_unit_path, shard, month, suspended_days, cancelled,
      suspended_days >= ${rule.suspendedDaysMin} ${rule.cancelCounts ? 'or cancelled' : ''} as churned,
      silent,
      last_status = 'active' and suspended_days < ${rule.suspendedDaysMin} as at_risk,
      case when cancelled then cancel_reason else suspend_reason end as reason_code, arpu
    from within left join ${usage} as used using (subscription_id, month)
      left join ${billing} as billed using (subscription_id, month)
    where cancelled or not was_cancelled
  )`;
}
