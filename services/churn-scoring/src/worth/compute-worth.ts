import { Inject, Injectable } from '@nestjs/common';
import type { ScoresPublished } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { readTexts } from '@holdfast/platform/columns';
import { copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { idsOf, numbersOf, readIfAvailable, textsOf } from '@holdfast/platform/facts';
import type { Rpc } from '@holdfast/platform/grpc';
import { shardOf } from '@holdfast/platform/identity';
import { Jobs, callOfJob, jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { z } from 'zod';
import type { StoredHorizons } from '../model/horizon.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { COMPONENTS } from './components.js';
import { hazardLines } from './value-horizons.js';
import { settingsAt } from './worth-settings.js';
import { STAGED_NUMBERS, STAGED_TEXTS, STAGING, SUMMARY, insertWorth } from './worth-sql.js';

export const COMPUTE_WORTH = jobKind('compute-worth', { runId: z.string() });

interface Summary {
  rows: string;
  /** Places of the components, from 1 on. */
  missing: number[];
  paretoLossShare: number | null;
}

interface ScoredRun {
  table_name: string;
  table_version: string;
  month: string;
  /** Of the model. */
  horizons: StoredHorizons | null;
}

/**
 * Job `compute-worth`: the worth of the subscriptions of a scoring run of the view over extracts (CS-16). The facts come
 * in one stream from feature-store, and one statement computes all rows, in a transaction: running it again replaces them.
 */
@Injectable()
export class ComputeWorth {
  constructor(
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(ValueGroupServiceDefinition.fullName) private readonly valueGroups: Rpc<ValueGroupService>,
  ) {}

  /** On `scores-published`: of churn, and of a table with months, which the view over extracts is. */
  async published(tx: Transaction, { runId, kind, month }: ScoresPublished): Promise<void> {
    if (kind !== 'status' || month === '') return;
    const caller = systemCaller('churn-scoring');
    await this.jobs.submit(tx, { kind: COMPUTE_WORTH, key: runId, params: { runId }, caller });
  }

  async run(run: JobRun<{ runId: string }>): Promise<JobResult> {
    const { runId } = run.params;
    const sql = `select r.table_name, r.table_version, r.month, m.horizons from scoring_run r join model m on m.id = r.model_id
      where r.id = $1 and r.purged_at is null and r.withdrawn_at is null`;
    const [scored] = await this.database.query<ScoredRun>(sql, [runId]);
    if (scored === undefined) return { runId, rows: '0' };
    const call = callOfJob('churn-scoring', run);
    const table = await this.tables.getTable(call, { table: scored.table_name, version: scored.table_version });
    if (table.origin !== 'view') return { runId, rows: '0' };
    let rows = 0;
    await readIfAvailable(async () => {
      const facts = this.valueGroups.readWorthFacts(call, { month: scored.month });
      rows = await this.database.transaction((tx) => this.store(tx, run, scored, facts));
    });
    return { runId, rows: String(rows) };
  }

  private async store(
    tx: Transaction,
    run: JobRun<{ runId: string }>,
    { month, horizons }: ScoredRun,
    facts: AsyncIterable<ColumnBatch>,
  ): Promise<number> {
    const { runId } = run.params;
    const computedAt = this.clock.now();
    const { settings, versions } = await settingsAt(this.parameters, computedAt);
    const lines = hazardLines(horizons);
    await rowsOf(tx, STAGING);
    await run.progress({ phase: 'reading-facts', fraction: 0 });
    let definitions = '';
    async function* noted(): AsyncGenerator<ColumnBatch> {
      for await (const batch of facts) {
        definitions = textsOf(batch, 'definitions', '')[0] ?? definitions;
        yield batch;
      }
    }
    await copyColumns(tx, 'staged_worth', STAGED_COLUMNS, noted(), run.signal);
    await rowsOf(tx, 'analyze staged_worth');
    await run.progress({ phase: 'computing-worth', fraction: 0.5 });
    await rowsOf(tx, 'delete from worth where run_id = $1', [runId]);
    await rowsOf(tx, 'delete from worth_run where run_id = $1', [runId]);
    await rowsOf(tx, insertWorth(settings, lines), [runId]);
    const [summary] = await rowsOf<Summary>(tx, SUMMARY, [runId]);
    const rows = Number(summary!.rows);
    if (rows === 0) return 0;
    await insertRow(tx, 'worth_run', {
      ...{ run_id: runId, month, rows, settings: JSON.stringify(versions), definitions, computed_at: computedAt },
      missing: summary!.missing.map((at) => COMPONENTS[at - 1]!),
      pareto_loss_share: summary!.paretoLossShare,
      hazard_months: lines.length + 1,
    });
    return rows;
  }
}

/** Columns of texts, not of categories. */
const JSON_TEXTS: ReadonlySet<string> = new Set(['factors', 'segment_facts']);

const STAGED_COLUMNS: CopyColumns<ColumnBatch> = {
  subscription_id: (batch) => idsOf(batch, 'subscription_id'),
  customer_id: (batch) => idsOf(batch, 'customer_id'),
  shard: (batch) => idsOf(batch, 'subscription_id').map(shardOf),
  ...Object.fromEntries(STAGED_NUMBERS.map((name) => [name, (batch: ColumnBatch) => numbersOf(batch, name)])),
  ...Object.fromEntries(
    STAGED_TEXTS.map((name) => [
      name,
      (batch: ColumnBatch) => (JSON_TEXTS.has(name) ? readTexts(batch, name) : textsOf(batch, name)),
    ]),
  ),
};
