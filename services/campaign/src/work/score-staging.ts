import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { clientOf, copyText, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';
import { toMinor } from '@holdfast/platform/money';
import type { Origins } from './origins.js';
import { wantedRows, type ScoreFilter, type ScoreRow } from './score-rows.js';

const STAGING = `
  create temporary table staged_score (
    subscription_id uuid, probability float8, value_minor bigint, priority float8, quadrant text, first_reason text,
    reasons bytea, org_unit_path text
  ) on commit drop`;

/** What came in for a draw. */
export interface Staged {
  items: number;
  /** Null where no row has a value. */
  contactCostMinor: number | null;
}

/** Copies the wanted scores of a run into the temporary table `staged_score` as they arrive, a batch in memory at a time. */
export async function stageScores(
  tx: Transaction,
  source: { scoring: Rpc<ScoringService>; run: JobRun; origins: Origins; filter: ScoreFilter },
): Promise<Staged> {
  const { scoring, run, origins, filter } = source;
  await rowsOf(tx, STAGING);
  const { runId, rows: rowsTotal } = origins.run;
  let items = 0;
  let contactCostMinor: number | null = null;
  async function* lines(): AsyncGenerator<string> {
    let rowsDone = 0;
    for await (const batch of scoring.readScores(callOfJob('campaign', run), { runId })) {
      let text = '';
      for (const row of wantedRows(batch, filter)) {
        items += 1;
        contactCostMinor ??= contactCostOf(row, origins.currency);
        text += copyLine(row, origins.currency);
      }
      if (text !== '') yield text;
      rowsDone += batch.rows;
      await run.progress({ phase: 'scores', rowsDone, rowsTotal });
    }
  }
  const client = await clientOf(tx);
  await pipeline(Readable.from(lines()), client.query(copyFrom('copy staged_score from stdin')), {
    signal: run.signal,
  });
  return { items, contactCostMinor };
}

/** Scores carry value and value ÷ cost, so that the cost they were computed with is their quotient. */
function contactCostOf({ value, efficiency }: ScoreRow, currency: string): number | null {
  return value > 0 && efficiency > 0 ? toMinor(value / efficiency, currency) : null;
}

function copyLine(row: ScoreRow, currency: string): string {
  const fields = [
    row.subscriptionId,
    row.probability,
    Number.isNaN(row.value) ? '\\N' : toMinor(row.value, currency),
    row.priority,
    copyText(row.quadrant),
    copyText(row.firstReason),
    `\\\\x${Buffer.from(row.reasons).toString('hex')}`,
    copyText(row.orgUnitPath),
  ];
  return `${fields.join('\t')}\n`;
}
