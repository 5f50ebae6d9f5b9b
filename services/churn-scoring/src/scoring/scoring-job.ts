import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Table as LearningTable } from '@holdfast/learning/table';
import { TableServiceDefinition, type Table, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { Database, type Transaction, insertRow } from '@holdfast/platform/database';
import type { Rpc } from '@holdfast/platform/grpc';
import { derivedId, shardOf, shardsOfPiece } from '@holdfast/platform/identity';
import {
  Jobs,
  callOfJob,
  jobKind,
  type JobResult,
  type JobRun,
  type ParamsOf,
  type ShardedWork,
} from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters as OperatorParameters } from '@holdfast/platform/parameters';
import { pieceCount } from '@holdfast/platform/published-runs';
import { CONFIG } from '@holdfast/platform/service';
import { z } from 'zod';
import type { ChurnScoringConfig } from '../config.js';
import { BinCounter, countedShardStep } from '../drift/bin-counter.js';
import { KINDS, RETENTION } from '../model/kind.js';
import type { LoadedModel } from '../model/model-file.js';
import { Registry } from '../model/registry.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { NEWEST_ROWS, partsOf, rowsOf as rowsOfTable, tableOf, type BatchParts } from '../table/batch-table.js';
import type { TypedColumn } from '../table/typed-column.js';
import { JUDGE_SHADOW } from './judge-shadow.js';
import { priorityOf } from './priority.js';
import { upliftByUnit } from './efficiency-source.js';
import { RunPublisher } from './run-publisher.js';
import { Runs } from './runs.js';
import { EncodedScores, storeScores } from './store-scores.js';
import { newPaces, probabilitiesOf, scoreRows, type Paces } from './scored-rows.js';
import { RunDrifts } from './run-drift.js';
import { storedTiming } from './timing.js';

/** What a run of one kind is computed from. */
const OF_KIND = {
  kind: z.enum(KINDS),
  modelId: z.string(),
  atRiskProbabilityMin: z.number(),
  quadrantProbabilityMin: z.number(),
  /** From here on a row is explained; 0 for all. */
  explainedProbabilityMin: z.number(),
  /** The model in shadow: JSON of shadowSpec; empty without one. */
  shadow: z.string().default(''),
};
const shadowSpec = z.strictObject({ id: z.string(), modelId: z.string(), atRiskProbabilityMin: z.number() });
/** A model that scores the rows of a run without being used. */
type ShadowSpec = z.output<typeof shadowSpec>;
const kindSpec = z.strictObject(OF_KIND);
export type KindSpec = z.output<typeof kindSpec>;

/** The parameters are what the runs are computed from: equal ones give the same job. */
export const SCORE_TABLE = jobKind('score-table', {
  ...OF_KIND,
  /** Other kinds that are scored and published with it, each as a run: JSON of kindSpec, because parameters are scalars. */
  also: z.string().default('[]'),
  table: z.string(),
  version: z.string(),
  /** Empty where the table has a single snapshot. */
  month: z.string(),
  contactCost: z.number(),
  /** Null for the median of the run. */
  quadrantEfficiencyMin: z.number().nullable(),
  /** Null for the limit of efficiency. */
  quadrantValueMin: z.number().nullable().default(null),
  /** Effect of a contact by org unit: JSON of Uplifts; empty where it is not measured. */
  uplifts: z.string().default(''),
  /** JSON of EfficiencySource; empty in jobs of former releases. */
  efficiencySource: z.string().default(''),
  /** Number of purged runs with the same parameters: a purged run can be requested again. */
  purgedBefore: z.number().int(),
});
export type ScoringSpec = ParamsOf<typeof SCORE_TABLE>;

function alsoOf({ also }: Pick<ScoringSpec, 'also'>): KindSpec[] {
  return z.array(kindSpec).parse(JSON.parse(also));
}

function shadowOf({ shadow }: Pick<KindSpec, 'shadow'>): ShadowSpec | undefined {
  return shadow === '' ? undefined : shadowSpec.parse(JSON.parse(shadow));
}

/** Columns of a view with the silent months, and those until the contract ends. */
const SILENT_MONTHS = 'silent_months_3m';
const CONTRACT_MONTHS = 'contract_months_left';

/** Of a row that was not explained. */
const NOT_EXPLAINED = new Uint8Array(0);

/** Of kinds that no contact prevents. */
const NOT_TIMED = { netNow: null, bestAfterMonths: null };

