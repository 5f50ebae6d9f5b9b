import { literal } from '../engine/engine.js';

/** Reasons that no offer changes. */
export const INVOLUNTARY = ['arrears', 'fraud', 'death'];

/** When lower bills count as a loss of value; the parameter `definition.valueLost`. */
export interface ValueRule {
  /** Months before, whose mean bill is the reference. */
  historyMonths: number;
  /** Consecutive months that must be lower. */
  lossMonths: number;
  /** A month is lower if its bill is below (1 − dropRatio) × the reference. */
  dropRatio: number;
}

/** What the outcomes of a row depend on. */
export interface LabelRules {
  /** Months between a row's month and its label's. */
  gapMonths: number;
  value: ValueRule;
}

/**
 * SQL of the outcomes of rows, NULL where they are not known:
 *
 * - `label`: 1 churned, 0 stayed. A row of month M is about month M + 1 + gap. A subscriber that churns before, in the
 *   gap, has no label, because no contact can prevent it (`lost_in_gap` is 1); nor has a subscription without a status.
 * - `left_after_months`: months from M to the first churn after it.
 * - `left_involuntarily`: 1 if that first churn has an involuntary reason (CS-12), else 0. An unknown reason is
 *   voluntary.
 * - `value_lost` (CS-07): 1 if the bills of all months M + 1 … M + lossMonths are below the line, else 0. There is no gap:
 *   M + 1 is the current month when M has ended. After churn a missing bill is 0.
 * - `value_lost_by_leaving`: 1 if the subscription churned within these months, else 0.
 *
 * @param rows relation with `subscription_id`, `month`
 * @param status relation with `subscription_id`, `month`, `churned`, `reason_code`, `arpu`, as known now
 * @param lastMonth up to which status and bills are known
 */
export function labelQuery(rows: string, status: string, { gapMonths, value }: LabelRules, lastMonth: string): string {
  const { historyMonths, lossMonths, dropRatio } = value;
  return `with due as (
      select subscription_id, month, ${later('month', `${gapMonths + 1}`)} as label_month,
        ${later('month', `${1 - historyMonths}`)} as history_from, ${later('month', `${lossMonths}`)} as judged_to
      from ${rows}
    ), departure as (
      select due.subscription_id, due.month, min(status.month) as left_in,
        arg_min(coalesce(status.reason_code in (${INVOLUNTARY.map(literal).join(', ')}), false), status.month)
          as is_involuntary
      from due join ${status} as status on status.subscription_id = due.subscription_id
        and status.month > due.month and status.churned
      group by due.subscription_id, due.month
    ), history as (
      -- Decimals: their sum does not depend on the order of the rows.
      select due.subscription_id, due.month, sum(status.arpu)::double as total
      from due join ${status} as status on status.subscription_id = due.subscription_id
        and status.month between due.history_from and due.month
      group by due.subscription_id, due.month having count(status.arpu) = ${historyMonths}
    ), judged as (
      select due.subscription_id, due.month, coalesce(status.arpu::double, case
          when departure.left_in <= ${later('due.month', 'step')} then 0.0 end) as bill
      from due cross join range(1, ${lossMonths + 1}) as steps(step)
      left join departure on departure.subscription_id = due.subscription_id and departure.month = due.month
      left join ${status} as status on status.subscription_id = due.subscription_id
        and status.month = ${later('due.month', 'step')}
      where due.judged_to <= ${literal(lastMonth)}
    ), loss as (
      select judged.subscription_id, judged.month,
        bool_and(judged.bill * ${historyMonths} < ${1 - dropRatio} * history.total) as is_lost
      from judged join history on history.subscription_id = judged.subscription_id and history.month = judged.month
      group by judged.subscription_id, judged.month having count(judged.bill) = ${lossMonths}
    )
    select due.subscription_id, due.month,
      case when departure.left_in < due.label_month or due.label_month > ${literal(lastMonth)} then null
        else status.churned::integer::double end as label,
      case when departure.left_in < due.label_month then 1.0 else 0.0 end as lost_in_gap,
      datediff('month', (due.month || '-01')::date, (departure.left_in || '-01')::date)::double as left_after_months,
      case when departure.is_involuntary then 1.0 else 0.0 end as left_involuntarily,
      loss.is_lost::integer::double as value_lost,
      case when loss.is_lost and departure.left_in <= due.judged_to then 1.0 else 0.0 end as value_lost_by_leaving
    from due
    left join departure on departure.subscription_id = due.subscription_id and departure.month = due.month
    left join loss on loss.subscription_id = due.subscription_id and loss.month = due.month
    left join ${status} as status on status.subscription_id = due.subscription_id and status.month = due.label_month`;
}

/** SQL of the month so many months later. */
function later(month: string, months: string): string {
  return `strftime((${month} || '-01')::date + to_months((${months})::integer), '%Y-%m')`;
}
