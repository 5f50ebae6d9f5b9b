import { monthNumber } from '@holdfast/platform/calendar';
import { monthsBack, type Definitions } from './definitions.js';
import { unitAt } from './stock-sql.js';

/** Drop ratios count in steps of a ten-thousandth, so that all comparisons are between whole numbers. */
const RATIO_STEPS = 10_000;

/**
 * SQL of a relation with one row for each subscription and month in which it existed: `subscription_id`, `shard`,
 * `org_unit_path`, `month`, `month_no`, `cancelled`, `arpu_minor` (BIGINT; NULL without a bill), `mean_arpu` (DOUBLE,
 * minor units), `value_group` (`mid_high_end`, `quasi_mid_high_end`, `other`; NULL without a bill of the month, or if
 * cancelled), `in_cohort` and `value_lost` (BOOLEAN; NULL unknown).
 *
 * - `value_group`: by the mean of the known bills of the last months, the month's own included (`definition.midHighEnd`).
 * - `in_cohort`: mid/high-end `lagMonths` earlier, whatever happened since; unknown where that month has no bills at all.
 * - `value_lost`: of the cohort; every bill of the loss months is below (1 − dropRatio) × the mean of the history months
 *   before them, all of which must be known; a cancellation in the month counts as loss.
 *
 * Sums are of whole minor units, so that they do not depend on the order of rows. The bills of the months before are
 * joined to the rows of the answer and added up by hashing, in O(rows × months): windows over all months took twice as
 * long. Reads `facts.billing` from `monthsBack` months before the first on.
 * @param status relation `statusMonths` of the months of the answer, with their bills
 * @param firstBilled first month with bills: earlier membership is unknown
 */
export function valueMonths(status: string, firstBilled: string, definitions: Definitions): string {
  const { midHighEnd, quasiMidHighEnd, cohort, valueLost } = definitions;
  const { historyMonths: history, lossMonths: loss, dropRatio } = valueLost.value;
  const [lag, months] = [cohort.value.lagMonths, midHighEnd.value.months];
  const kept = RATIO_STEPS - Math.round(dropRatio * RATIO_STEPS);
  const within = (name: string, first: number, last: number): string => {
    const when = `filter (where b.month_no between e.month_no - ${first} and e.month_no - ${last})`;
    return `sum(b.bill) ${when} as ${name}_sum, count(b.bill) ${when} as ${name}_count, max(b.bill) ${when} as ${name}_max`;
  };
  const isMidHighEnd = (name: string): string => `${name}_sum >= ${minorOf(midHighEnd.value.arpuMin)} * ${name}_count`;
  const monthNo = `left(month, 4)::integer * 12 + right(month, 2)::integer - 1`;
  return `(
    with existing as (
      select subscription_id, shard, org_unit_path, month, cancelled, (arpu * 100)::bigint as arpu_minor,
        ${monthNo} as month_no
      from ${status}
    ), bills as (
      select subscription_id, ${monthNo} as month_no, (arpu * 100)::bigint as bill from facts.billing
      where arpu is not null
    ), summed as (
      select e.subscription_id, e.month_no, ${within('mean', months - 1, 0)},
        ${within('history', loss + history - 1, loss)}, ${within('loss', loss - 1, 0)},
        ${within('cohort', lag + months - 1, lag)}, ${within('then', lag, lag)}
      from existing as e join bills as b on b.subscription_id = e.subscription_id
        and b.month_no between e.month_no - ${monthsBack(definitions)} and e.month_no
      group by e.subscription_id, e.month_no
    ), grouped as (
      select e.*, s.* exclude (subscription_id, month_no),
        case when e.cancelled or e.arpu_minor is null then null when ${isMidHighEnd('mean')} then 'mid_high_end'
          when mean_sum >= ${minorOf(quasiMidHighEnd.value.arpuMin)} * mean_count then 'quasi_mid_high_end'
          else 'other' end as value_group,
        case when e.month_no - ${lag} >= ${monthNumber(firstBilled)}
          then coalesce(then_count > 0 and ${isMidHighEnd('cohort')}, false) end as in_cohort
      from existing as e left join summed as s using (subscription_id, month_no)
    )
    select subscription_id, shard, org_unit_path, month, month_no, cancelled, arpu_minor, value_group, in_cohort,
      case when arpu_minor is not null then mean_sum::double / mean_count end as mean_arpu,
      case when not in_cohort then false when cancelled then in_cohort
        when history_count = ${history} and loss_count = ${loss}
          then in_cohort and loss_max * ${history * RATIO_STEPS}::hugeint < history_sum * ${kept}
        end as value_lost
    from grouped
  )`;
}

