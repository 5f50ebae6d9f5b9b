import { addMonths } from '@holdfast/platform/calendar';
import { numberColumn, type BatchColumn } from '../engine/column-batches.js';
import type { Definitions } from './definitions.js';

/** Tables that worth is computed from; all but the first three may be missing, and what needs them is then unknown. */
export const WORTH_TABLES = [
  ...['status_history', 'billing', 'subscriptions', 'customers', 'usage', 'contacts', 'account_months', 'surveys'],
] as const;

/** Months of the means, and of the history of arrears and contacts. */
const MEAN_MONTHS = 3;
const HISTORY_MONTHS = 6;
/** Months before the month that are read. */
export const WORTH_MONTHS_BACK = HISTORY_MONTHS - 1;
/** Lowest and highest answer of a survey (docs/extract.md), and of the satisfaction after a contact. */
const RATING_MAX = 10;
const SATISFACTION_MAX = 5;

/** Parts of the bill whose shares, with the share of calls to other networks, are the fingerprint of a subscription. */
const BILL_PARTS = ['voice_fee', 'data_fee', 'sms_fee', 'vas_fee', 'roaming_fee'] as const;
/** Components with a rank among the region's subscriptions: 1 where the highest value is the best, -1 for costs. */
const RANKED = { revenue: 1, serve_cost: -1, interconnect_cost: -1, credit_loss: -1, contacts: -1, usage: 1 } as const;

/**
 * SQL of one row for each subscription in service at the end of a month, from facts as of a moment: what the worth of
 * customers is computed from (CS-16, CS-17, CP-13, CP-28). Amounts are minor units per month (means of the last three
 * months' known bills); NULL is unknown, and never a zero in its place.
 *
 * - `rank_<component>`: percent rank of the component among the subscriptions of its region (the org unit below the
 *   operator) where it is known, 0 to 1; of costs 1 − it, so that none at all is the best and no use the worst. Equal values have
 *   equal ranks.
 * - `credit_loss`: arrears of the account ÷ its subscriptions × share of the last six months with arrears.
 * - `churn_index` (CS-17): Σ importance × (10 − rating) ÷ 9 × alternatives ÷ Σ importance over the customer's newest
 *   answer to each factor; without surveys, the proxy of `definition.churnIndexProxy`.
 * - `share_<part>`: of the bills' parts, and of the seconds of calls to other networks among those with networks known.
 * - `bill_change`, `usage_change`: the month against the mean of the three before, − 1.
 *
 * Sums are of whole units, so that they do not depend on the order of rows. One statement; O(rows × log rows).
 * @param values relation `valueMonths` of the month alone
 * @param has whether a table is available
 */
