import { Inject, Injectable } from '@nestjs/common';
import { ModelDrifted, type RunDrift } from '@holdfast/contracts/churn_scoring/v1/drift';
import { insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { sumOfCounts, type BinCounts } from '../drift/bin-counter.js';
import { driftReport, strongOf } from '../drift/drift-report.js';
import { SCORES } from '../drift/distribution.js';
import { Registry } from '../model/registry.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { Runs, type RunRow } from './runs.js';

export const modelDrifted = eventOf('churn-scoring', ModelDrifted);

const driftUnknown = failure('notFound', 'run.driftUnknown', {
  en: 'The drift of this run is not known: its model is of a former release.',
  'zh-CN': '该次评分没有分布漂移结果：其模型由旧版本训练。',
});

/** Drift of runs: counted with each piece, concluded with the run. */
@Injectable()
export class RunDrifts {
  constructor(
    private readonly runs: Runs,
    private readonly registry: Registry,
    private readonly outbox: Outbox,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** Within the transaction of a piece. */
  async storePiece(tx: Transaction, runId: string, piece: number, counts: BinCounts): Promise<void> {
    await insertRow(tx, 'drift_piece', { run_id: runId, piece, counts: JSON.stringify(counts) });
  }

  /**
   * Within the transaction that publishes a run: compares it with the training of its model, and publishes the event where
   * the strong limit is crossed, once for each model and month.
   */
  async conclude(tx: Transaction, runId: string): Promise<void> {
    const sql = 'delete from drift_piece where run_id = $1 returning counts';
    const pieces = await rowsOf<{ counts: BinCounts }>(tx, sql, [runId]);
    if (pieces.length === 0) return; // a model of a former release
    const [run] = await rowsOf<RunRow>(tx, 'select * from scoring_run where id = $1', [runId]);
    const { model_id: modelId, month, kind, table_name: table } = run!;
    const { reference } = await this.registry.load(await this.registry.get(modelId));
    const limits = await this.parameters.get('drift.limits');
    const report = driftReport(reference!, sumOfCounts(pieces.map(({ counts }) => counts)), limits);
    await insertRow(tx, 'run_drift', { run_id: runId, report: JSON.stringify(report) });
    const strong = strongOf(report);
    if (strong.length === 0) return;
    const alarm = { model_id: modelId, month, run_id: runId };
    const first = await insertRow(tx, 'drift_alarm', alarm, 'on conflict do nothing returning 1');
    if (first.length === 0) return;
    const columns = strong.filter(({ column }) => column !== SCORES).map(({ column }) => column);
    const moved = {
      columns,
      scores: columns.length < strong.length,
      indexMax: Math.max(...strong.map(({ index }) => index)),
    };
    await this.outbox.publish(
      tx,
      modelDrifted,
      { subjectId: modelId },
      { modelId, kind, table, month, runId, ...moved },
    );
  }

  /** @throws notFound for models of former releases */
  async of(run: RunRow): Promise<RunDrift> {
    const report = await this.runs.driftOf(run.id);
    if (report === undefined) throw driftUnknown();
    const { rows, limits, scores, columns } = report;
    return {
      ...{ runId: run.id, modelId: run.model_id, kind: run.kind, table: run.table_name, month: run.month, rows },
      ...{ moderateMin: limits.moderate, strongMin: limits.strong, scores, columns: [...columns] },
    };
  }
}
