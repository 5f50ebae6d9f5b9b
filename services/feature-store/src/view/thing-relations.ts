import { MONTHS_BACK, endedOn, lagOf, lagOfMoment, type AsOf, type Relation } from './relation.js';

/** Months from a date to the end of the month, with fractions. */
function monthsSince(column: string, { nextDay }: AsOf): string {
  return `date_diff('day', ${column}, ${nextDay}) / 30.4375`;
}

/** What people have: plan and contract, handset, products; and their status. */
export const thingRelations = {
  /** Plans and contracts held, the newest first (`place` 1). */
  plan_spells: {
    needs: ['plan_history', 'plans'],
    sql: (asOf) =>
      `select history.subscription_id, plan_id, contract_id, penalty::double as penalty,
           monthly_fee::double as monthly_fee, plans.tier::double as tier, plans.kind,
           ${monthsSince('history.valid_from', asOf)} as months_held,
           date_diff('month', date_trunc('month', ${asOf.nextDay} - 1), date_trunc('month', contract_end_on))::double
             as contract_months_left,
           case when contract_end_on >= ${asOf.nextDay} then 1.0 else 0.0 end as is_bound,
           lead(plan_id) over newest_first as earlier_plan_id,
           lead(plans.monthly_fee::double) over newest_first as earlier_fee,
           row_number() over newest_first::double as place
         from facts.plan_history as history left join facts.plans as plans using (plan_id)
         where history.valid_from < ${asOf.nextDay}
         window newest_first as (partition by history.subscription_id order by history.valid_from desc, plan_id, contract_id)`,
  },
  /** Handsets used, the newest first (`place` 1). */
  handsets: {
    needs: ['handset_use', 'handset_models'],
    sql: (asOf) =>
      `select subscription_id, brand, os, price::double as price, ${monthsSince('first_seen_on', asOf)} as months_used,
         ${monthsSince('launched_on', asOf)} as model_age_months, case when bundled then 1.0 else 0.0 end as is_bundled,
         case when list_contains(string_split(coalesce(capabilities, ''), ';'), '5g') then 1.0 else 0.0 end
           as has_5g,
         row_number() over (partition by subscription_id order by first_seen_on desc, tac)::double as place
       from facts.handset_use left join facts.handset_models using (tac)
       where first_seen_on < ${asOf.nextDay}`,
  },
  /** Products ordered, with months since the order and since it was cancelled; `is_active` at the month's end. */
  orders: {
    needs: ['product_orders', 'products'],
    sql: (asOf) =>
      `select *,
         case when cancelled is null and (expires_on is null or expires_on >= ${asOf.nextDay}) then 1.0 else 0.0 end
           as is_active,
         ${monthsSince('ordered_on', asOf)} as months_since_order,
         ${monthsSince('cancelled', asOf)} as months_since_cancel
       from (
         select subscription_id, product_id, category, ordered_on, expires_on,
           coalesce(fee, monthly_fee)::double as fee, ${endedOn('cancelled_on', asOf)} as cancelled
         from facts.product_orders left join facts.products using (product_id)
         where ordered_on < ${asOf.nextDay}
       )`,
  },
  /** Use of products a month, `lag` 0 to 5. */
  product_use: {
    needs: ['product_usage', 'products'],
    monthsCovered: 1,
    sql: (asOf) =>
      `select subscription_id, product_id, category, uses::double as uses, successes::double as successes,
         fee::double as fee, ${lagOf('month', asOf)}::double as lag
       from facts.product_usage left join facts.products using (product_id)
       where ${lagOf('month', asOf)} between 0 and ${MONTHS_BACK}`,
  },
  /** Spells of a status, with `months_since_start`, and of a suspension `months_since_end`. */
  status_spells: {
    needs: ['status_history'],
    sql: (asOf) =>
      `select subscription_id, status, suspension, reason_code,
         ${monthsSince('valid_from', asOf)} as months_since_start,
         ${monthsSince(endedOn('valid_to', asOf), asOf)} as months_since_end
       from facts.status_history where valid_from < ${asOf.nextDay}`,
  },
  /** Suspended days of the last months, `lag` 0 to 5. */
  status_months: {
    needs: ['status_history'],
    sql: (asOf) =>
      `select subscription_id, suspended_days::double as suspended_days, silent::double as silent,
         ${lagOf('month', asOf)}::double as lag
       from status_as_of where ${lagOf('month', asOf)} between 0 and ${MONTHS_BACK}`,
  },
  /** Origin of the number, the first row first (`place` 1), without the number itself. */
  numbers: {
    needs: ['number_history'],
    sql: (asOf) =>
      `select subscription_id, how, ${monthsSince('valid_from', asOf)} as months_held,
         row_number() over (partition by subscription_id order by valid_from, how)::double as place
       from facts.number_history where valid_from < ${asOf.nextDay}`,
  },
  /** Brand, channel and service as they are on the day of an extract: no view of earlier months may use them. */
  subscription_today: {
    needs: ['subscriptions'],
    sql: () => 'select subscription_id, brand, service, entry_channel, network_owner from facts.subscriptions',
  },
  /** Contacts of the last months, with `lag` and `days_ago`; how they ended, where they did by the month's end. */
  contacts_made: {
    needs: ['contacts'],
    monthsCovered: 3,
    sql: (asOf) =>
      `select subscription_id, kind, category, channel, lag, days_ago,
         case when resolved_at < ${asOf.endsAt} then 0.0 else 1.0 end as is_open,
         case when resolved_at < ${asOf.endsAt} then satisfaction::double end as satisfaction,
         case when resolved_at < ${asOf.endsAt} then date_diff('second', "at", resolved_at) / 3600.0 end
           as hours_to_resolve
       from (
         select *, ${lagOfMoment('"at"', asOf)}::double as lag,
           date_diff('second', "at", ${asOf.endsAt}) / 86400.0 as days_ago
         from facts.contacts where "at" < ${asOf.endsAt}
       ) where lag <= ${MONTHS_BACK}`,
  },
} satisfies Record<string, Relation>;
