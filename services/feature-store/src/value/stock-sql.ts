/** Reasons of `status_history.reason_code`, by the class of the disconnect split (CS-15). */
const CLASSES = {
  arrears: ['arrears'],
  fraud: ['fraud'],
  relocation: ['move'],
  competitive: ['competitor', 'port_out'],
  dissatisfied: ['price', 'device', 'coverage', 'service'],
  internal_transfer: ['internal_transfer'],
  demand_reduction: ['reduced_need'],
  other: ['death', 'other'],
} as const;
export const DISCONNECT_CLASSES = Object.keys(CLASSES) as (keyof typeof CLASSES)[];

/** SQL of the org unit so many levels below the operator. */
export function unitAt(levels: number): string {
  return `regexp_extract(org_unit_path, '^([^/]+/){1,${levels + 1}}')`;
}

/**
 * SQL of the disconnect split: cancelled subscriptions by month and org unit, `total`, a column for each class, `unknown`.
 * @param status relation `statusMonths`
 * @param where conditions on `org_unit_path`
 */
export function disconnectCounts(status: string, levels: number, where: readonly string[]): string {
  const counts = Object.entries(CLASSES).map(([name, codes]) => {
    return `count(*) filter (where reason_code in (${codes.map((code) => `'${code}'`).join(', ')})) as ${name}`;
  });
  return `select month, ${unitAt(levels)} as org_unit_path, count(*) as total, ${counts.join(', ')},
      count(*) filter (where reason_code is null) as unknown
    from ${status} where ${['cancelled', ...where].join(' and ')} group by all order by all`;
}

/** Units of the matrix, as SQL over `stock s`, subscriptions `o` and customers `c`. */
export const KEY_UNITS = {
  product: 'o.service',
  group: `case when c.kind = 'group' then 'business' when c.vip_level is not null then 'key' else 'public' end`,
  area: `regexp_extract(s.org_unit_path, '^([^/]+/){1,2}')`,
} as const;

/**
 * SQL of units by share of revenue and retention (CS-22): the subscriptions in service with a bill in `stockMonth`, their
 * bills then and in `month`; a lost one has none, one without a known bill counts in neither sum.
 * @param status relation `statusMonths` from `stockMonth` to `month`
 */
export function keyUnitFigures(
  status: string,
  { stockMonth, month, by }: { stockMonth: string; month: string; by: keyof typeof KEY_UNITS },
  where: readonly string[],
): string {
  const conditions = [`month = '${stockMonth}'`, 'not cancelled', 'arpu is not null', ...where];
  return `with status as materialized (select * from ${status}),
    stock as (
      select subscription_id, org_unit_path, (arpu * 100)::bigint as bill from status where ${conditions.join(' and ')}
    ), later as (
      select subscription_id, (arpu * 100)::bigint as bill from status where month = '${month}' and not cancelled
    ), compared as (
      select ${KEY_UNITS[by]} as unit, s.bill as stock_bill, l.bill as later_bill, l.subscription_id is null as is_lost,
        l.subscription_id is not null and l.bill is null as is_unbilled
      from stock as s join facts.subscriptions as o on o.subscription_id = s.subscription_id
        left join facts.customers as c on c.customer_id = o.customer_id
        left join later as l on l.subscription_id = s.subscription_id
    )
    select unit, count(*) as subscriptions, count(*) filter (where is_lost) as lost,
      count(*) filter (where is_unbilled) as unbilled, sum(stock_bill)::double as revenue,
      coalesce(sum(stock_bill) filter (where not is_unbilled), 0)::double as compared,
      coalesce(sum(later_bill), 0)::double as kept
    from compared group by unit order by revenue desc, unit`;
}
