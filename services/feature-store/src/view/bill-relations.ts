import { exactMean } from './exact.js';
import { endedOn, lagOf, monthlyRows, type AsOf, type Relation } from './relation.js';

/** What people pay, what they use, and how that suits their plan. */
export const billRelations = {
  /** A row a month, `lag` 0 to 5. */
  bills: { needs: ['billing'], sql: (asOf) => monthlyRows('billing', asOf) },
  /** A row a month, `lag` 0 to 5, with the free columns of the extract. */
  use: {
    needs: ['usage'],
    sql: (asOf) =>
      `select *, coalesce(local_billed_min, 0) + coalesce(long_distance_billed_min, 0) as minutes_home,
         (coalesce(voice_out_s, 0) + coalesce(voice_in_s, 0)) / 60.0 as voice_min,
         coalesce(sms_out_on_net, 0) + coalesce(sms_out_off_net, 0) as sms_out,
         coalesce(voice_out_count, 0) + coalesce(voice_in_count, 0) as calls
       from (${monthlyRows('usage', asOf)})`,
  },
  /** A row a month of the account that pays at the end of the month, `lag` 0 to 5. */
  payer_months: {
    needs: ['account_months', 'account_payments'],
    sql: (asOf) =>
      `with payer as (
         select subscription_id, arg_max(account_id, (coalesce(is_primary, true), valid_from, account_id)) as account_id
         from facts.account_payments
         where valid_from < ${asOf.nextDay} and (valid_to is null or valid_to >= ${asOf.nextDay})
         group by 1
       )
       select subscription_id, months.* exclude (account_id)
       from payer join (${monthlyRows('account_months', asOf)}) as months using (account_id)`,
  },
  /** What was put on the account of a prepaid subscription, with `lag` and `days_ago`. */
  top_ups: {
    needs: ['recharges'],
    monthsCovered: 3,
    sql: (asOf) =>
      `select subscription_id, amount::double as amount, date_diff('second', "at", ${asOf.endsAt}) / 86400.0 as days_ago
       from facts.recharges where "at" < ${asOf.endsAt} and subscription_id is not null`,
  },
  /**
   * A row for each of the last three months: use, what the plan held then covers, what that plan and the cheapest
   * of those on sale then would cost for it, by monthly totals and the plain rates alone (no bands, no networks, no
   * discounts: that is a matter of billing).
   */
  plan_use: { needs: ['plan_history', 'usage', 'plans', 'plan_rates'], sql: planUse },
} satisfies Record<string, Relation>;

function planUse(asOf: AsOf): string {
  return `with held as (
      select use.subscription_id, use.lag, arg_max(history.plan_id, (history.valid_from, history.plan_id)) as plan_id,
        max(use.minutes) as minutes, max(use.long_share) as long_share, max(use.roaming) as roaming,
        max(use.messages) as messages, max(use.data_mb) as data_mb
      from (
        select subscription_id, ${lagOf('month', asOf)} as lag,
          ((month || '-01')::date + interval 1 month)::date as after_day,
          coalesce(local_billed_min, 0) + coalesce(long_distance_billed_min, 0) as minutes,
          coalesce(long_distance_billed_min / nullif(local_billed_min + long_distance_billed_min, 0), 0) as long_share,
          coalesce(roaming_billed_min, 0) as roaming, coalesce(data_mb, 0) as data_mb,
          coalesce(sms_out_on_net, 0) + coalesce(sms_out_off_net, 0) as messages
        from facts.usage where lag between 0 and 2
      ) as use join facts.plan_history as history on history.subscription_id = use.subscription_id
        and history.valid_from < use.after_day
        and coalesce(${endedOn('history.valid_to', asOf)}, use.after_day) >= use.after_day
      group by 1, 2
    ), averaged as (
      select * from held
      union all
      select subscription_id, -1 as lag, arg_min(plan_id, (lag, plan_id)),
        ${['minutes', 'long_share', 'roaming', 'messages', 'data_mb'].map(exactMean).join(', ')}
      from held group by 1
    ), price as (
      select plan_id,
        max(rate) filter (where item = 'local') as local_rate,
        max(rate) filter (where item = 'long_distance') as long_rate,
        max(rate) filter (where item = 'roaming') as roaming_rate, max(rate) filter (where item = 'data') as data_rate,
        max(rate) filter (where item = 'sms') as sms_rate
      from facts.plan_rates
      where coalesce(peer_network, '') = '' and coalesce(time_band, '') = '' and coalesce(from_unit, 0) = 0
        and (valid_from is null or valid_from < ${asOf.nextDay})
      group by 1
    ), tariff as (
      select plans.*, price.* exclude (plan_id),
        kind = 'mainstream' and (on_sale_from is null or on_sale_from < ${asOf.nextDay})
          and (on_sale_to is null or on_sale_to >= ${asOf.nextDay}) as is_on_sale
      from facts.plans as plans left join price using (plan_id)
    ), priced as (
      select averaged.*, tariff.service, tariff.plan_id as tariff_id, tariff.is_on_sale,
        monthly_fee::double as monthly_fee, voice_minutes, tariff.data_mb as data_allowance, sms_count,
        -- Plans that cost the same must be equal, whatever the last bits say.
        round(greatest(coalesce(min_spend, 0)::double,
          monthly_fee::double
          + greatest(minutes - coalesce(voice_minutes, 0), 0)
            * (coalesce(local_rate, 0)::double * (1 - long_share)
              + coalesce(long_rate, local_rate, 0)::double * long_share)
          + roaming * coalesce(roaming_rate, 0)::double
          + greatest(averaged.data_mb - coalesce(tariff.data_mb, 0), 0) * coalesce(data_rate, 0)::double
          + greatest(messages - coalesce(sms_count, 0), 0) * coalesce(sms_rate, 0)::double), 6) as cost
      from averaged cross join tariff
    ), own as (select * from priced where tariff_id = plan_id),
    cheapest as (
      select subscription_id, lag, service, min(cost) as cheapest_cost,
        arg_min(monthly_fee, (cost, monthly_fee)) as cheapest_fee
      from priced where is_on_sale group by 1, 2, 3
    )
    select own.subscription_id, own.lag::double as lag, minutes, data_mb, messages, monthly_fee,
      voice_minutes::double as voice_allowance, data_allowance::double as data_allowance,
      sms_count::double as sms_allowance, cost as own_cost, cheapest_cost, cheapest_fee,
      case when is_on_sale then 1.0 else 0.0 end as is_on_sale
    from own left join cheapest using (subscription_id, lag, service)`;
}
