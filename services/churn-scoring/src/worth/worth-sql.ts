import type { StoredHorizons } from '../model/horizon.js';
import { QUADRANT_SQL } from '../scoring/quadrant.js';
import type { WorthSettings } from './worth-settings.js';
import { RANK_COLUMNS, gradeSql, indexSql } from './components.js';

/** Shares of a fingerprint, as columns of feature-store. */
const FINGERPRINT = [
  ...['share_voice_fee', 'share_data_fee', 'share_sms_fee', 'share_vas_fee', 'share_roaming_fee', 'share_off_net'],
] as const;
const AMOUNTS = ['revenue', 'serve_cost', 'interconnect_cost', 'credit_loss', 'arrears'] as const;
const FIGURES = [
  ...['in_cohort', 'value_lost', 'mean_arpu', 'contacts', 'complaints', 'arrears_months', 'bill_change'],
  ...['usage_change', 'tenure_months', 'usage', 'churn_index'],
] as const;
const TEXTS = [
  ...['org_unit_path', 'region', 'value_group', 'credit_class', 'customer_kind', 'manager_id', 'vip_level'],
  ...['churn_index_basis', 'factors', 'segment', 'segment_reasons', 'segment_facts'],
] as const;

/** Columns of the staged facts: numbers, then texts, after the ids. */
export const STAGED_NUMBERS = [...AMOUNTS, ...FIGURES, ...FINGERPRINT, ...RANK_COLUMNS] as const;
export const STAGED_TEXTS = TEXTS;

export const STAGING = `create temporary table staged_worth (subscription_id uuid, customer_id uuid, shard smallint,
  ${STAGED_NUMBERS.map((name) => `${name} float8`).join(', ')}, ${TEXTS.map((name) => `${name} text`).join(', ')}
) on commit drop`;

/** Minor units; NULL unknown. */
function minor(amount: string): string {
  return `round((${amount})::numeric)::bigint`;
}

/** SQL of q + q² + … of so many months; q is the chance to stay a month, discounted. */
function geometric(q: string, months: number): string {
  return `case when ${q} > 1 - 1e-12 then ${months}::float8
    else ${q} * (1 - power(${q}, ${months})) / (1 - ${q}) end`;
}

/**
 * SQL of Σ_{t=1..H} Π_{k ≤ t} q(k), q(k) = (1 − hazard of month k) ÷ (1 + d), as q(1) × (1 + q(2) × (1 + …)): the hazard
 * of the first month is the probability, those of later ones follow from it by the lines of the model, the last one stands
 * for all further months.
 */
function survivalSum({ months, annualDiscount }: WorthSettings['future'], lines: StoredHorizons['lines']): string {
  const discount = Math.pow(1 + annualDiscount, 1 / 12);
  const bounded = 'least(greatest(probability, 1e-15), 1 - 1e-15)';
  const hazards = lines.slice(0, months - 1).map(({ intercept, slope }) => {
    const logit = `(${intercept}) + (${slope}) * ln(${bounded} / (1 - ${bounded}))`;
    return `1 / (1 + exp(-least(36, greatest(-36, ${logit}))))`;
  });
  const q = ['probability', ...hazards].map((hazard) => `((1 - ${hazard}) / ${discount})`);
  const last = geometric(q.at(-1)!, months - q.length + 1);
  return q.slice(0, -1).reduceRight((later, each) => `${each} * (1 + ${later})`, last);
}

/**
 * Computes the worth of every scored subscription of a run from the staged facts, in one statement; $1 is the run.
 *
 * - margin = revenue − serve cost − interconnect cost (known costs only), per month.
 * - future value = Σ_{t=1..H} margin × Π_{k ≤ t} (1 − hazard k) ÷ (1 + d)^t: the margin of each month by the chance that
 *   the subscription still exists, d = (1 + annual rate)^(1/12) − 1. The first hazard is the published churn probability p,
 *   the others are those of the model's horizons; without them p is the hazard of every month.
 * - expected loss = p × future value, at least 0. The pareto selection are the region's subscriptions with the highest.
 * - percentile: share of the region's subscriptions with a higher value index.
 */
