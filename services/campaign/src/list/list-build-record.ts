import { rowsOf, type Transaction } from '@holdfast/platform/database';
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
  await rowsOf(
    tx,
    `insert into list_build (id, queue, run_id, run_published_at, built_at, items, efficiency_basis,
       at_risk_probability_min, contact_cost_minor, currency, model_id, model_name, table_version, table_as_of,
       value_column, org_unit_column, column_labels, campaign_id, table_name, month, household_run_id, household_month)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
    [
      record.id,
      record.queue,
      run.runId,
      origins.runPublishedAt,
      record.builtAt,
      record.items,
      run.efficiencyBasis,
      run.atRiskProbabilityMin,
      record.contactCostMinor,
      origins.currency,
      run.modelId,
      origins.modelName,
      run.tableVersion,
      origins.tableAsOf,
      origins.valueColumn,
      origins.orgUnitColumn,
      JSON.stringify(origins.columnLabels),
      record.campaignId,
      run.table,
      run.month,
      record.households?.runId ?? null,
      record.households?.month ?? null,
    ],
  );
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
