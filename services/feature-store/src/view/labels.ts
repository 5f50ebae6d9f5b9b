import { literal } from '../engine/engine.js';

/** Involuntary reasons: they stay in the label, and are marked. */
const INVOLUNTARY = ['arrears', 'fraud', 'death'];

/**
 * SQL of the label of rows: `subscription_id`, `month`, `label` (1 left, 0 stayed, NULL unknown), `lost_in_gap` and
 * `left_involuntarily` (1 or 0). A row of month M is about month M + 1 + gap: a subscriber that churns before, in the gap, is lost
 * there and has no label, because no contact can prevent it; nor has a subscription that ended for another reason.
 * @param rows relation with `subscription_id`, `month`
 * @param status relation with `subscription_id`, `month`, `churned`, `reason_code`, as known now
 * @param gapMonths months between a row's and its label's
 * @param lastMonth up to which the status is known
 */
export function labelQuery(rows: string, status: string, gapMonths: number, lastMonth: string): string {
  const reasons = INVOLUNTARY.map(literal).join(', ');
  return `with due as (
      select subscription_id, month,
        strftime((month || '-01')::date + interval ${gapMonths + 1} month, '%Y-%m') as label_month
      from ${rows}
    ), lost as (
      select distinct due.subscription_id, due.month
      from due join ${status} as status on status.subscription_id = due.subscription_id
        and status.month > due.month and status.month < due.label_month and status.churned
    )
    select due.subscription_id, due.month,
      case when lost.month is not null or due.label_month > ${literal(lastMonth)} then null
        else status.churned::integer::double end as label,
      case when lost.month is not null then 1.0 else 0.0 end as lost_in_gap,
      case when lost.month is null and due.label_month <= ${literal(lastMonth)} and status.churned
          and status.reason_code in (${reasons}) then 1.0 else 0.0 end as left_involuntarily
    from due
    left join lost on lost.subscription_id = due.subscription_id and lost.month = due.month
    left join ${status} as status on status.subscription_id = due.subscription_id and status.month = due.label_month`;
}
