import type { ChannelCount } from '@holdfast/contracts/evaluation/v1/results';
import { CONTROL } from '@holdfast/platform/control-group';
import { rowsOf, type Transaction, messageOf } from '@holdfast/platform/database';
import type { EvaluatedUnits } from './effects.js';
import type { GroupSize } from './randomisation-check.js';

const FETCH_ROWS = 20_000;

/**
 * Evaluated subscriptions: known and at risk at the end of the month of assignment. $1 campaign, $2 follow-up months, $3
 * available months.
 */
const EVALUATED = `
  select a.subscription_id, a.arm, a.stratum, a.propensity, a.cluster_id, a.month,
    exists (
      select from outcome f
      where f.subscription_id = a.subscription_id and f.churned and f.month = any($3::int[])
        and f.month between a.month + 1 and a.month + $2
    ) as has_churned
  from assignment a
  join outcome o on o.subscription_id = a.subscription_id and o.month = a.month and o.at_risk
  where a.campaign_id = $1`;

/** The campaign and months of a figure. */
export interface Scope {
  campaignId: string;
  followMonths: number;
  /** Available outcome months as numbers. */
  availableMonths: readonly number[];
  closedMonths: readonly number[];
}

/** Sizes of the arms by stratum, of all assigned. */
export async function groupSizes(tx: Transaction, campaignId: string): Promise<GroupSize[]> {
  const sql = `select stratum, arm, count(distinct cluster_id)::int as units, count(*)::int as subscriptions,
      case when count(propensity) = count(*) then min(propensity) end as "propensityMin",
      case when count(propensity) = count(*) then max(propensity) end as "propensityMax"
    from assignment where campaign_id = $1 group by stratum, arm order by stratum, arm`;
  return rowsOf<GroupSize>(tx, sql, [campaignId]);
}

/** Σ m² ÷ Σ m over the units' sizes: the design effect for identical members of a unit. */
export async function meanUnitSize(tx: Transaction, campaignId: string): Promise<number> {
  const sql = `select (sum(members * members) / sum(members))::float8 as size
    from (select count(*) as members from assignment where campaign_id = $1 group by cluster_id) as unit`;
  const [row] = await rowsOf<{ size: number | null }>(tx, sql, [campaignId]);
  return row?.size ?? 1;
}

/** Evaluated subscriptions by unit. Needs some 80 bytes of memory per unit. */
export async function evaluatedUnits(
  tx: Transaction,
  scope: Scope,
  armNames: readonly string[],
): Promise<EvaluatedUnits> {
  const { campaignId, followMonths, availableMonths } = scope;
  const sql = `declare evaluated_unit no scroll cursor for
    select dense_rank() over (order by cluster_id)::int as unit, arm, stratum,
      coalesce(propensity, 'NaN') as propensity, count(*)::int as members, (count(*) filter (where has_churned))::int as churned
    from (${EVALUATED}) as evaluated group by cluster_id, arm, stratum, propensity order by cluster_id, stratum, arm, propensity`;
  await rowsOf(tx, sql, [campaignId, followMonths, availableMonths]);
  const columns = { arm: [], unit: [], stratum: [], members: [], churned: [], propensity: [] } as Record<
    Exclude<keyof EvaluatedUnits, 'armNames'>,
    number[]
  >;
  const strata = new Map<string, number>();
  for (;;) {
    const rows = await rowsOf<UnitRow>(tx, `fetch ${FETCH_ROWS} from evaluated_unit`);
    for (const row of rows) {
      if (!strata.has(row.stratum)) strata.set(row.stratum, strata.size);
      columns.arm.push(armNames.indexOf(row.arm));
      columns.unit.push(row.unit);
      columns.stratum.push(strata.get(row.stratum)!);
      columns.members.push(row.members);
      columns.churned.push(row.churned);
      columns.propensity.push(row.propensity);
    }
    if (rows.length < FETCH_ROWS) break;
  }
  await rowsOf(tx, 'close evaluated_unit');
  return {
    arm: Uint16Array.from(columns.arm),
    armNames,
    unit: Uint32Array.from(columns.unit),
    stratum: Uint32Array.from(columns.stratum),
    members: Float64Array.from(columns.members),
    churned: Float64Array.from(columns.churned),
    propensity: Float64Array.from(columns.propensity),
  };
}

