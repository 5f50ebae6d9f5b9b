import { literal } from '../engine/engine.js';
import { unitAt } from '../value/stock-sql.js';
import { INVOLUNTARY } from '../view/labels.js';

/**
 * SQL of the monthly counts of churners, by the month in which they left and the org unit that they had before it: columns
 * `month`, `org_unit_path`, `stock` (at risk at the end of the month before), `voluntary`, `involuntary`. A churner was at
 * risk at the end of a month and churned in the next one (CS-01), so that none is counted twice for one departure, and
 * who joins and leaves within a month is not counted. An unknown reason is voluntary.
 * @param status relation `statusMonths` @param months last months of a stock, first and last
 * @param where conditions on `org_unit_path`
 */
export function churnerCounts(
  status: string,
  months: { from: string; to: string },
  levels: number,
  where: readonly string[],
): string {
  const next = `strftime((month || '-01')::date + interval 1 month, '%Y-%m')`;
  const reasons = INVOLUNTARY.map(literal).join(', ');
  return `with status as materialized (
      select subscription_id, month, org_unit_path, at_risk, churned, coalesce(reason_code in (${reasons}), false) as is_involuntary
      from ${status}
    ), stock as (
      select subscription_id, ${next} as month, org_unit_path from status
      where ${['at_risk', `month between '${months.from}' and '${months.to}'`, ...where].join(' and ')}
    )
    select s.month, ${unitAt(levels).replace('org_unit_path', 's.org_unit_path')} as org_unit_path, count(*) as stock,
      count(*) filter (where l.churned and not l.is_involuntary) as voluntary,
      count(*) filter (where l.churned and l.is_involuntary) as involuntary
    from stock as s left join status as l on l.subscription_id = s.subscription_id and l.month = s.month
    group by all order by all`;
}