/** What the column of a score can hold. */
const CONTRACT_MONTHS_MAX = 1_200;

const PIECES = { piecesMin: 16, rowsMin: 100 };

/**
 * Without a shadow, a measured effect and a limit of value the key is that of former releases, so that a month is not
 * scored again. What explains the effect changes no score.
 */
export function scoringKey({ shadow, uplifts, quadrantValueMin, ...spec }: ScoringSpec): string {
  const added = {
    ...(shadow === '' ? {} : { shadow }),
    ...(uplifts === '' ? {} : { uplifts }),
    ...(quadrantValueMin === null ? {} : { quadrantValueMin }),
  };
  const parts = Object.entries({ ...spec, ...added })
    .filter(([name]) => name !== 'efficiencySource')
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A run of one kind. */
interface KindRun extends KindSpec {
  readonly runId: string;
}

/**
 * The job `score-table`; its pieces are ranges of the logical shards. Its id is that of the run of its kind; runs of
 * further kinds have ids that follow from it. All become visible in one transaction.
 */
@Injectable()
export class ScoringJob implements ShardedWork<ScoringSpec> {
  private readonly log = log('scoring');
  /** Kept from piece to piece. */
  private readonly paces = new WeakMap<LoadedModel, Paces>();

  constructor(
    private readonly database: Database,
    private readonly registry: Registry,
    private readonly runs: Runs,
    private readonly publisher: RunPublisher,
    private readonly drifts: RunDrifts,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
    @Inject(OperatorParameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  async plan(run: JobRun<ScoringSpec>, tx: Transaction): Promise<{ shards: number; rowsTotal: number }> {
    const spec = run.params;
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), spec);
    const rows = rowsAbout(table, spec.month);
    const pieces = pieceCount(rows, { ...PIECES, rowsMax: this.config.scoringPieceRowsMax });
    const involuntary = alsoOf(spec).find(({ kind }) => kind === 'involuntary');
    for (const { runId, ...of } of this.runsOf(run)) {
      await insertRow(tx, 'scoring_run', {
        ...{ id: runId, kind: of.kind, table_name: spec.table, table_version: spec.version, month: spec.month },
        ...{ model_id: of.modelId, at_risk_probability_min: of.atRiskProbabilityMin },
        ...{ contact_cost: spec.contactCost, currency: table.currency, pieces, started_at: this.clock.now() },
        ...{ gap_months: Math.max(0, table.labelLeadMonths - 1), quadrant_probability_min: of.quadrantProbabilityMin },
        ...{ quadrant_efficiency_min: spec.quadrantEfficiencyMin, quadrant_value_min: spec.quadrantValueMin },
        timing_at: this.clock.now(),
        efficiency_source: spec.efficiencySource === '' ? null : spec.efficiencySource,
        involuntary_probability_min: of.kind === RETENTION ? (involuntary?.atRiskProbabilityMin ?? null) : null,
      });
      await this.runs.createLoadingPartition(tx, runId);
      const shadow = shadowOf(of);
      if (shadow === undefined) continue;
      const { id: shadowId, atRiskProbabilityMin } = shadow;
      const row = { run_id: runId, shadow_id: shadowId, at_risk_probability_min: atRiskProbabilityMin };
      await insertRow(tx, 'shadow_run', row);
    }
    return { shards: pieces, rowsTotal: rows };
  }

  /** The first one is that of the job's own kind. */
  private runsOf({ jobId, params }: Pick<JobRun<ScoringSpec>, 'jobId' | 'params'>): KindRun[] {
    const { kind, modelId, atRiskProbabilityMin, quadrantProbabilityMin, explainedProbabilityMin, shadow } = params;
    return [
      { kind, modelId, atRiskProbabilityMin, quadrantProbabilityMin, explainedProbabilityMin, shadow, runId: jobId },
      ...alsoOf(params).map((of) => ({
        ...of,
        runId: derivedId('scoring-run', this.config.operator, `${jobId} ${of.kind}`),
      })),
    ];
  }

  async shard(run: JobRun<ScoringSpec>, index: number): Promise<(tx: Transaction) => Promise<number>> {
    const spec = run.params;
    const runs = this.runsOf(run);
    const load = async (modelId: string): Promise<LoadedModel> => this.registry.load(await this.registry.get(modelId));
    const models = await Promise.all(runs.map(({ modelId }) => load(modelId)));
    const shadows = await Promise.all(
      runs.map(shadowOf).map(async (shadow) => (shadow === undefined ? undefined : load(shadow.modelId))),
    );
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), spec);
    const planned = await this.plannedRun(run.jobId);
    const shards = shardsOfPiece(index, planned.pieces);
    const columns = columnsOf([...models, ...shadows.filter((shadow) => shadow !== undefined)], table);
    const request = { ...rowsOfTable(table, columns, spec.month || NEWEST_ROWS, shards), withValue: true };
    const scores = runs.map(({ runId }) => new EncodedScores(runId));
    const upliftOf = upliftByUnit(spec.uplifts);
    const step = countedShardStep(rowsAbout(table, spec.month));
    const counters = models.map(({ reference }) => reference && new BinCounter(reference, spec.month));
    const ms = { reading: 0, predicting: 0, explaining: 0, ordering: 0, storing: 0 };
    let waitingSinceMs = performance.now();
    for await (const batch of this.tables.readTable(callOfJob('churn-scoring', run), request)) {
      ms.reading += performance.now() - waitingSinceMs;
      const parts = partsOf(batch, request);
      const features = tableOf(parts.features, columns);
      const rows = this.rowsOf(parts, features);
      const scored: Awaited<ReturnType<typeof scoreRows>>[] = [];
      const counted = Uint32Array.from(rows.keys()).filter((row) => rows[row]!.shard % step === 0);
      for (const [at, model] of models.entries()) {
        const own = features.only(namesOf(model));
        // What would have to change is looked for where the list is for retention.
        const { kind, explainedProbabilityMin } = runs[at]!;
        const atRiskProbabilityMin = kind === RETENTION ? spec.atRiskProbabilityMin : Infinity;
        const options = {
          signal: run.signal,
          atRiskProbabilityMin,
          explainedProbabilityMin,
          paces: this.pacesOf(model),
        };
        const ofModel = await scoreRows(model, own, options);
        counters[at]?.add(own, ofModel.probabilities, counted);
        ms.predicting += ofModel.predictingMs;
        ms.explaining += ofModel.explainingMs;
        scored.push(ofModel);
      }
      const inShadow: (Float64Array | undefined)[] = [];
      for (const shadow of shadows) {
        const options = shadow && { signal: run.signal, paces: this.pacesOf(shadow) };
        inShadow.push(shadow && (await probabilitiesOf(shadow, features.only(namesOf(shadow)), options!)));
      }
      const scoredAtMs = performance.now();
      const involuntary = scored[runs.findIndex(({ kind }) => kind === 'involuntary')]?.probabilities;
      for (const [at, { kind }] of runs.entries()) {
        const { probabilities, reasons } = scored[at]!;
        const own = scores[at]!;
        for (let place = 0; place < rows.length; place += 1) {
          const { shard, subscriptionId, orgUnitPath, value, silentMonths, contractMonths } = rows[place]!;
          const uplift = upliftOf(orgUnitPath);
          const { efficiency, priority } = priorityOf(probabilities[place]!, value, spec.contactCost, uplift);
          const why = reasons[place];
          const known = Number.isNaN(value) ? null : value;
          const timed = { probability: probabilities[place]!, value: known, contractMonths };
          own.add({
            ...{ shard, subscriptionId, orgUnitPath, silentMonths, contractMonths, efficiency, priority },
            probability: probabilities[place]!,
            value: known,
            ...(kind === RETENTION ? planned.timingOf(timed) : NOT_TIMED),
            firstReason: why?.firstReason ?? '',
            firstCause: why?.firstCause ?? '',
            reasons: why?.bytes ?? NOT_EXPLAINED,
            involuntaryProbability: kind === RETENTION ? (involuntary?.[place] ?? null) : null,
            shadowProbability: inShadow[at]?.[place] ?? null,
          });
        }
      }
      waitingSinceMs = performance.now();
      ms.ordering += waitingSinceMs - scoredAtMs;
    }
    ms.reading += performance.now() - waitingSinceMs;
    const rows = scores[0]!.count;
    const pieces = scores.map((each) => each.finish());
    return async (tx) => {
      const startedAtMs = performance.now();
      for (const [at, { runId }] of runs.entries()) {
        await storeScores(tx, this.runs.partitionOf(runId), pieces[at]!);
        const counts = counters[at]?.counts();
        if (counts !== undefined) await this.drifts.storePiece(tx, runId, index, counts);
      }
      ms.storing = performance.now() - startedAtMs;
      this.log.info({ job: run.jobId, piece: index, rows, ms }, 'piece scored');
      return rows;
    };
  }

  private pacesOf(model: LoadedModel): Paces {
    let paces = this.paces.get(model);
    if (paces === undefined) this.paces.set(model, (paces = newPaces()));
    return paces;
  }

  /** A run as it was planned, and what its scores store of the best moment, by the rule of that time. */
  private async plannedRun(
    runId: string,
  ): Promise<{
    pieces: number;
    timingOf: (row: Parameters<typeof storedTiming>[0]) => ReturnType<typeof storedTiming>;
  }> {
    const sql = `select r.pieces, r.month, r.contact_cost, r.currency, r.gap_months, r.timing_at, m.horizons
      from scoring_run r join model m on m.id = r.model_id where r.id = $1`;
    type Planned = Parameters<typeof storedTiming>[1] & { pieces: number; timing_at: Date | null };
    const [planned] = await this.database.query<Planned>(sql, [runId]);
    const rule = await this.parameters.inForce('timing.rule', planned!.timing_at ?? this.clock.now());
    return { pieces: planned!.pieces, timingOf: (row) => storedTiming(row, planned!, rule) };
  }

  async finish(run: JobRun<ScoringSpec>, tx: Transaction): Promise<JobResult> {
    const { table, version, month, modelId } = run.params;
    const runs = this.runsOf(run);
    const startedAtMs = performance.now();
    for (const { runId, ...of } of runs) {
      await this.publisher.publish(tx, { jobId: runId, caller: run.caller });
      await this.drifts.conclude(tx, runId);
      if (shadowOf(of) === undefined) continue;
      const { name } = JUDGE_SHADOW;
      await this.jobs.submit(tx, {
        ...{ kind: JUDGE_SHADOW, key: `${name} ${runId}`, params: { runId }, caller: run.caller },
      });
    }
    for (const { runId } of runs) await this.runs.attachPartition(tx, runId);
    this.log.info({ job: run.jobId, ms: { publishing: performance.now() - startedAtMs } }, 'runs published');
    return {
      ...{ runId: run.jobId, table, version, modelId, ...(month === '' ? {} : { month }) },
      ...Object.fromEntries(runs.slice(1).map(({ kind, runId }) => [`${kind}RunId`, runId])),
    };
  }

  /** What the rows of a batch have in all runs. */
  private rowsOf({ subject, facts }: BatchParts, features: LearningTable) {
    const values = readNumbers(facts, 'value');
    const orgUnitPaths = readCategoryTexts(subject, 'org_unit_path');
    const of = (column: string): Float64Array | undefined =>
      features.columns.some(({ name }) => name === column) ? features.numberColumn(column).values : undefined;
    const [silent, contract] = [of(SILENT_MONTHS), of(CONTRACT_MONTHS)];
    const known = (values: Float64Array | undefined, row: number): number | null =>
      values === undefined || Number.isNaN(values[row]!) ? null : values[row]!;
    return readUuids(subject, 'subscription_id').map((subscriptionId, row) => ({
      shard: shardOf(subscriptionId),
      subscriptionId,
      orgUnitPath: orgUnitPaths[row] ?? `${this.config.operator}/`, // without a unit: seen by the province only
      value: values[row]!,
      silentMonths: known(silent, row),
      contractMonths: contractMonthsOf(known(contract, row)),
    }));
  }
}

function namesOf({ columns }: LoadedModel): ReadonlySet<string> {
  return new Set(columns.map(({ name }) => name));
}

/** Rows of the run; of a month the mean of all. */
function rowsAbout({ rows, months }: Table, month: string): number {
  return month === '' ? rows : Math.ceil(rows / months.length);
}

/** Null for a contract that has ended. */
function contractMonthsOf(months: number | null): number | null {
  return months === null || months < 0 ? null : Math.min(CONTRACT_MONTHS_MAX, Math.round(months));
}

/** The columns of all models, each once, and those that are stored with each score where a view has them. */
function columnsOf(models: readonly LoadedModel[], { origin, columns }: Table): TypedColumn[] {
  const all = new Map(models.flatMap((model) => model.columns.map((column) => [column.name, column] as const)));
  for (const name of [SILENT_MONTHS, CONTRACT_MONTHS])
    if (origin === 'view' && columns.some((column) => column.name === name)) all.set(name, { name, type: 'number' });
  return [...all.values()];
}
