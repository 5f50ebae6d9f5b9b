import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ShadowFigures, ShadowOutcome } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { TableServiceDefinition, type Table, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { populationStability } from '@holdfast/learning/population-stability';
import { readNumbers, readUuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS, shardsOfPiece } from '@holdfast/platform/identity';
import { callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { ChurnScoringConfig } from '../config.js';
import { countedShardStep } from '../drift/bin-counter.js';
import { kindOf, type Kind } from '../model/kind.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { partsOf, rowsOf as rowsOfTable } from '../table/batch-table.js';
import { configuredCapacity } from '../training/capacity.js';
import { isLostInGap, labelOfKind, outcomesOf, rowOutcomes } from '../training/outcomes.js';
import { runThread } from '../worker-thread.js';
import { compareShadow, type ShadowRows } from './compare-shadow.js';
import { INVOLUNTARY_SQL } from './involuntary.js';

/** Compares shadow and champion of a run, and of earlier runs whose labels its version of the table has. */
export const JUDGE_SHADOW = jobKind('judge-shadow', { runId: z.string() });

/** Pieces in which the rows of a run that is not sampled are read. */
const PIECES = 16;

interface ShadowRunRow {
  run_id: string;
  kind: string;
  table_name: string;
  table_version: string;
  month: string;
  champion_id: string;
  rows: number;
  figures: object | null;
}

const SHADOW_RUN = `select s.run_id, r.kind, r.table_name, r.table_version, r.month, r.model_id as champion_id,
    r.rows::float8 as rows, s.figures
  from shadow_run s join scoring_run r on r.id = s.run_id`;
/**
 * Runs whose labels may be known since: of earlier months, and scored before the labels were, since neither model was trained
 * on a version with a later month.
 */
const OPEN = `${SHADOW_RUN} join shadow on shadow.id = s.shadow_id
    join model own on own.id = shadow.model_id join model champion on champion.id = r.model_id
  where r.kind = $1 and r.table_name = $2 and r.month <> '' and r.month < $3 and s.outcome is null
    and r.published_at is not null and r.purged_at is null and r.withdrawn_at is null
    and r.month >= greatest(own.month, champion.month)
  order by r.month, r.id`;

/**
 * Spearman's correlation is that of midranks, because of ties. Twice a midrank is a whole number, so that the sums are exact
 * and do not depend on the order of rows.
 */
const FIGURES = `with both_scored as (
    select s.subscription_id as id, s.probability as p, s.shadow_probability as q, s.probability >= r.at_risk_probability_min
        and not ${INVOLUNTARY_SQL} as p_at_risk,
      s.shadow_probability >= sr.at_risk_probability_min and not ${INVOLUNTARY_SQL} as q_at_risk
    from score s join scoring_run r on r.id = s.run_id join shadow_run sr on sr.run_id = r.id
    where s.run_id = $1 and s.shadow_probability is not null
  ), ranked as (
    select *, 2 * rank() over (order by p) + count(*) over (partition by p) - 1 as p2,
      2 * rank() over (order by q) + count(*) over (partition by q) - 1 as q2,
      row_number() over (order by p desc, id) as p_place, row_number() over (order by q desc, id) as q_place
    from both_scored
  )
  select count(*)::float8 as rows,
    coalesce(sum(round(q * 1e9)::numeric) / 1e9 / nullif(count(*), 0), 0)::float8 as "meanProbability",
    coalesce(sum(round(p * 1e9)::numeric) / 1e9 / nullif(count(*), 0), 0)::float8 as "championMeanProbability",
    ((count(*) * sum(p2 * q2) - sum(p2) * sum(q2)) / nullif(sqrt((count(*) * sum(p2 * p2) - sum(p2) * sum(p2))
      * (count(*) * sum(q2 * q2) - sum(q2) * sum(q2))), 0))::float8 as "rankCorrelation",
    count(*) filter (where p_place <= $2 and q_place <= $2)::float8 as "inBoth",
    count(*) filter (where q_at_risk)::float8 as "atRisk", count(*) filter (where p_at_risk)::float8 as "championAtRisk",
    count(*) filter (where q_at_risk and not p_at_risk)::float8 as entering,
    count(*) filter (where p_at_risk and not q_at_risk)::float8 as leaving
  from ranked`;
/** Rows by tenth of the champion's probabilities, of both models. */
const BINS = `with tenth as (
    select percentile_disc(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) within group (order by probability) as edges
    from score where run_id = $1 and shadow_probability is not null)
  select width_bucket(probability, edges) as champion, width_bucket(shadow_probability, edges) as shadow, count(*)::int as rows
  from score, tenth where run_id = $1 and shadow_probability is not null group by 1, 2`;
const TENTHS = 10;
const SCORED = `select subscription_id as id, probability, shadow_probability as shadow from score
  where run_id = $1 and shard >= $2 and shard < $3 and shadow_probability is not null order by subscription_id`;

interface Compared extends Omit<ShadowFigures, 'rankCorrelation' | 'contacts' | 'overlap' | 'stabilityIndex'> {
  rankCorrelation: number | null;
  inBoth: number;
}

/** The job `judge-shadow`: rows are read a piece of shards at a time, and compared in a thread. */
@Injectable()
export class JudgeShadow {
  private readonly log = log('shadow');

  constructor(
    private readonly database: Database,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: Pick<ChurnScoringConfig, 'trainingWorker'>,
  ) {}

  async run(job: JobRun<ParamsOf<typeof JUDGE_SHADOW>>): Promise<JobResult> {
    const { runId } = job.params;
    const [run] = await this.database.query<ShadowRunRow>(`${SHADOW_RUN} where s.run_id = $1`, [runId]);
    await job.progress({ phase: 'comparing', fraction: 0 });
    if (run!.figures === null) await this.store(runId, 'figures', await this.figuresOf(run!));
    const open = await this.database.query<ShadowRunRow>(OPEN, [run!.kind, run!.table_name, run!.month]);
    if (open.length === 0) return { runId };
    const about = { table: run!.table_name, version: run!.table_version };
    const table = await this.tables.getTable(callOfJob('churn-scoring', job), about);
    for (const [at, earlier] of open.entries()) {
      await job.progress({ phase: `judging ${earlier.month}`, fraction: (at + 1) / (open.length + 1) });
      const outcome = await this.outcomeOf(job, earlier, table);
      if (outcome !== undefined) await this.store(earlier.run_id, 'outcome', outcome);
    }
    return { runId };
  }

  private async store(runId: string, column: 'figures' | 'outcome', message: ShadowFigures | ShadowOutcome) {
    await this.database.query(`update shadow_run set ${column} = $2 where run_id = $1`, [
      runId,
      JSON.stringify(message),
    ]);
    this.log.info({ run: runId, column }, 'shadow compared');
  }

  private async figuresOf({ run_id: runId, rows }: ShadowRunRow): Promise<ShadowFigures> {
    const { contacts } = await configuredCapacity(this.parameters, rows);
    const [compared] = await this.database.query<Compared>(FIGURES, [runId, contacts]);
    const bins = await this.database.query<{ champion: number; shadow: number; rows: number }>(BINS, [runId]);
    const counts = (of: 'champion' | 'shadow'): number[] =>
      Array.from({ length: TENTHS }, (_, bin) =>
        bins.filter((each) => each[of] === bin).reduce((sum, each) => sum + each.rows, 0),
      );
    const { inBoth, rankCorrelation, ...figures } = compared!;
    return {
      ...{ ...figures, contacts, rankCorrelation: rankCorrelation ?? undefined },
      overlap: contacts === 0 ? 0 : inBoth / contacts,
      stabilityIndex: populationStability(counts('champion'), counts('shadow')).index,
    };
  }

  /** Undefined while the labels of the month are not known, or are of one class. */
  private async outcomeOf(job: JobRun, run: ShadowRunRow, table: Table): Promise<ShadowOutcome | undefined> {
    if (!table.months.includes(run.month)) return undefined;
    const step = countedShardStep(run.rows);
    const ranges = step === 1 ? Array.from({ length: PIECES }, (_, at) => shardsOfPiece(at, PIECES)) : sampled(step);
    const [shadow, champion, labels]: [number[], number[], number[]] = [[], [], []];
    for (const shards of ranges) {
      job.signal.throwIfAborted();
      const labelBy = await this.labelsOf(job, kindOf(run.kind), table, run.month, shards);
      if (labelBy.size === 0) continue;
      const scored = await this.database.query<{ id: string; probability: number; shadow: number }>(SCORED, [
        ...[run.run_id, shards.from, shards.to],
      ]);
      for (const row of scored) {
        const label = labelBy.get(row.id);
        if (label === undefined) continue;
        shadow.push(row.shadow);
        champion.push(row.probability);
        labels.push(label);
      }
    }
    const positives = labels.reduce((sum, label) => sum + label, 0);
    if (positives === 0 || positives === labels.length) return undefined;
    const { share: capacityShare } = await configuredCapacity(this.parameters, run.rows);
    const compared = await this.compare(job.signal, {
      ...{ championId: run.champion_id, month: run.month, capacityShare },
      ...{ shadow: Float64Array.from(shadow), champion: Float64Array.from(champion), labels: Uint8Array.from(labels) },
    });
    return { ...compared, tableVersion: table.version, sampleShare: step === 1 ? 1 : ranges.length / SHARDS };
  }

  /** Known labels of the kind; without subscriptions that left in the gap, as in validation. */
  private async labelsOf(
    job: JobRun,
    kind: Kind,
    table: Table,
    month: string,
    shards: { from: number; to: number },
  ): Promise<Map<string, number>> {
    const outcomes = outcomesOf(table);
    const request = { ...rowsOfTable(table, outcomes, month, shards), withLabel: true };
    const labelBy = new Map<string, number>();
    for await (const batch of this.tables.readTable(callOfJob('churn-scoring', job), request)) {
      const { subject, features, facts } = partsOf(batch, request);
      const labels = readNumbers(facts, 'label');
      const happened = rowOutcomes(
        features,
        outcomes.map(({ name }) => name),
      );
      for (const [row, id] of readUuids(subject, 'subscription_id').entries()) {
        const of = happened[row]!;
        const label = labelOfKind(kind, labels[row]!, of);
        if (!Number.isNaN(label) && !isLostInGap(kind, of)) labelBy.set(id, label);
      }
    }
    return labelBy;
  }

  private compare(signal: AbortSignal, rows: ShadowRows): Promise<ReturnType<typeof compareShadow>> {
    const { trainingWorker } = this.config;
    if (trainingWorker === 'none') return Promise.resolve(compareShadow(rows));
    const program = path.resolve(path.dirname(trainingWorker), '../scoring/compare-shadow.worker.js');
    const transferList = [rows.shadow.buffer, rows.champion.buffer, rows.labels.buffer];
    const options = { workerData: rows, transferList, signal, name: 'comparison' };
    return new Promise((resolve, reject) => {
      runThread<ReturnType<typeof compareShadow>>(program, options, { message: resolve, failed: reject });
    });
  }
}

/** Every so many logical shards, as drift counts. */
function sampled(step: number): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(SHARDS / step) }, (_, at) => ({ from: at * step, to: at * step + 1 }));
}
