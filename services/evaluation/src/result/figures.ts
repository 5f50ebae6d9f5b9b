import type { ChannelCount } from '@holdfast/contracts/evaluation/v1/results';
import { CONTROL } from '@holdfast/platform/control-group';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JudgedUnits } from './effects.js';
import type { GroupSize } from './randomisation-check.js';

/** Rows of a cursor at a time. */
const FETCH_ROWS = 20_000;

/**
 * Who is judged: found, and at risk at the end of the month of assignment. $1 campaign, $2 months that count, $3 those
 * that are in.
 */
const JUDGED = `
  select a.subscription_id, a.arm, a.stratum, a.propensity, a.cluster_id, a.month,
    exists (
      select from outcome f
      where f.subscription_id = a.subscription_id and f.churned and f.month = any($3::int[])
        and f.month between a.month + 1 and a.month + $2
    ) as has_churned
  from assignment a
  join outcome o on o.subscription_id = a.subscription_id and o.month = a.month and o.at_risk
  where a.campaign_id = $1`;

/** Whom a figure is about, and which months count. */
export interface Scope {
  campaignId: string;
  followMonths: number;
  /** Outcome months that are in, as numbers; empty before. */
  monthsIn: readonly number[];
  /** Months that are closed. */
  closedMonths: readonly number[];
}

/** What of each stratum got each arm, all who were assigned. */
export async function groupSizes(tx: Transaction, campaignId: string): Promise<GroupSize[]> {
  const rows = await rowsOf<Record<'stratum' | 'arm' | 'units' | 'subscriptions', string> & Propensities>(
    tx,
    `select stratum, arm, count(distinct cluster_id) as units, count(*) as subscriptions,
       case when count(propensity) = count(*) then min(propensity) end as least,
       case when count(propensity) = count(*) then max(propensity) end as most
     from assignment where campaign_id = $1 group by stratum, arm order by stratum, arm`,
    [campaignId],
  );
  return rows.map((row) => ({
    stratum: row.stratum,
    arm: row.arm,
    units: Number(row.units),
    subscriptions: Number(row.subscriptions),
    propensityMin: row.least,
    propensityMax: row.most,
  }));
}

interface Propensities {
  least: number | null;
  most: number | null;
}

/** Σ m² ÷ Σ m over the units' sizes: how much larger a variance would be if all of a unit did the same. */
export async function meanUnitSize(tx: Transaction, campaignId: string): Promise<number> {
  const [row] = await rowsOf<{ size: number | null }>(
    tx,
    `select (sum(members * members) / sum(members))::float8 as size
     from (select count(*) as members from assignment where campaign_id = $1 group by cluster_id) as unit`,
    [campaignId],
  );
  return row?.size ?? 1;
}

/** Those who are judged, by unit. Memory holds some 80 bytes for each, at most the operator's subscriptions. */
export async function judgedUnits(tx: Transaction, scope: Scope, armNames: readonly string[]): Promise<JudgedUnits> {
  const { campaignId, followMonths, monthsIn } = scope;
  await rowsOf(
    tx,
    `declare judged no scroll cursor for
     select dense_rank() over (order by cluster_id)::int as unit, arm, stratum,
       coalesce(propensity, 'NaN') as propensity, count(*)::int as members, (count(*) filter (where has_churned))::int as gone
     from (${JUDGED}) as judged group by cluster_id, arm, stratum, propensity order by cluster_id, stratum, arm, propensity`,
    [campaignId, followMonths, monthsIn],
  );
  const columns = { arm: [], unit: [], stratum: [], members: [], churned: [], propensity: [] } as Record<
    Exclude<keyof JudgedUnits, 'armNames'>,
    number[]
  >;
  const strata = new Map<string, number>();
  for (;;) {
    const rows = await rowsOf<UnitRow>(tx, `fetch ${FETCH_ROWS} from judged`);
    for (const row of rows) {
      if (!strata.has(row.stratum)) strata.set(row.stratum, strata.size);
      columns.arm.push(armNames.indexOf(row.arm));
      columns.unit.push(row.unit);
      columns.stratum.push(strata.get(row.stratum)!);
      columns.members.push(row.members);
      columns.churned.push(row.gone);
      columns.propensity.push(row.propensity);
    }
    if (rows.length < FETCH_ROWS) break;
  }
  await rowsOf(tx, 'close judged');
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
  gone: number;
}

