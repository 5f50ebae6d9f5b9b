import { addMonths } from '@holdfast/platform/calendar';
import type { BatchColumn } from '../engine/column-batches.js';
import type { InForce } from '@holdfast/platform/parameters';
import type { FeatureStoreParameters } from '../parameters.js';
import { USE_MONTHS, offersOfSubscriptions } from './rival-offers.js';

/** Tables that segments are computed from, beyond those of worth; all may be missing. */
export const SEGMENT_TABLES = [
  ...['handset_use', 'handset_models', 'product_orders', 'products', 'plan_history', 'market_months'],
] as const;

export type SegmentRule = InForce<FeatureStoreParameters['definition.adopterSegments']['default']>;

/** Adoptions and offers shown for a subscription. */
const SHOWN_MAX = 5;
/** An item without a launch date counts as new if its first use is so many days after the first of any item. */
const UNSEEN_DAYS = 31;
/** Least importance, of 1 to 5, of an answer to a survey that shows the customer's own standard. */
const IMPORTANCE_MIN = 4;
/** Network generations among the capabilities of a handset. */
const GENERATIONS = `list_filter(string_split(coalesce(capabilities, ''), ';'), word -> regexp_full_match(word, '[2-9]g'))`;
const REGION = `regexp_extract(org_unit_path, '^([^/]+/){1,2}')`;

/** Facts by which a customer shows a choice by its own standard, with the table that each needs. */
const SIGN_TABLES = {
  plan_change: 'plan_history',
  rival_contact: 'usage',
  price_enquiry: 'contacts',
  survey: 'surveys',
} as const;

/**
 * SQL of the adopter segment of each subscription in service at the end of a month (CS-13, CS-30):
 * `subscription_id`, `segment`, `segment_reasons` (separated by commas), `segment_facts` (JSON; NULL without facts).
 *
 * - **Items** are models of handsets, network generations that a model has, and products that were ordered outside of a
 *   campaign. An item is judged if its first users are known: it was launched after the table's first day, or, without a
 *   launch date, first used UNSEEN_DAYS after it; and if the region has `usersMin` users of it.
 * - **`early_adopter`**: on at least `adoptionsMin` days of the last `adoptionMonths` it adopted an item as one of the first
 *   `earlyShare` of its users in the region so far. Users on the same day share the highest of their ranks. More
 *   users never make a later one early. The default share is that of innovators and early adopters of Rogers (2003), Diffusion of
 *   Innovations.
 * - **`mature_chooser`**: not early; a tenure of `tenureMonths`; in a market that is not growing: the region's
 *   subscriptions of its service are at most `growthMax` more than twelve months before; and `signsMin` signs within `signMonths`:
 *   changes of plan outside of a campaign, months with calls to rivals, enquiries of the categories
 *   `enquiryCategories`, and answers to surveys of an importance of 4 or 5.
 * - **`none`** with `short_tenure`, `growing_market` or `few_signs`; **`unknown`** with `no_new_item` where the region has
 *   no judged item. `needs:<table>` names each table that is missing; without any source of adoptions, or of signs
 *   where these decide, the segment is unknown.
 *
 * One statement; O(rows × log rows).
 * @param values relation `valueMonths` of the month alone
 * @param terms relation of the terms of rivals' offers (`stageTerms`)
 * @param has whether a table is available
 */
