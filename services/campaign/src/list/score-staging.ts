import type { ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Money } from '@holdfast/contracts/platform/v1/money';
import { copyRows, type CopyRow } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';
import { toMinor } from '@holdfast/platform/money';
import type { Origins } from './origins.js';
import { matchingRows, type ScoreFilter, type ScoreRow } from './score-rows.js';

const STAGING = `
  create temporary table staged_score (
    subscription_id uuid, probability float8, value_minor bigint, priority float8, quadrant text, first_reason text,
    reasons bytea, org_unit_path text, involuntary_probability float8, is_involuntary boolean, levers text,
    timing bytea, segment bytea
  ) on commit drop`;
const COLUMNS = `subscription_id, probability, value_minor, priority, quadrant, first_reason, reasons, org_unit_path,
  involuntary_probability, is_involuntary, levers, timing, segment`;

export interface Staged {
  items: number;
  /** Matching subscriptions that are omitted because they leave involuntarily. */
  involuntary: number;
  /** Null if no row has a value. */
  contactCostMinor: number | null;
}

/** Streams the matching scores of a run into the temporary table `staged_score`, one batch in memory at a time. */
export async function stageScores(
  tx: Transaction,
  source: {
    scoring: Rpc<ScoringService>;
    run: JobRun;
    origins: Origins;
    filter: ScoreFilter;
    includeInvoluntary: boolean;
  },
): Promise<Staged> {
  const { scoring, run, origins, filter, includeInvoluntary } = source;
  await rowsOf(tx, STAGING);
  const { runId, rows: rowsTotal } = origins.run;
  let contactCostMinor: number | null = null;
  let involuntary = 0;
  async function* batches(): AsyncGenerator<CopyRow[]> {
    let rowsDone = 0;
    for await (const batch of scoring.readScores(callOfJob('campaign', run), { runId })) {
      const matching = [...matchingRows(batch, filter)];
      const rows = includeInvoluntary ? matching : matching.filter(({ isInvoluntary }) => !isInvoluntary);
      involuntary += matching.length - rows.length;
      for (const row of rows) contactCostMinor ??= contactCostOf(row, origins.run.contactCost);
      yield rows.map((row) => copyRow(row, origins.currency));
      rowsDone += batch.rows;
      await run.progress({ phase: 'scores', rowsDone, rowsTotal });
    }
  }
  const items = await copyRows(tx, 'staged_score', COLUMNS, batches(), run.signal);
  return { items, involuntary, contactCostMinor };
}

function contactCostOf({ value }: ScoreRow, contactCost: Money | undefined): number | null {
  return value > 0 ? (contactCost?.minor ?? null) : null;
}

function copyRow(row: ScoreRow, currency: string): CopyRow {
  const valueMinor = toMinor(row.value, currency);
  const { subscriptionId, probability, priority, quadrant, firstReason, reasons, orgUnitPath } = row;
  const { isInvoluntary, levers, timing, segment } = row;
  const involuntaryProbability = Number.isNaN(row.involuntaryProbability) ? null : row.involuntaryProbability;
  return [
    ...[subscriptionId, probability, valueMinor, priority, quadrant, firstReason, reasons, orgUnitPath],
    ...[involuntaryProbability, isInvoluntary, levers, timing, segment],
  ];
}
