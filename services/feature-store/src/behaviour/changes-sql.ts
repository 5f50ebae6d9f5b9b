import { unitAt } from '../value/stock-sql.js';

/** What is compared: its table, its value as SQL, and what is added to it before the logarithm is taken. */
export const CHANGE_MEASURES = {
  voice: { table: 'usage', value: '(coalesce(voice_out_s, 0) + coalesce(voice_in_s, 0)) / 60.0', floor: 5 },
  data: { table: 'usage', value: 'data_mb', floor: 100 },
  on_net_share: {
    table: 'usage',
    value: 'case when on_net_s + off_net_s >= 300 then on_net_s::double / (on_net_s + off_net_s) end',
    floor: 0.1,
  },
  active_days: { table: 'usage', value: 'active_days', floor: 1 },
  rival_calls: { table: 'usage', value: 'rival_service_calls', floor: 1 },
  bill: { table: 'billing', value: 'arpu', floor: 5 },
  recharge: { table: 'recharges', value: 'sum(amount)', floor: 10 },
} as const;
export type ChangeMeasure = keyof typeof CHANGE_MEASURES;

/** Months before a month with which it is compared, and how many of them a subscription needs. */
export const MONTHS_BEFORE = 6;
const MONTHS_MIN = 3;
/** Months whose scores are computed: the month, and those before it that give the threshold and the beginning. */
export const SCORED_MONTHS = 3;
/** Fewer subscriptions of a plan and region have no separate median. */
const CELL_MIN = 30;
/** Months for which the deviation of all counts in addition to a subscription's own months. */
const SHRINKING_MONTHS = 3;
/** Median absolute deviation × this = standard deviation of a normal variable. */
const NORMAL_MAD = 1.4826;
/** Least deviation of a logarithm: a measure that never moved is not certain to the last percent. */
const DEVIATION_MIN = 0.05;

/**
 * SQL of a measure's value, as a logarithm, in each scored month, and what is usual in the months before: `subscription_id`,
 * `month_no`, `org_unit_path`, `region`, `x`, `months`, `usual`, `spread`. A row follows from the facts of its subscription
 * alone, so that it can be computed for some shards at a time: medians of all need the memory of all at once.
 * @param status relation `statusMonths` of the scored months
 */
export function ownMonths(status: string, measure: ChangeMeasure): string {
  const { table, value, floor } = CHANGE_MEASURES[measure];
  const monthNo = `left(month, 4)::integer * 12 + right(month, 2)::integer - 1`;
  const grouped = table === 'recharges' ? 'where subscription_id is not null group by subscription_id, month' : '';
  return `with status as (
      select subscription_id, org_unit_path, ${unitAt(1)} as region, ${monthNo} as month_no from ${status} where at_risk
    ), value as materialized (
      select subscription_id, month_no, ln(value + ${floor}) as x from (
        select subscription_id, ${monthNo} as month_no, (${value})::double as value from facts.${table} ${grouped}
      ) where value >= 0
    )
    select s.subscription_id, s.month_no, s.org_unit_path, s.region, now.x, count(*) as months,
      median(earlier.x) as usual, mad(earlier.x) as spread
    from status as s
      join value as now on now.subscription_id = s.subscription_id and now.month_no = s.month_no
      join value as earlier on earlier.subscription_id = s.subscription_id
        and earlier.month_no between s.month_no - ${MONTHS_BEFORE} and s.month_no - 1
    group by all having count(*) >= ${MONTHS_MIN}`;
}