function minorOf(amount: number): number {
  return Math.round(amount * 100);
}

/** Groups whose members are counted. */
export const COUNTED_GROUPS = ['mid_high_end', 'quasi_mid_high_end', 'value_lost'] as const;
type CountedGroup = (typeof COUNTED_GROUPS)[number];

/** Whether a row of `valueMonths` is a member, in service at the month's end. */
const IS_MEMBER: Readonly<Record<CountedGroup, string>> = {
  mid_high_end: `coalesce(value_group = 'mid_high_end', false)`,
  quasi_mid_high_end: `coalesce(value_group = 'quasi_mid_high_end', false)`,
  value_lost: 'coalesce(value_lost and not cancelled, false)',
};

/** Whether a member of the group that was contacted counts as saved in a later month (`definition.saved`). */
const IS_SAVED: Readonly<Record<CountedGroup, string>> = {
  mid_high_end: IS_MEMBER.mid_high_end,
  quasi_mid_high_end: `coalesce(value_group in ('mid_high_end', 'quasi_mid_high_end'), false)`,
  value_lost: 'coalesce(not value_lost and not cancelled, false)',
};

/**
 * SQL that counts each value group by month and org unit, one row a month and unit with columns `<measure>_<group>`.
 * Entries, exits, contacts and saves compare a month with the one before and the later ones of the same subscription.
 * @param values relation `valueMonths` from the month before the first to the last month, and those of the saves
 * @param months first and last month that are counted, `YYYY-MM`
 * @param where conditions on `org_unit_path`; empty for none
 */
export function valueGroupCounts(
  values: string,
  months: { from: string; to: string },
  { levels, afterMonths, where }: { levels: number; afterMonths: number; where: string },
): string {
  const at = (first: number, last: number, side: string): string =>
    `(partition by subscription_id order by month_no range between ${first} ${side} and ${last} ${side})`;
  const flags = COUNTED_GROUPS.map((group) => `${IS_MEMBER[group]} as is_${group}, ${IS_SAVED[group]} as ok_${group}`);
  const moves = COUNTED_GROUPS.map(
    (group) => `coalesce(max(is_${group}::integer) over ${at(1, 1, 'preceding')}, 0) = 1 as was_${group},
      coalesce(max(ok_${group}::integer) over ${at(afterMonths, afterMonths, 'following')}, 0) = 1 as saved_${group}`,
  );
  const measures = COUNTED_GROUPS.map(
    (group) => `count(*) filter (where is_${group}) as stock_${group},
      count(*) filter (where is_${group} and not was_${group}) as entered_${group},
      count(*) filter (where was_${group} and not is_${group}) as left_${group},
      count(*) filter (where was_${group} and cancelled) as cancelled_${group},
      coalesce(sum(arpu_minor) filter (where is_${group}), 0)::bigint as arpu_${group},
      count(arpu_minor) filter (where is_${group}) as billed_${group},
      count(*) filter (where was_${group} and is_contacted) as contacted_${group},
      count(*) filter (where was_${group} and is_contacted and saved_${group}) as saved_${group}`,
  );
  return `with flagged as (
      select subscription_id, org_unit_path, month, month_no, cancelled, arpu_minor, ${flags.join(', ')}
      from ${values} as v
    ), moved as (
      select *, ${moves.join(', ')} from flagged
    ), judged as (
      select moved.*, contacted.month is not null as is_contacted
      from moved left join contacted using (subscription_id, month)
      where moved.month between '${months.from}' and '${months.to}' ${where}
    )
    select month, ${unitAt(levels)} as org_unit_path, ${measures.join(', ')}
    from judged group by all order by all`;
}