/** What came of a group. */
export interface ArmFigures {
  arm: string;
  assigned: number;
  /** Of these, assigned in a month that is closed. */
  matured: number;
  judged: number;
  churned: number;
  touched: number;
  accepted: number;
  /** Minor units; null where no bill is known. */
  meanArpuMinor: number | null;
  costMinor: number | null;
  /** Of accepted offers. */
  offerCostMinor: number | null;
  /** Touches, and those of them whose cost nobody wrote down. */
  touches: number;
  uncosted: number;
}

/**
 * By arm, `control` last. Before the month of assignment is closed nobody is judged, and all who were assigned count.
 * The mean ARPU is over everybody judged and every month that is in; a month without a bill counts as 0 for those who
 * have left, and not at all for the others. Reaching those who were touched is of all who were assigned.
 */
export async function armFigures(tx: Transaction, scope: Scope): Promise<ArmFigures[]> {
  const { campaignId, followMonths, monthsIn, closedMonths } = scope;
  return rowsOf<ArmFigures>(
    tx,
    `with judged as (${JUDGED}),
     billed as (
       select j.arm, avg(coalesce(o.arpu_minor, case when o.subscription_id is null or g.has_gone then 0 end)) as mean,
         count(o.arpu_minor) as bills
       from judged j
       cross join unnest($3::int[]) as counted(month)
       left join outcome o on o.subscription_id = j.subscription_id and o.month = counted.month
       cross join lateral (
         select exists (
           select from outcome f where f.subscription_id = j.subscription_id and f.churned
             and f.month between j.month + 1 and counted.month
         ) as has_gone
       ) as g
       where counted.month between j.month + 1 and j.month + $2
       group by j.arm
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
     select a.arm, a.assigned::int as assigned, a.matured::int as matured, count(j.subscription_id)::int as judged,
       (count(*) filter (where j.has_churned))::int as churned, a.touched::int as touched, a.accepted::int as accepted,
       case when b.bills > 0 then round(b.mean)::float8 end as "meanArpuMinor", a.cost_minor::float8 as "costMinor",
       a.offer_cost_minor::float8 as "offerCostMinor", a.touches::int as touches, a.uncosted::int as uncosted
     from assigned a
     left join judged j on j.arm = a.arm
     left join billed b on b.arm = a.arm
     group by a.arm, a.assigned, a.matured, a.touched, a.accepted, a.cost_minor, a.offer_cost_minor, a.touches,
       a.uncosted, b.bills, b.mean
     order by a.arm = $4, a.arm`,
    [campaignId, followMonths, monthsIn, CONTROL, closedMonths],
  );
}

/** What was done, by channel. */
export async function channelCounts(tx: Transaction, campaignId: string): Promise<ChannelCount[]> {
  interface Row {
    channel: string;
    touches: string;
    responses: Record<string, number>;
    hits: number | null;
  }
  const rows = await rowsOf<Row>(
    tx,
    `select channel, sum(touches) as touches, jsonb_object_agg(response, touches) as responses,
       (sum(hits) / nullif(sum(asked), 0))::float8 as hits
     from (
       select channel, response, count(*) as touches, count(hit) as asked, count(*) filter (where hit) as hits
       from touch where campaign_id = $1 group by channel, response
     ) as by_response
     group by channel order by channel`,
    [campaignId],
  );
  return rows.map(({ channel, touches, responses, hits }) => ({
    channel,
    touches: Number(touches),
    responses,
    hitRate: hits ?? undefined,
  }));
}
