import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ColumnLabels } from '../work/origins.js';

/** What a script is made of, as the draw stored it. */
export interface ScriptFacts {
  subscriptionId: string;
  probability: number;
  /** Money a month; null if unknown. */
  valueMinor: number | null;
  priority: number;
  quadrant: string;
  unitPath: string;
  reasons: Reasons;
  rank: number;
  /** Items of the whole list. */
  items: number;
  queue: string;
  runId: string;
  runPublishedAt: Date;
  drawnAt: Date;
  efficiencyBasis: string;
  atRiskProbabilityMin: number;
  contactCostMinor: number | null;
  currency: string;
  modelId: string;
  modelName: string;
  tableVersion: string;
  tableAsOf: Date;
  valueColumn: string | null;
  unitColumn: string | null;
  columnLabels: ColumnLabels;
}

/** What FACT_COLUMNS selects. */
export interface FactsRow {
  subscription_id: string;
  probability: number;
  value_minor: string | null;
  priority: number;
  quadrant: string;
  unit_path: string;
  reasons: Buffer;
  rank: string;
  items: string;
  queue: string;
  run_id: string;
  run_published_at: Date;
  drawn_at: Date;
  efficiency_basis: string;
  at_risk_probability_min: number;
  contact_cost_minor: string | null;
  currency: string;
  model_id: string;
  model_name: string;
  table_version: string;
  table_as_of: Date;
  value_column: string | null;
  unit_column: string | null;
  column_labels: ColumnLabels;
}

/** Of `work_item i` joined with its `draw d`. */
export const FACT_COLUMNS = `i.subscription_id, i.probability, i.value_minor, i.priority, i.quadrant, i.unit_path,
  i.reasons, i.rank, d.items, d.queue, d.run_id, d.run_published_at, d.drawn_at, d.efficiency_basis,
  d.at_risk_probability_min, d.contact_cost_minor, d.currency, d.model_id, d.model_name, d.table_version, d.table_as_of,
  d.value_column, d.unit_column, d.column_labels`;

export function scriptFacts(row: FactsRow): ScriptFacts {
  return {
    subscriptionId: row.subscription_id,
    probability: row.probability,
    valueMinor: row.value_minor === null ? null : Number(row.value_minor),
    priority: row.priority,
    quadrant: row.quadrant,
    unitPath: row.unit_path,
    reasons: Reasons.decode(row.reasons),
    rank: Number(row.rank),
    items: Number(row.items),
    queue: row.queue,
    runId: row.run_id,
    runPublishedAt: row.run_published_at,
    drawnAt: row.drawn_at,
    efficiencyBasis: row.efficiency_basis,
    atRiskProbabilityMin: row.at_risk_probability_min,
    contactCostMinor: row.contact_cost_minor === null ? null : Number(row.contact_cost_minor),
    currency: row.currency,
    modelId: row.model_id,
    modelName: row.model_name,
    tableVersion: row.table_version,
    tableAsOf: row.table_as_of,
    valueColumn: row.value_column,
    unitColumn: row.unit_column,
    columnLabels: row.column_labels,
  };
}
