import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { shardOf, shardsOfPiece } from '@holdfast/platform/identity';
import {
  callOfJob,
  jobKind,
  type JobResult,
  type JobRun,
  type ParamsOf,
  type ShardedWork,
} from '@holdfast/platform/jobs';
import { pieceCount } from '@holdfast/platform/published-runs';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { ChurnScoringConfig } from '../config.js';
import type { LoadedModel } from '../model/model-file.js';
import { Registry } from '../model/registry.js';
import { NEWEST_ROWS, partsOf, rowsOf as rowsOfTable, tableOf, type BatchParts } from '../table/batch-table.js';
import { priorityOf } from './priority.js';
import { RunPublisher } from './run-publisher.js';
import { Runs } from './runs.js';
import { storeScores, type NewScore } from './store-scores.js';
import { scoreRows } from './scored-rows.js';
import { ShardHasher } from './shard-hash.js';

/** The parameters are what a run is computed from: equal ones give the same job. */
export const SCORE_TABLE = jobKind('score-table', {
  kind: z.string(),
  table: z.string(),
  version: z.string(),
  /** Empty where the table has a single snapshot. */
  month: z.string(),
  modelId: z.string(),
  atRiskProbabilityMin: z.number(),
  contactCost: z.number(),
  quadrantProbabilityMin: z.number(),
  /** Null for the median of the run. */
  quadrantEfficiencyMin: z.number().nullable(),
  /** Number of purged runs with the same parameters: a purged run can be requested again. */
  purgedBefore: z.number().int(),
});
export type ScoringSpec = ParamsOf<typeof SCORE_TABLE>;

const PIECES = { piecesMin: 16, rowsMin: 100 };

export function scoringKey(spec: ScoringSpec): string {
  const parts = Object.entries(spec).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The job `score-table`. Its id is that of the run; its pieces are ranges of the logical shards. */
@Injectable()
export class ScoringJob implements ShardedWork<ScoringSpec> {
  constructor(
    private readonly database: Database,
    private readonly registry: Registry,
    private readonly runs: Runs,
    private readonly publisher: RunPublisher,
    private readonly clock: Clock,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  async plan(run: JobRun<ScoringSpec>, tx: Transaction): Promise<{ shards: number; rowsTotal: number }> {
    const spec = run.params;
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), spec);
    const rows = spec.month === '' ? table.rows : Math.ceil(table.rows / table.months.length); // about
    const pieces = pieceCount(rows, { ...PIECES, rowsMax: this.config.scoringPieceRowsMax });
    await insertRow(tx, 'scoring_run', {
      ...{ id: run.jobId, kind: spec.kind, table_name: spec.table, table_version: spec.version, month: spec.month },
      ...{ model_id: spec.modelId, at_risk_probability_min: spec.atRiskProbabilityMin },
      ...{ contact_cost: spec.contactCost, currency: table.currency, pieces, started_at: this.clock.now() },
      quadrant_probability_min: spec.quadrantProbabilityMin,
      quadrant_efficiency_min: spec.quadrantEfficiencyMin,
    });
    await this.runs.createPartition(tx, run.jobId);
    return { shards: pieces, rowsTotal: rows };
  }

  async shard(run: JobRun<ScoringSpec>, index: number): Promise<(tx: Transaction) => Promise<number>> {
    const spec = run.params;
    const model = await this.registry.load(await this.registry.get(spec.modelId));
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), spec);
    const [row] = await this.database.query<{ pieces: number }>('select pieces from scoring_run where id = $1', [
      run.jobId,
    ]);
    const shards = shardsOfPiece(index, row!.pieces);
    const request = { ...rowsOfTable(table, model.columns, spec.month || NEWEST_ROWS, shards), withValue: true };
    const scores: NewScore[] = [];
    for await (const batch of this.tables.readTable(callOfJob('churn-scoring', run), request)) {
      for (const score of await this.scoresOf(partsOf(batch, request), model, spec.contactCost, run.signal))
        scores.push(score);
    }
    const hasher = new ShardHasher();
    for (const { shard, subscriptionId, probability } of scores) hasher.add(shard, subscriptionId, probability);
    const hashes = hasher.finish();
    return async (tx) => {
      await storeScores(tx, run.jobId, scores);
      await rowsOf(
        tx,
        `insert into score_shard (run_id, shard, rows, rows_hash)
         select $1, * from unnest($2::smallint[], $3::bigint[], $4::text[])`,
        [run.jobId, hashes.map(({ shard }) => shard), hashes.map(({ rows }) => rows), hashes.map(({ hash }) => hash)],
      );
      return scores.length;
    };
  }

  async finish(run: JobRun<ScoringSpec>, tx: Transaction): Promise<JobResult> {
    const { table, version, month, modelId } = run.params;
    await this.publisher.publish(tx, run);
    return { runId: run.jobId, table, version, modelId, ...(month === '' ? {} : { month }) };
  }

  private async scoresOf(
    { subject, features, facts }: BatchParts,
    model: LoadedModel,
    contactCost: number,
    signal: AbortSignal,
  ): Promise<NewScore[]> {
    const { probabilities, reasons } = await scoreRows(model, tableOf(features, model.columns), signal);
    const values = readNumbers(facts, 'value');
    const orgUnitPaths = readCategoryTexts(subject, 'org_unit_path');
    return readUuids(subject, 'subscription_id').map((subscriptionId, row) => {
      const value = values[row]!;
      return {
        shard: shardOf(subscriptionId),
        subscriptionId,
        orgUnitPath: orgUnitPaths[row] ?? `${this.config.operator}/`, // without a unit: seen by the province only
        probability: probabilities[row]!,
        value: Number.isNaN(value) ? null : value,
        ...priorityOf(probabilities[row]!, value, contactCost),
        firstReason: reasons[row]!.raising[0]?.column ?? '',
        firstCause: reasons[row]!.causes[0]?.cause ?? '',
        reasons: Reasons.encode(reasons[row]!).finish(),
      };
    });
  }
}