interface UnitRow {
  unit: number;
  arm: string;
  stratum: string;
  propensity: number;
  members: number;
  churned: number;
}

export interface ArmFigures {
  arm: string;
  assigned: number;
  /** Of these, assigned in a closed month. */
  matured: number;
  evaluated: number;
  churned: number;
  touched: number;
  accepted: number;
  /** Minor units; null if no bill is known. */
  meanArpuMinor: number | null;
  costMinor: number | null;
  /** Of accepted offers. */
  offerCostMinor: number | null;
  touches: number;
  uncosted: number;
}

/**
 * By arm, `control` last. No subscription is evaluated before the month of assignment is closed. The mean ARPU is over
 * all evaluated subscriptions and available months; a month without a bill counts as 0 for churners and is excluded
 * for others. Touched and accepted are of all assigned.
 */
export async function armFigures(tx: Transaction, scope: Scope): Promise<ArmFigures[]> {
  const { campaignId, followMonths, availableMonths, closedMonths } = scope;
  const sql = `with evaluated as (${EVALUATED}),
    billed as (
      select e.arm, avg(coalesce(o.arpu_minor, case when o.subscription_id is null or g.has_churned then 0 end)) as mean,
        count(o.arpu_minor) as bills
      from evaluated e
      cross join unnest($3::int[]) as counted(month)
      left join outcome o on o.subscription_id = e.subscription_id and o.month = counted.month
      cross join lateral (
        select exists (
          select from outcome f where f.subscription_id = e.subscription_id and f.churned
            and f.month between e.month + 1 and counted.month
        ) as has_churned
      ) as g
      where counted.month between e.month + 1 and e.month + $2
      group by e.arm
    ),
    assigned as (
      select a.arm, count(*) as assigned, count(*) filter (where a.month = any($5::int[])) as matured,
        count(t.subscription_id) as touched,
        count(*) filter (where t.has_accepted) as accepted, sum(t.cost_minor) as cost_minor,
        sum(t.offer_cost_minor) as offer_cost_minor, coalesce(sum(t.touches), 0) as touches,
        coalesce(sum(t.uncosted), 0) as uncosted
      from assignment a
      left join (
        select subscription_id, bool_or(response = 'accepted') as has_accepted, sum(cost_minor) as cost_minor,
          sum(offer_cost_minor) as offer_cost_minor, count(*) as touches,
          count(*) filter (where cost_minor is null) as uncosted
        from touch where campaign_id = $1 group by subscription_id
      ) as t using (subscription_id)
      where a.campaign_id = $1 group by a.arm
    )
    select a.arm, a.assigned::int as assigned, a.matured::int as matured, count(e.subscription_id)::int as evaluated,
      (count(*) filter (where e.has_churned))::int as churned, a.touched::int as touched, a.accepted::int as accepted,
      case when b.bills > 0 then round(b.mean)::float8 end as "meanArpuMinor", a.cost_minor::float8 as "costMinor",
      a.offer_cost_minor::float8 as "offerCostMinor", a.touches::int as touches, a.uncosted::int as uncosted
    from assigned a
    left join evaluated e on e.arm = a.arm
    left join billed b on b.arm = a.arm
    group by a.arm, a.assigned, a.matured, a.touched, a.accepted, a.cost_minor, a.offer_cost_minor, a.touches,
      a.uncosted, b.bills, b.mean
    order by a.arm = $4, a.arm`;
  return rowsOf<ArmFigures>(tx, sql, [campaignId, followMonths, availableMonths, CONTROL, closedMonths]);
}

export async function channelCounts(tx: Transaction, campaignId: string): Promise<ChannelCount[]> {
  const sql = `select channel, sum(touches)::float8 as touches, jsonb_object_agg(response, touches) as responses,
      (sum(hits) / nullif(sum(answered), 0))::float8 as hit_rate
    from (
      select channel, response, count(*) as touches, count(hit) as answered, count(*) filter (where hit) as hits
      from touch where campaign_id = $1 group by channel, response
    ) as by_response
    group by channel order by channel`;
  const rows = await rowsOf(tx, sql, [campaignId]);
  return rows.map((row) => messageOf<ChannelCount>(row));
}