/**
 * SQL of the changes of a measure, set-based and of linear cost. A value is compared, on the logarithmic scale, with the
 * median of the subscription's own six months before; from this difference the median of the subscriptions of the same plan
 * and region is subtracted, so that a holiday or a new tariff is not a change; the rest ÷ the usual deviation (from the median
 * absolute deviation of these months, shrunken towards that of all) is the score. The threshold is the absolute score that
 * the share `alarmShare` exceeded in the two months before, or in the month itself where these have no scores.
 *
 * Two kinds of rows: `is_total` with `org_unit_path`, `compared`, `changed`, `threshold`, and a change each with
 * `subscription_id`, `org_unit_path`, `value`, `usual`, `excess` (of the logarithm), `group_move` (that of the group), `score`,
 * `months` (1 to 3, how long already), the largest score first.
 * @param own relation of `ownMonths` of all subscriptions @param month `YYYY-MM` @param hasPlans whether `facts.plan_history`
 * exists
 */
export function behaviourChanges(
  own: string,
  measure: ChangeMeasure,
  { month, alarmShare, hasPlans }: { month: string; alarmShare: number; hasPlans: boolean },
): string {
  const { floor } = CHANGE_MEASURES[measure];
  const plans = hasPlans
    ? `select subscription_id, arg_max(plan_id, (valid_from, plan_id)) as plan_id from facts.plan_history
       where valid_from <= last_day(date '${month}-01') group by subscription_id`
    : `select null::uuid as subscription_id, null::varchar as plan_id where false`;
  return `with target as (select ${Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1} as month_no),
    own as (select * from ${own}), pooled as (
      select month_no, median(spread) as spread, median(x - usual) as move from own group by month_no
    ), plan as (${plans}), moved as (
      select own.*, own.x - own.usual as move, plan.plan_id, pooled.move as move_of_all,
        greatest(${DEVIATION_MIN}, ${NORMAL_MAD} * sqrt((own.months * own.spread ** 2
          + ${SHRINKING_MONTHS} * pooled.spread ** 2) / (own.months + ${SHRINKING_MONTHS}))) as deviation
      from own join pooled using (month_no) left join plan using (subscription_id)
    ), by_plan as (
      select month_no, region, plan_id, median(move) as move from moved where plan_id is not null
      group by all having count(*) >= ${CELL_MIN}
    ), by_region as (
      select month_no, region, median(move) as move from moved group by all having count(*) >= ${CELL_MIN}
    ), scored as materialized (
      select moved.subscription_id, moved.month_no, moved.org_unit_path, moved.x, moved.usual,
        coalesce(by_plan.move, by_region.move, moved.move_of_all) as group_move, moved.move - group_move as excess,
        excess / moved.deviation as score
      from moved left join by_plan using (month_no, region, plan_id) left join by_region using (month_no, region)
    ), threshold as (
      select coalesce(quantile_cont(abs(score), ${1 - alarmShare}) filter (where scored.month_no < target.month_no),
        quantile_cont(abs(score), ${1 - alarmShare})) as least
      from scored, target
    ), current as (
      select s.*, abs(s.score) > t.least as is_changed from scored as s, threshold as t, target as w
      where s.month_no = w.month_no
    ), beyond as (
      select subscription_id, month_no, sign(score) as direction from scored, threshold where abs(score) > least
    )
    select true as is_total, null as subscription_id, org_unit_path, count(*) as compared,
      count(*) filter (where is_changed) as changed, (select least from threshold) as threshold,
      null as value, null as usual, null as excess, null as group_move, null as score, null as months
    from current group by org_unit_path
    union all
    (select false, c.subscription_id::varchar, c.org_unit_path, null, null, null, greatest(0, exp(c.x) - ${floor}),
      greatest(0, exp(c.usual) - ${floor}), c.excess, c.group_move, c.score,
      case when one.subscription_id is null then 1 when two.subscription_id is null then 2 else 3 end
    from current as c
      left join beyond as one on one.subscription_id = c.subscription_id and one.month_no = c.month_no - 1
        and one.direction = sign(c.score)
      left join beyond as two on two.subscription_id = c.subscription_id and two.month_no = c.month_no - 2
        and two.direction = sign(c.score)
    where c.is_changed order by abs(c.score) desc, c.subscription_id)`;
}
