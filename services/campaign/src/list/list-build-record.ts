import { insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { CopiedRun } from '../contact/households.js';
import type { Origins } from './origins.js';

/** A list build without its items. */
export interface ListBuildRecord {
  id: string;
  queue: string;
  builtAt: Date;
  items: number;
  contactCostMinor: number | null;
  /** Of a campaign; null for the list of a table. */
  campaignId: string | null;
  households?: CopiedRun | undefined;
}

/** Stores the sources of a queue's figures, which its scripts cite. */
export async function storeListBuild(tx: Transaction, record: ListBuildRecord, origins: Origins): Promise<void> {
  const { run } = origins;
  await insertRow(tx, 'list_build', {
    ...{ id: record.id, queue: record.queue, built_at: record.builtAt, items: record.items },
    ...{ contact_cost_minor: record.contactCostMinor, campaign_id: record.campaignId },
    ...{ household_run_id: record.households?.runId, household_month: record.households?.month },
    ...{ run_id: run.runId, run_published_at: origins.runPublishedAt, month: run.month },
    ...{ efficiency_basis: run.efficiencyBasis, at_risk_probability_min: run.atRiskProbabilityMin },
    ...{ model_id: run.modelId, model_name: origins.modelName, table_name: run.table, table_version: run.tableVersion },
    ...{ table_as_of: origins.tableAsOf, value_column: origins.valueColumn, currency: origins.currency },
    ...{ org_unit_column: origins.orgUnitColumn, column_labels: origins.columnLabels },
  });
}

/** Points the queue to the list build and locks the queue's row; returns no row if the queue has a newer run. */
const SHOW = `
  insert into queue (name, list_build_id, run_id, run_published_at, version) values ($1, $2, $3, $4, 1)
  on conflict (name) do update set list_build_id = excluded.list_build_id, run_id = excluded.run_id,
    run_published_at = excluded.run_published_at, version = queue.version + 1
  where (queue.run_published_at, queue.run_id) < (excluded.run_published_at, excluded.run_id)
  returning version`;

/** Makes a list build the content of its queue. @returns the queue's version; undefined if it has a newer run */
export async function showListBuild(
  tx: Transaction,
  { id, queue, runId, runPublishedAt }: { id: string; queue: string; runId: string; runPublishedAt: Date },
): Promise<number | undefined> {
  const [shown] = await rowsOf<{ version: string }>(tx, SHOW, [queue, id, runId, runPublishedAt]);
  return shown === undefined ? undefined : Number(shown.version);
}
