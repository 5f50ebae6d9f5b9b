/**
 * SQL of what else is known of the outcome of rows: `subscription_id`, `month`, `leave_reason` (code of the operator for
 * a churn in the month of the label, NULL without one) and `contacted` (1 if a campaign contacted the subscription after
 * the row's month and up to that of the label, else 0; NULL without a table of touches). Neither is known when a row is
 * scored: they are read by trainings and reports.
 * @param labels relation with `subscription_id`, `month`, `label`
 * @param status relation with `subscription_id`, `month`, `churned`, `reason_code`, as known now
 * @param touches relation with `subscription_id`, `month` of contacts; undefined where none is known
 * @param leadMonths months from a row's to its label's
 */
export function outcomeFactsQuery(
  labels: string,
  status: string,
  touches: string | undefined,
  leadMonths: number,
): string {
  const contacted =
    touches === undefined
      ? 'null::double'
      : `(exists (select 1 from ${touches} as touch where touch.subscription_id = due.subscription_id
          and touch.month > due.month and touch.month <= due.label_month))::integer::double`;
  return `with due as (
      select subscription_id, month, label,
        strftime((month || '-01')::date + interval ${leadMonths} month, '%Y-%m') as label_month
      from ${labels}
    )
    select due.subscription_id, due.month,
      case when due.label = 1 then status.reason_code end as leave_reason, ${contacted} as contacted
    from due
    left join ${status} as status on status.subscription_id = due.subscription_id and status.month = due.label_month`;
}

/** SQL of the contacts of campaigns: `subscription_id`, `month`. Reads `facts.touches`. */
export const TOUCH_MONTHS = `select distinct subscription_id, month from facts.touches`;