export function worthFacts(
  values: string,
  month: string,
  { churnIndexProxy }: Definitions,
  has: (table: string) => boolean,
): string {
  const [recent, first] = [addMonths(month, 1 - MEAN_MONTHS), addMonths(month, 1 - HISTORY_MONTHS)];
  const before = `month between '${addMonths(month, -MEAN_MONTHS)}' and '${addMonths(month, -1)}'`;
  const minor = (column: string): string => `(${column} * 100)::bigint`;
  const meanOf = (value: string, when: string): string =>
    `sum(${value}) filter (where ${when})::double / nullif(count(${value}) filter (where ${when}), 0)`;
  const last = `month >= '${recent}'`;
  const seconds = 'coalesce(voice_out_s, 0)::bigint + coalesce(voice_in_s, 0)::bigint';
  const kilobytes = '(data_mb * 1000)::bigint';
  const messages = 'coalesce(sms_out_on_net, 0)::bigint + coalesce(sms_out_off_net, 0)::bigint';
  const proxy = churnIndexProxy.value;
  const rank = (value: string, sign: number): string =>
    `case when ${value} is not null then ${sign > 0 ? '' : '1 -'} percent_rank() over (
      partition by region, ${value} is null order by ${value}) end`;
  return `
    with bills as (
      select subscription_id, ${meanOf(minor('arpu'), last)} as revenue,
        ${meanOf(minor('interconnect_cost'), last)} as interconnect_cost, ${meanOf(minor('serve_cost'), last)} as serve_cost,
        ${meanOf(minor('arpu'), `month = '${month}'`)} as last_bill, ${meanOf(minor('arpu'), before)} as bill_before,
        ${BILL_PARTS.map((part) => `sum(${minor(part)}) filter (where ${last})::double as sum_${part}`).join(', ')}
      from facts.billing where month between '${first}' and '${month}' group by subscription_id
    ), used as (
      select subscription_id, ${meanOf(seconds, last)} as voice, ${meanOf(kilobytes, last)} as data,
        ${meanOf(messages, last)} as messages, ${meanOf(seconds, `month = '${month}'`)} as last_voice,
        ${meanOf(seconds, before)} as voice_before, sum(off_net_s::bigint) filter (where ${last})::double as off_net,
        sum(on_net_s::bigint) filter (where ${last})::double as on_net,
        sum(rival_service_calls::bigint) filter (where ${last}) as rival_calls
      from facts.usage where month between '${first}' and '${month}' group by subscription_id
    ), contacted as (
      select subscription_id, count(*) filter (where ${last}) as contacts,
        count(*) filter (where ${last} and kind = 'complaint') as complaints,
        sum(satisfaction::bigint)::double / nullif(count(satisfaction), 0) as satisfaction
      from facts.contacts where month between '${first}' and '${month}' group by subscription_id
    ), debts as (
      select account_id, max(${minor('arrears')}) filter (where month = '${month}') as arrears,
        count(*) filter (where arrears > 0) as arrears_months, count(arrears) as known_months,
        max(credit_class) filter (where month = '${month}') as credit_class
      from facts.account_months where month between '${first}' and '${month}' group by account_id
    ), answers as (
      select customer_id, factor, rating, importance, alternatives from facts.surveys
      where rating is not null and importance is not null and alternatives is not null
      qualify row_number() over (partition by customer_id, factor order by "at" desc, answer_id desc) = 1
    ), surveyed as (
      select customer_id, to_json(list({'factor': factor, 'rating': rating, 'importance': importance,
          'alternatives': alternatives} order by factor))::varchar as factors,
        sum((importance * 1000)::bigint::hugeint * ((${RATING_MAX} - rating) * 1000)::bigint * (alternatives * 1000)::bigint)::double
          / nullif(sum((importance * 1000)::bigint), 0)::double / 1e6 / ${RATING_MAX - 1} as churn_index
      from answers group by customer_id
    ), owned as (
      select v.*, s.customer_id, s.account_id, regexp_extract(v.org_unit_path, '^([^/]+/){1,2}') as region,
        count(*) over (partition by s.account_id) as sharing,
        date_diff('month', s.activated_on, date '${month}-01') as tenure_months
      from ${values} as v join facts.subscriptions as s using (subscription_id) where not v.cancelled
    ), joined as (
      select o.*, c.kind as customer_kind, c.manager_id, c.vip_level, b.revenue, b.interconnect_cost, b.serve_cost,
        ${[...BILL_PARTS.map((part) => `b.sum_${part}`), 'u.voice', 'u.data', 'u.messages', 'd.credit_class'].join(', ')},
        b.last_bill / nullif(b.bill_before, 0) - 1 as bill_change,
        u.last_voice / nullif(u.voice_before, 0) - 1 as usage_change, u.off_net / nullif(u.off_net + u.on_net, 0) as share_off_net,
        d.arrears::double / o.sharing as arrears, d.arrears_months,
        d.arrears::double / o.sharing * d.arrears_months / nullif(d.known_months, 0) as credit_loss,
        ${has('contacts') ? 'coalesce(k.contacts, 0)' : 'null'}::double as contacts,
        ${has('contacts') ? 'coalesce(k.complaints, 0)' : 'null'}::double as complaints,
        coalesce((${SATISFACTION_MAX} - k.satisfaction) / ${SATISFACTION_MAX - 1},
          ${has('contacts') ? `least(1, coalesce(k.complaints, 0) / ${proxy.complaintsMax}::double)` : 'null'})
          * case when u.rival_calls is not null
            then greatest(${proxy.alternativesMin}, least(1, u.rival_calls / ${proxy.rivalCallsMax}::double)) end as proxy_index,
        y.churn_index as surveyed_index, y.factors
      from owned as o left join bills as b using (subscription_id) left join used as u using (subscription_id)
        left join contacted as k using (subscription_id) left join debts as d on d.account_id = o.account_id
        left join facts.customers as c on c.customer_id = o.customer_id
        left join surveyed as y on y.customer_id = o.customer_id
    ), scaled as (
      select *, sum_voice_fee + sum_data_fee + sum_sms_fee + sum_vas_fee + sum_roaming_fee as sum_parts,
        (${['voice', 'data', 'messages'].map((use) => rank(use, 1)).join(' + ')}) / 3 as usage
      from joined
    )
    select shard, subscription_id, customer_id, org_unit_path, region, value_group, in_cohort::integer as in_cohort,
      value_lost::integer as value_lost, mean_arpu, revenue, interconnect_cost, serve_cost, credit_loss, contacts,
      complaints, usage, arrears, arrears_months, credit_class, bill_change, usage_change, tenure_months, customer_kind,
      manager_id, vip_level, share_off_net,
      ${BILL_PARTS.map((part) => `sum_${part} / nullif(sum_parts, 0) as share_${part}`).join(', ')},
      coalesce(surveyed_index, proxy_index) as churn_index, factors,
      case when surveyed_index is not null then 'survey' when proxy_index is not null then 'proxy' end as churn_index_basis,
      ${Object.entries(RANKED)
        .map(([name, sign]) => `${rank(name, sign)} as rank_${name}`)
        .join(', ')}
    from scaled`;
}

const TEXTS = ['org_unit_path', 'region', 'value_group', 'credit_class', 'customer_kind', 'manager_id', 'vip_level'];
const NUMBERS = [
  ...['in_cohort', 'value_lost', 'mean_arpu', 'revenue', 'interconnect_cost', 'serve_cost', 'credit_loss', 'contacts'],
  ...['complaints', 'usage', 'arrears', 'arrears_months', 'bill_change', 'usage_change', 'tenure_months'],
  ...['share_off_net', ...BILL_PARTS.map((part) => `share_${part}`), 'churn_index'],
  ...Object.keys(RANKED).map((name) => `rank_${name}`),
];

/** Columns of the answer. */
export function worthColumns(versions: string): BatchColumn[] {
  return [
    { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
    { name: 'customer_id', kind: 'uuid', sql: 'customer_id' },
    ...[...TEXTS, 'churn_index_basis'].map((name): BatchColumn => ({ name, kind: 'category', sql: name })),
    ...NUMBERS.map((name) => numberColumn(name, `${name}::double`)),
    { name: 'factors', kind: 'text', sql: 'factors' },
    { name: 'definitions', kind: 'category', sql: '0::uinteger', dictionary: [versions] },
  ];
}