export function adopterSegments(
  values: string,
  month: string,
  { value: rule }: SegmentRule,
  terms: string,
  has: (table: string) => boolean,
): string {
  const afterMonth = `date '${addMonths(month, 1)}-01'`;
  const adoptedFrom = `(${afterMonth} - interval ${rule.adoptionMonths} month)::date`;
  const signsFrom = addMonths(month, 1 - rule.signMonths);
  const missing = Object.entries(SIGN_TABLES).filter(([, table]) => !has(table));
  const noSigns = missing.length === Object.keys(SIGN_TABLES).length;
  const noAdoptions = !has('handset_use') && !has('product_orders');
  const needs = [
    ...['handset_use', 'handset_models', 'product_orders', 'products'].filter((table) => !has(table)),
    ...missing.map(([, table]) => table),
  ].map((table) => `needs:${table}`);
  const categories = rule.enquiryCategories.map((category) => `'${category.replaceAll("'", "''")}'`).join(', ');
  const yearBefore = `(${afterMonth} - interval 12 month)::date`;
  const inService = (day: string): string => `activated_on < ${day} and coalesce(ended_on >= ${day}, true)`;
  const isGrowing = `coalesce(growth > ${rule.growthMax}, true)`;
  const iso = (day: string): string => `strftime(${day}, '%Y-%m-%d')`;
  return `
    with owned as (
      select v.subscription_id, v.shard, s.customer_id, s.service, ${REGION.replace('org_unit_path', 'v.org_unit_path')} as region,
        s.activated_on, date_diff('month', s.activated_on, date '${month}-01') as tenure
      from ${values} as v join facts.subscriptions as s using (subscription_id) where not v.cancelled
    ), handsets as (
      select subscription_id, tac, ${REGION} as region, min(first_seen_on) as adopted_on
      from facts.handset_use where first_seen_on < ${afterMonth} group by all
    ), generations as (
      select tac, launched_on, unnest(${GENERATIONS}) as generation from facts.handset_models
    ), items as (
      select 'handset' as kind, tac as item, brand || ' ' || model as name, launched_on from facts.handset_models
      union all
      select 'generation', generation, upper(generation), min(launched_on) from generations group by generation
      union all
      select 'service', product_id, name, launched_on from facts.products
    ), adopted as (
      select 'handset' as kind, tac as item, subscription_id, region, adopted_on from handsets
      union all
      select 'generation', generation, subscription_id, region, min(adopted_on) from handsets join generations using (tac)
      group by all
      union all
      select 'service', product_id, subscription_id, ${REGION}, min(ordered_on) from facts.product_orders
      where ordered_on < ${afterMonth} and campaign_id is null group by all
    ), known as (
      select kind, item, name, launched_on from (
        select kind, item, min(adopted_on) as first_use,
          min(min(adopted_on)) over (partition by kind = 'service') as table_first from adopted group by kind, item
      ) join items using (kind, item)
      where coalesce(launched_on > table_first, first_use > table_first + ${UNSEEN_DAYS})
    ), placed as (
      select a.*, k.name, k.launched_on, count(*) over (partition by a.kind, a.item, a.region) as users,
        count(*) over (partition by a.kind, a.item, a.region order by a.adopted_on
          range between unbounded preceding and current row) as place
      from adopted as a join known as k using (kind, item)
    ), judged as (select * from placed where users >= ${rule.usersMin}
    ), early as (
      select subscription_id, count(distinct adopted_on) as days,
        list({'kind': kind, 'item': item, 'name': name, 'launchedOn': ${iso('launched_on')}, 'adoptedOn': ${iso('adopted_on')},
          'rank': place, 'users': users} order by adopted_on desc, kind, item)[1:${SHOWN_MAX}] as adoptions
      from judged where place <= ${rule.earlyShare} * users and adopted_on >= ${adoptedFrom} group by subscription_id
    ), changes as (
      select subscription_id, valid_from, entry_campaign_id,
        plan_id <> lag(plan_id) over (partition by subscription_id order by valid_from) as is_change
      from facts.plan_history where valid_from < ${afterMonth}
    ), answers as (
      select customer_id, factor, "at", importance from facts.surveys where "at" < ${afterMonth}
      qualify row_number() over (partition by customer_id, factor order by "at" desc, answer_id desc) = 1
    ), signs as (
      select subscription_id, 'plan_change' as kind, count(*) as number, ${iso('max(valid_from)')} as last
      from changes where is_change and entry_campaign_id is null and valid_from >= date '${signsFrom}-01' group by 1
      union all
      select subscription_id, 'rival_contact', count(*), max(month) from facts.usage
      where rival_service_calls > 0 and month between '${signsFrom}' and '${month}' group by 1
      union all
      select subscription_id, 'price_enquiry', count(*), ${iso('max("at")')} from facts.contacts
      where kind = 'enquiry' and category in (${categories}) and month between '${signsFrom}' and '${month}' group by 1
      union all
      select o.subscription_id, 'survey', count(*), ${iso('max(a."at")')} from owned as o join answers as a using (customer_id)
      where a.importance >= ${IMPORTANCE_MIN} and a."at" >= date '${signsFrom}-01' group by 1
    ), signed as (
      select subscription_id, sum(number)::bigint as number,
        list({'kind': kind, 'count': number, 'last': last} order by kind) as signs from signs group by 1
    ), ended as (
      select subscription_id, min(valid_from) as ended_on from facts.status_history where status = 'cancelled' group by 1
    ), stage as (
      select ${REGION} as region, service, count(*) filter (where ${inService(afterMonth)})::double
          / nullif(count(*) filter (where ${inService(yearBefore)}), 0) - 1 as growth
      from facts.subscriptions left join ended using (subscription_id) group by all
    ), joined as (
      select o.*, g.growth, e.adoptions, s.signs, coalesce(e.days, 0) >= ${rule.adoptionsMin} as is_early,
        coalesce(s.number, 0) >= ${rule.signsMin} as has_signs, j.region is not null as is_judged
      from owned as o left join stage as g using (region, service) left join early as e using (subscription_id)
        left join signed as s using (subscription_id) left join (select distinct region from judged) as j using (region)
    ), decided as (
      select *, case when is_early then 'early_adopter' when tenure < ${rule.tenureMonths} then 'none'
          when ${noAdoptions} or not is_judged then 'unknown' when ${isGrowing} then 'none'
          when ${noSigns} then 'unknown' when has_signs then 'mature_chooser' else 'none' end as segment,
        concat_ws(',', case when is_early then null when tenure < ${rule.tenureMonths} then 'short_tenure'
            when ${noAdoptions} then null when not is_judged then 'no_new_item' when ${isGrowing} then 'growing_market'
            when ${noSigns} or has_signs then null else 'few_signs' end, ${needs.length === 0 ? 'null' : `'${needs.join(',')}'`}) as reasons
      from joined
    ), agreements as (
      select subscription_id, {'planId': plan_id, 'contractId': contract_id, 'endsOn': ${iso('contract_end_on')},
          'penalty': (penalty * 100)::bigint} as agreement, contract_end_on
      from facts.plan_history where valid_from < ${afterMonth} and (valid_to is null or valid_to >= ${afterMonth})
      qualify row_number() over (partition by subscription_id order by valid_from desc, plan_id) = 1
    ), ${offersOfSubscriptions(month, terms, SHOWN_MAX)}
    select d.shard, d.subscription_id, d.segment, d.reasons as segment_reasons,
      case d.segment when 'early_adopter' then to_json({'adoptions': d.adoptions,
          'agreement': case when a.contract_end_on >= ${afterMonth} then a.agreement end,
          'eligibleOn': ${iso(`greatest(coalesce(a.contract_end_on + 1, ${afterMonth}), ${afterMonth})`)}})
        when 'mature_chooser' then to_json({'tenureMonths': d.tenure, 'growth': d.growth, 'signs': d.signs,
          'use': u.own_use, 'offers': r.offers}) end::varchar as segment_facts
    from decided as d left join agreements as a using (subscription_id) left join own_use as u using (subscription_id)
      left join offered as r using (subscription_id)`;
}

/** Columns of the answer. */
export const SEGMENT_COLUMNS: readonly BatchColumn[] = [
  { name: 'segment', kind: 'category', sql: 'segment' },
  { name: 'segment_reasons', kind: 'category', sql: 'segment_reasons' },
  { name: 'segment_facts', kind: 'text', sql: "coalesce(segment_facts, '')" },
];

/** Months before the month that are read. */
export function segmentMonthsBack({ value: { signMonths } }: SegmentRule): number {
  return Math.max(signMonths, USE_MONTHS) - 1;
}
