import { CampaignPlan, type Arm } from '@holdfast/contracts/campaign/v1/plan';
import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { ColumnLabels } from '../list/origins.js';

/** The campaign of a script. */
export interface CampaignFacts {
  campaignId: string;
  name: string;
  /** The approved channel. */
  channel: string;
  /** The approved cost of a contact; undefined if that of the scores applies. */
  contactCost: Money | undefined;
  arm: Arm;
  /** Undefined if none is calculated or the arm has no fitted plan. */
  planFit: PlanFit | undefined;
  /** Undefined if the subscription is not in a household. */
  household: { householdId: string; size: number; role: string } | undefined;
  /** Run of households at the list build; undefined if none was published. */
  householdRun: { runId: string; month: string } | undefined;
}

/** Facts of a script as stored by the list build. */
export interface ScriptFacts {
  /** Undefined on the queue of a plain table. */
  campaign: CampaignFacts | undefined;
  /** The scored table. */
  table: string;
  subscriptionId: string;
  probability: number;
  /** Money per month; null if unknown. */
  valueMinor: number | null;
  priority: number;
  quadrant: string;
  orgUnitPath: string;
  /** The operator's names of the org units on the path, from the largest; undefined if unknown. */
  orgUnitNames: readonly string[] | undefined;
  reasons: Reasons;
  rank: number;
  /** Number of items of the whole list. */
  items: number;
  queue: string;
  runId: string;
  runPublishedAt: Date;
  builtAt: Date;
  efficiencyBasis: string;
  atRiskProbabilityMin: number;
  contactCostMinor: number | null;
  currency: string;
  modelId: string;
  modelName: string;
  tableVersion: string;
  tableAsOf: Date;
  valueColumn: string | null;
  orgUnitColumn: string | null;
  columnLabels: ColumnLabels;
}

/** Row of FACT_COLUMNS. */
export interface FactsRow {
  subscription_id: string;
  probability: number;
  value_minor: string | null;
  priority: number;
  quadrant: string;
  org_unit_path: string;
  org_unit_names: string[] | null;
  reasons: Buffer;
  rank: string;
  items: string;
  queue: string;
  run_id: string;
  run_published_at: Date;
  built_at: Date;
  efficiency_basis: string;
  at_risk_probability_min: number;
  contact_cost_minor: string | null;
  currency: string;
  model_id: string;
  model_name: string;
  table_version: string;
  table_as_of: Date;
  value_column: string | null;
  org_unit_column: string | null;
  column_labels: ColumnLabels;
  table_name: string | null;
  campaign_id: string | null;
  campaign_plan: Partial<CampaignPlan> | null;
  arm: string | null;
  plan_fit: Buffer | null;
  household_id: string | null;
  household_size: number | null;
  household_role: string | null;
  /** Channel of the requested lease. */
  leased_for?: string;
  household_run_id: string | null;
  household_month: string | null;
}

/** Columns of `work_item i` joined with its `list_build b` and the `campaign c` of that, if any. */
export const FACT_COLUMNS = `i.subscription_id, i.probability, i.value_minor, i.priority, i.quadrant, i.org_unit_path,
  i.reasons, i.rank, b.items, b.queue, b.run_id, b.run_published_at, b.built_at, b.efficiency_basis,
  b.at_risk_probability_min, b.contact_cost_minor, b.currency, b.model_id, b.model_name, b.table_version, b.table_as_of,
  b.value_column, b.org_unit_column, b.column_labels, b.table_name, b.campaign_id, c.plan as campaign_plan, i.arm,
  i.plan_fit, i.household_id, i.household_size, i.household_role, b.household_run_id, b.household_month,
  (select array_agg(u.name order by length(u.org_unit_path)) from org_unit_name u
   where i.org_unit_path ^@ u.org_unit_path and u.org_unit_path like '%/%/') as org_unit_names`;

export function scriptFacts(row: FactsRow): ScriptFacts {
  return {
    campaign: campaignFacts(row),
    table: row.table_name ?? row.queue,
    subscriptionId: row.subscription_id,
    probability: row.probability,
    valueMinor: row.value_minor === null ? null : Number(row.value_minor),
    priority: row.priority,
    quadrant: row.quadrant,
    orgUnitPath: row.org_unit_path,
    orgUnitNames: row.org_unit_names ?? undefined,
    reasons: Reasons.decode(row.reasons),
    rank: Number(row.rank),
    items: Number(row.items),
    queue: row.queue,
    runId: row.run_id,
    runPublishedAt: row.run_published_at,
    builtAt: row.built_at,
    efficiencyBasis: row.efficiency_basis,
    atRiskProbabilityMin: row.at_risk_probability_min,
    contactCostMinor: row.contact_cost_minor === null ? null : Number(row.contact_cost_minor),
    currency: row.currency,
    modelId: row.model_id,
    modelName: row.model_name,
    tableVersion: row.table_version,
    tableAsOf: row.table_as_of,
    valueColumn: row.value_column,
    orgUnitColumn: row.org_unit_column,
    columnLabels: row.column_labels,
  };
}

function campaignFacts(row: FactsRow): CampaignFacts | undefined {
  if (row.campaign_id === null) return undefined;
  const plan = CampaignPlan.fromPartial(row.campaign_plan ?? {});
  const arm = plan.arms.find((each) => each.arm === row.arm);
  if (arm === undefined) throw new Error('The arm of a work item is not in the plan of its campaign');
  const { plan_fit: planFit, household_id: householdId, household_run_id: runId } = row;
  return {
    campaignId: row.campaign_id,
    name: plan.name,
    channel: plan.channel,
    contactCost: plan.contactCost,
    arm,
    planFit: planFit === null || planFit.length === 0 ? undefined : PlanFit.decode(planFit),
    household:
      householdId === null ? undefined : { householdId, size: row.household_size ?? 1, role: row.household_role ?? '' },
    householdRun: runId === null ? undefined : { runId, month: row.household_month ?? '' },
  };
}
