import { messageOf } from '@holdfast/platform/database';
import { CampaignPlan, type Arm } from '@holdfast/contracts/campaign/v1/plan';
import { Reasons, Timing } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { AdopterSegment } from '@holdfast/contracts/churn_scoring/v1/worth';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { PlanFit } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { LEVERS, type Lever } from '@holdfast/platform/levers';
import type { ColumnLabels } from '../list/origins.js';

export interface CampaignFacts {
  campaignId: string;
  name: string;
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
  table: string;
  subscriptionId: string;
  probability: number;
  /** Money per month; undefined if unknown. */
  valueMinor: number | undefined;
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
  atRiskProbabilityMin: number;
  contactCostMinor: number | undefined;
  currency: string;
  modelId: string;
  modelName: string;
  tableVersion: string;
  tableAsOf: Date;
  valueColumn: string | undefined;
  orgUnitColumn: string | undefined;
  columnLabels: ColumnLabels;
  /** Of leaving for arrears, fraud or death; undefined where the scores have none. */
  involuntaryProbability: number | undefined;
  /** What can be done about arrears, the mildest first; empty unless the subscription leaves involuntarily. */
  levers: readonly Lever[];
  /** When to contact; undefined where the scores have none. */
  timing: Timing | undefined;
  /** Early adopter or mature-stage chooser; undefined for others. */
  segment: AdopterSegment | undefined;
}

/** Row of FACT_COLUMNS as a message. */
interface StoredFacts extends Omit<ScriptFacts, 'campaign' | 'reasons' | 'levers' | 'timing' | 'segment'> {
  reasons: Buffer;
  /** Empty where there is none, as the next. */
  timing: Buffer;
  segment: Buffer;
  /** Separated by commas. */
  levers: string;
  campaignId?: string;
  campaignPlan?: Partial<CampaignPlan>;
  arm?: string;
  /** Empty if none is calculated. */
  planFit?: Buffer;
  householdId?: string;
  householdSize?: number;
  householdRole?: string;
  householdRunId?: string;
  householdMonth?: string;
}

/** Columns of `work_item i` joined with its `list_build b` and the `campaign c` of that, if any. */
export const FACT_COLUMNS = `i.subscription_id, i.probability, i.value_minor::float8, i.priority, i.quadrant,
  i.org_unit_path, i.reasons, i.rank::float8, b.items::float8, b.queue, b.run_id, b.run_published_at, b.built_at,
  b.at_risk_probability_min, b.contact_cost_minor::float8, b.currency, b.model_id, b.model_name,
  i.involuntary_probability, i.levers, i.timing, i.segment, b.table_version, b.table_as_of, b.value_column, b.org_unit_column, b.column_labels,
  coalesce(b.table_name, b.queue) as "table", b.campaign_id, c.plan as campaign_plan, i.arm, i.plan_fit, i.household_id,
  i.household_size, i.household_role, b.household_run_id, b.household_month,
  (select array_agg(u.name order by length(u.org_unit_path)) from org_unit_name u
   where i.org_unit_path ^@ u.org_unit_path and u.org_unit_path like '%/%/') as org_unit_names`;

export function scriptFacts(row: object): ScriptFacts {
  const stored = messageOf<StoredFacts>(row);
  const levers = LEVERS.filter((lever) => stored.levers.split(',').includes(lever));
  return {
    ...{ ...stored, levers, reasons: Reasons.decode(stored.reasons), campaign: campaignFacts(stored) },
    timing: stored.timing.length === 0 ? undefined : Timing.decode(stored.timing),
    segment: stored.segment.length === 0 ? undefined : AdopterSegment.decode(stored.segment),
  };
}

function campaignFacts({ campaignId, campaignPlan, ...stored }: StoredFacts): CampaignFacts | undefined {
  if (campaignId === undefined) return undefined;
  const { name, channel, contactCost, arms } = CampaignPlan.fromPartial(campaignPlan ?? {});
  const arm = arms.find((each) => each.arm === stored.arm);
  if (arm === undefined) throw new Error('The arm of a work item is not in the plan of its campaign');
  const { planFit, householdId, householdSize: size = 1, householdRole: role = '', householdRunId: runId } = stored;
  return {
    ...{ campaignId, name, channel, contactCost, arm },
    planFit: planFit === undefined || planFit.length === 0 ? undefined : PlanFit.decode(planFit),
    household: householdId === undefined ? undefined : { householdId, size, role },
    householdRun: runId === undefined ? undefined : { runId, month: stored.householdMonth ?? '' },
  };
}