export function insertWorth(settings: WorthSettings, lines: StoredHorizons['lines']): string {
  const { weights, future, grades, spendingPower, potential, change, lifecycle, pareto } = settings;
  const sum = survivalSum(future, lines);
  const ranks = `array[${RANK_COLUMNS.join(', ')}, rank_future]`;
  const inRegion = (value: string): string =>
    `case when ${value} is not null then percent_rank() over (partition by region, ${value} is null order by ${value} desc) end`;
  return `insert into worth (run_id, subscription_id, customer_id, org_unit_path, region, probability, quadrant, cause,
      value_group, in_cohort, value_lost, potential, manager_id, amounts, contacts, complaints, ranks, margin, future_value,
      expected_loss, value_index, percentile, grade, in_pareto, spending_power, customer_kind, vip_level, credit_grade,
      credit_class, arrears_months, fingerprint, bill_change, usage_change, is_changed, tenure_months, lifecycle,
      churn_index, churn_index_basis, churn_index_factors, segment, segment_reasons, segment_facts)
    with scored as (
      select w.*, s.probability, case when s.first_cause = 'none' then '' else s.first_cause end as first_cause, s.probability >= r.at_risk_probability_min as is_at_risk,
        ${QUADRANT_SQL} as quadrant,
        ${minor('w.revenue - coalesce(w.serve_cost, 0) - coalesce(w.interconnect_cost, 0)')} as margin
      from staged_worth w
      join score s on s.run_id = $1 and s.shard = w.shard and s.subscription_id = w.subscription_id
      join scoring_run r on r.id = s.run_id
    ), valued as (
      select *, ${minor(`margin * (${sum})`)} as future_value from scored
    ), ranked as (
      select *, greatest(0, ${minor('probability * future_value')}) as expected_loss,
        case when future_value is not null
          then percent_rank() over (partition by region, future_value is null order by future_value) end as rank_future
      from valued
    ), indexed as (
      select *, ${ranks} as ranks, ${indexSql(weights, ranks)} as value_index from ranked
    ), placed as (
      select *, ${inRegion('value_index')} as percentile, ${inRegion('expected_loss')} as loss_rank from indexed
    )
    select $1, subscription_id, customer_id, org_unit_path, region, probability, quadrant, first_cause,
      value_group, in_cohort = 1, value_lost = 1,
      case when value_group is null or value_group = 'mid_high_end' then ''
        when value_group = 'quasi_mid_high_end' then 'near_line'
        when bill_change >= ${potential.riseMin} and rank_revenue >= 0.5 then 'rising'
        when usage >= ${potential.usageMin} then 'heavy_use' else '' end,
      manager_id, array[${AMOUNTS.map(minor).join(', ')}], contacts, complaints, ranks, margin, future_value,
      expected_loss, value_index, percentile, ${gradeSql('percentile', grades)},
      coalesce(loss_rank < ${pareto.customerShare} and expected_loss > 0, false),
      case when rank_revenue >= ${spendingPower.high} then 'high' when rank_revenue >= ${spendingPower.medium} then 'medium'
        when rank_revenue is not null then 'low' end,
      customer_kind, vip_level,
      case when arrears_months is null or arrears is null then null when arrears_months = 0 then 'A'
        when arrears_months <= 1 and arrears <= revenue then 'B'
        when arrears_months <= 3 and arrears <= 2 * revenue then 'C' else 'D' end,
      credit_class, arrears_months, array[${FINGERPRINT.join(', ')}], bill_change, usage_change,
      case when coalesce(bill_change, usage_change) is not null
        then greatest(abs(coalesce(bill_change, 0)), abs(coalesce(usage_change, 0))) >= ${change.ratioMin} end,
      tenure_months,
      case when is_at_risk then 'leaving' when tenure_months < ${lifecycle.newMonths} then 'new'
        when value_lost = 1 or bill_change <= ${-lifecycle.declineMin} then 'declining'
        when bill_change >= ${lifecycle.growthMin} then 'growing' else 'mature' end,
      churn_index, churn_index_basis, nullif(factors, '')::jsonb,
      coalesce(segment, 'unknown'), coalesce(string_to_array(segment_reasons, ','), '{}'), nullif(segment_facts, '')::jsonb
    from placed`;
}

/** Components that no subscription of a run has, the share of loss of the pareto selection, and rows; $1 is the run. */
export const SUMMARY = `
  select count(*) as rows,
    array(select at from generate_series(1, 7) as at
      where not exists (select from worth where run_id = $1 and ranks[at] is not null) order by at) as missing,
    (sum(expected_loss) filter (where in_pareto))::float8 / nullif(sum(expected_loss), 0)::float8 as "paretoLossShare"
  from worth where run_id = $1`;
