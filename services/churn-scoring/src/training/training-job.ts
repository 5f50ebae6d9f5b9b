import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { TrainingData } from '@holdfast/contracts/churn_scoring/v1/card';
import { TableServiceDefinition, type Table, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { CannotLearnError, type CannotLearnReason } from '@holdfast/learning/learner';
import { Failure, failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS, derivedId } from '@holdfast/platform/identity';
import { callOfJob, jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import type { StoredLeaver } from '../model/stored-leavers.js';
import { Registry } from '../model/registry.js';
import { Champions } from '../model/champions.js';
import { checkModelColumns } from '../model/model-columns.js';
import type { ModelRow } from '../model/model-row.js';
import { promotionRule, type Opponent } from '../model/verdict.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { monthNumber, monthText } from '@holdfast/platform/calendar';
import { Parameters } from '@holdfast/platform/parameters';
import { Validation } from '@holdfast/contracts/churn_scoring/v1/model';
import { z } from 'zod';
import { ALL_MONTHS, NEWEST_ROWS, isPanel, partsOf, rowsOf } from '../table/batch-table.js';
import { CHALLENGERS } from '../model/challenger.js';
import { RETENTION, KINDS, type Kind } from '../model/kind.js';
import { causeColumnsOf, featuresOf, leftOutOf } from '../table/typed-column.js';
import { configuredCapacity, type ContactCapacity } from './capacity.js';
import { ImportedFiles } from './imported-files.js';
import { contactedOf, kindRows, type KindRows } from './kind-rows.js';
import { CONTACTED_TREATMENTS } from '../model/contacted.js';
import { LatestProgress } from './latest-progress.js';
import { hasLabel, outcomesOf } from './outcomes.js';
import { championOf, type Champion } from './champion-comparison.js';
import { CLASS_ROWS_MIN, TRAINING_VERSION } from './train.js';
import type { TrainingInput, TrainingResult, ValidatedLeavers } from './training-input.js';
import { Trainer } from './trainer.js';
import { trainingDataOf } from './training-data.js';
import { TrainingRowCollector, type TrainingRows } from './training-rows.js';

/** The parameters are what a model is trained from: equal ones give the same job and the same model. */
export const TRAIN_MODEL = jobKind('train-model', {
  kind: z.enum(KINDS),
  /** Kinds, separated by commas, that are trained on the same rows; one of which nothing can be learned fails no job. */
  also: z.string().default(''),
  table: z.string(),
  version: z.string(),
  seed: z.number().int(),
  repeats: z.number().int(),
  /** Of a table with months: how many are judged, at most. */
  judgedMonthsMax: z.number().int(),
  naturalPrevalence: z.number().nullable(),
  /** Methods, separated by commas, that the trees of the kind `status` are judged against. */
  challengers: z.string().default(''),
  /** What is done with rows of the kind `status` that a campaign has contacted. */
  contactedRows: z.enum(CONTACTED_TREATMENTS).default('keep'),
  /** Id of a model of another program, which is validated instead of one that is trained; else empty. */
  importedId: z.string().default(''),
});
export type TrainingSpec = ParamsOf<typeof TRAIN_MODEL>;

/** Of the kinds after the first one: each judged month is a fit, and the month must not wait for them. */
const ALSO_JUDGED_MONTHS_MAX = 2;
const FOLDS = 5;
/** Shards differ in size: a sample of whole shards may be larger than requested by this factor. */
const SAMPLE_SLACK = 1.5;

const cannotLearn = failure('precondition', 'training.cannotLearn', {
  en: 'Nothing can be learned from this table ({problem}): {rows} rows, {positives} churned, {negatives} retained.',
  'zh-CN': '无法从该表训练模型（{problem}）：共 {rows} 行，流失 {positives} 行，未流失 {negatives} 行。',
});

const tooFewOfAClass = failure('precondition', 'training.tooFewOfAClass', {
  en: 'There are {positives} churned and {negatives} retained subscribers; at least {needed} of each are needed.',
  'zh-CN': '流失用户 {positives} 个，未流失用户 {negatives} 个；两类各需至少 {needed} 个。',
});

const labelMissing = failure('precondition', 'training.labelMissing', {
  en: 'The table {table} has no label of the kind {kind} to learn from. Name one in its mapping (status only).',
  'zh-CN': '表 {table} 没有类型 {kind} 可供学习的标签，请在映射文件中指定（仅限 status）。',
});

/** @throws precondition where it is plain beforehand that nothing can be learned */
export function checkTrainable(kind: Kind, table: Table): void {
  const { labelledRows, positiveRows } = table;
  const outcomes = outcomesOf(table).map(({ name }) => name);
  if (labelledRows === 0 || !hasLabel(kind, outcomes)) throw labelMissing({ table: table.table, kind });
  // The label of the table is that of all churn; how many left by a kind is known when its rows are read.
  if (outcomes.length === 0) checkClasses(positiveRows, labelledRows - positiveRows);
}

function checkClasses(positives: number, negatives: number): void {
  if (Math.min(positives, negatives) < CLASS_ROWS_MIN)
    throw tooFewOfAClass({ positives, negatives, needed: CLASS_ROWS_MIN });
}

export function trainingKey(spec: TrainingSpec): string {
  const { kind, also, table, version, seed, repeats, judgedMonthsMax, naturalPrevalence, importedId } = spec;
  const parts = [TRAINING_VERSION, kind, also, table, version, seed, repeats, judgedMonthsMax, naturalPrevalence];
  if (importedId !== '') parts.push(importedId);
  else if (spec.challengers !== '') parts.push(spec.challengers);
  if (spec.contactedRows !== 'keep') parts.push(spec.contactedRows);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The champion that a new model is compared with, and what it was up against if the two are not compared. */
interface KindOpponent {
  readonly champion?: Champion;
  readonly otherwise: Opponent;
}

/** A kind that is about to be trained. */
interface PreparedKind {
  readonly spec: TrainingSpec;
  readonly input: TrainingInput;
  readonly trainingData: TrainingData;
  readonly opponent: KindOpponent;
}

/** The job `train-model`: reads the rows, trains in worker threads, stores the models. */
@Injectable()
export class TrainingJob {
  private readonly log = log('training');

  constructor(
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly trainer: Trainer,
    private readonly files: ImportedFiles,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
    @Inject(TableServiceDefinition.fullName) private readonly tables: Rpc<TableService>,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  /**
   * A model's id follows from its specification, whose version names the rows, and from how many of them are read: equal
   * rows give the same id everywhere, and a job that is run again after a crash trains no kind twice.
   */
  async run(run: JobRun<TrainingSpec>): Promise<JobResult> {
    const spec = run.params;
    const table = await this.tables.getTable(callOfJob('churn-scoring', run), {
      table: spec.table,
      version: spec.version,
    });
    const shards = this.shardsOf(table);
    const idOf = (kind: Kind): string => {
      const alone = trainingKey({ ...specOfKind(spec, kind), kind, also: '' });
      return derivedId('model', this.config.operator, `${alone} ${shards}`);
    };
    const also = kindsIn(spec.also);
    const due: Kind[] = [];
    for (const kind of [spec.kind, ...also]) if (!(await this.registry.has(idOf(kind)))) due.push(kind);
    const notes: Record<string, string> = {};
    await this.trainAndStore(run, table, shards, due, idOf, (kind, thrown) => {
      const isUnmet = thrown instanceof Failure && thrown.kind === 'precondition';
      if (kind === spec.kind || !isUnmet) throw thrown;
      this.log.info({ job: run.jobId, kind, reason: thrown.key }, 'kind not trained');
      notes[`${kind}Reason`] = thrown.key;
    });
    const models = also.filter((kind) => notes[`${kind}Reason`] === undefined);
    return {
      ...{ modelId: idOf(spec.kind), table: spec.table, version: spec.version },
      ...Object.fromEntries(models.map((kind) => [`${kind}ModelId`, idOf(kind)])),
      ...notes,
    };
  }

  /** Trains the kinds at once and stores their models one by one. @param notTrained throws, or the others go on */
  private async trainAndStore(
    run: JobRun<TrainingSpec>,
    table: Table,
    shards: number,
    due: readonly Kind[],
    idOf: (kind: Kind) => string,
    notTrained: (kind: Kind, thrown: unknown) => void,
  ): Promise<void> {
    if (due.length === 0) return;
    const shared = await this.read(run, table, shards, due);
    const prepared: PreparedKind[] = [];
    for (const kind of due) {
      try {
        prepared.push(await this.prepare(specOfKind(run.params, kind), table, shards, shared));
      } catch (thrown) {
        notTrained(kind, thrown);
      }
    }
    if (prepared.length === 0) return;
    const progress = new LatestProgress((now) => run.progress(now));
    const stop = new AbortController();
    const trainings = this.trainer.train(
      prepared.map(({ input }) => input),
      {
        signal: AbortSignal.any([run.signal, stop.signal]),
        onProgress: ({ input, phase, fraction }) =>
          progress.tell({
            phase: due.length === 1 ? phase : `${prepared[input]!.spec.kind}: ${phase}`,
            fraction: 0.05 + 0.94 * fraction,
          }),
      },
    );
    for (const training of trainings) training.catch(() => undefined); // handled below, unless an earlier one fails
    try {
      for (const [at, kind] of prepared.entries()) {
        try {
          const result = await trainings[at]!;
          run.signal.throwIfAborted();
          await this.store(run, kind, idOf(kind.spec.kind), table, shared, result);
        } catch (thrown) {
          notTrained(kind.spec.kind, thrown instanceof CannotLearnError ? failureOf(thrown) : thrown);
        }
      }
    } finally {
      stop.abort(new Error('the training has ended'));
      await progress.settled();
    }
  }

  private async prepare(spec: TrainingSpec, table: Table, shards: number, shared: TrainingRows): Promise<PreparedKind> {
    const { kind, seed, repeats, judgedMonthsMax, naturalPrevalence } = spec;
    const rows = kindRows(shared, kind);
    const columns = featuresOf(table);
    const trainingData = trainingDataOf(rows, columns.length, table, shards);
    checkClasses(trainingData.positives, trainingData.rows - trainingData.positives);
    const opponent = await this.opponentOn(kind, table);
    const input: TrainingInput = {
      trainingHash: shared.hash,
      columns,
      data: shared.columns,
      rows: rows.rows,
      labels: rows.labels,
      split: shared.split,
      seed,
      folds: FOLDS,
      repeats,
      naturalPrevalence,
      imported: spec.importedId === '' ? undefined : await this.files.read(spec.importedId),
      champion: opponent.champion,
      challengers: kind === RETENTION ? CHALLENGERS.filter((name) => spec.challengers.split(',').includes(name)) : [],
      leaveReasons: kind === 'value' ? undefined : shared.leaveReasons,
      forward: rows.panel && { ...rows.panel, leadMonths: leadMonthsOf(kind, rows, table), judgedMonthsMax },
      isRetention: kind === RETENTION,
      hasBaseline: kind === 'value',
      capacity: await this.capacityFor(table),
      contacted: kind === RETENTION ? contactedOf(shared, rows.rows) : undefined,
      contactedRows: spec.contactedRows,
      departures: spec.importedId === '' ? departuresOf(rows, table, naturalPrevalence) : undefined,
    };
    return { spec, input, trainingData, opponent };
  }

  private async store(
    run: JobRun,
    { spec, trainingData, opponent }: PreparedKind,
    id: string,
    table: Table,
    shared: TrainingRows,
    result: TrainingResult,
  ): Promise<void> {
    const { kind, table: name, version, seed } = spec;
    const excluded = [...leftOutOf(table), ...result.excluded];
    const leavers = leaversOf(result.leavers, shared, `${this.config.operator}/`);
    const month = table.months.at(-1) ?? '';
    const { hash: trainingHash } = shared;
    const trained = { id, kind, table: name, tableVersion: version, month, trainingHash, seed, trainingData };
    const { comparison } = result;
    const compared: Opponent = comparison === undefined ? opponent.otherwise : { kind: 'compared', comparison };
    await this.registry.add(
      { ...result, ...trained, excluded, leavers, ...horizonsOfKind(kind, result) },
      spec.importedId === '' ? compared : { kind: 'imported', comparison },
      await promotionRule(this.parameters),
      run.caller.client,
    );
  }

  /** The champion to compare with, and what the new model was up against if the two are not compared. */
  private async opponentOn(kind: string, table: Table): Promise<KindOpponent> {
    const champion = await this.champions.find(kind, table.table);
    if (champion === undefined) return { otherwise: { kind: 'none' } };
    const { id } = champion;
    if (!(await this.canScore(champion, table))) return { otherwise: { kind: 'unfit', championId: id } };
    const otherwise: Opponent = { kind: 'informed', championId: id };
    // Of the same rows, those that it was not trained on are unknown.
    if (champion.table_version === table.version) return { otherwise };
    const validation = Validation.fromPartial(champion.validation);
    return { champion: championOf({ id, bytes: await this.registry.bytes(id), validation }), otherwise };
  }

  private async canScore(champion: ModelRow, table: Table): Promise<boolean> {
    const typeOf = new Map(featuresOf(table).map(({ name, type }) => [name, type]));
    try {
      const { columns } = await this.registry.load(champion);
      checkModelColumns(columns, typeOf, { table: table.table, model: champion.name });
      return true;
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'precondition') return false;
      throw thrown;
    }
  }

  /** Contacts as a share of a month's rows, so that it holds for a sample of them. */
  private capacityFor({ rows, months }: Table): Promise<ContactCapacity> {
    return configuredCapacity(this.parameters, Math.round(rows / Math.max(1, months.length)));
  }

  /**
   * Of a table with more labelled rows than the setting allows, whole shards up to about that many: a shard is a hash of
   * the subscription, so they are a uniform sample, and the rest is never read.
   */
  private shardsOf({ labelledRows }: Table): number {
    return Math.max(
      1,
      Math.min(SHARDS, Math.floor((SHARDS * this.config.trainingRowsMax) / Math.max(1, labelledRows))),
    );
  }

  /** Reads the labelled rows of the first shards, those of all months where the table has months of labels. */
  private async read(run: JobRun, table: Table, shards: number, kinds: readonly Kind[]): Promise<TrainingRows> {
    const { trainingRowsMax } = this.config;
    const columns = featuresOf(table);
    if (shards < SHARDS) this.log.info({ job: run.jobId, shards, rows: table.labelledRows }, 'training on a sample');
    const rowsTotal = Math.round((table.labelledRows * shards) / SHARDS);
    const outcomes = outcomesOf(table);
    const causes = isPanel(table) ? causeColumnsOf(table) : {};
    const facts = {
      hasSplit: table.hasSplit,
      isPanel: isPanel(table),
      outcomes: outcomes.map(({ name }) => name),
      causes,
    };
    const collector = new TrainingRowCollector(columns, kinds, facts, Math.round(trainingRowsMax * SAMPLE_SLACK));
    const request = {
      ...rowsOf(table, [...columns, ...outcomes, ...Object.values(causes)], isPanel(table) ? ALL_MONTHS : NEWEST_ROWS, {
        from: 0,
        to: shards,
      }),
      withLabel: true,
      withSplit: table.hasSplit,
    };
    await run.progress({ phase: 'reading', fraction: 0, rowsDone: 0, rowsTotal });
    for await (const batch of this.tables.readTable(callOfJob('churn-scoring', run), request)) {
      collector.add(partsOf(batch, request));
      const fraction = 0.05 * Math.min(1, collector.rowCount / rowsTotal);
      await run.progress({
        phase: 'reading',
        fraction,
        rowsDone: collector.rowCount,
        rowsTotal: Math.max(rowsTotal, collector.rowCount),
      });
    }
    return collector.finish();
  }
}

/** @param names separated by commas */
function kindsIn(names: string): Kind[] {
  return KINDS.filter((kind) => names.split(',').includes(kind));
}

/** A loss of value has the horizon of its definition only: neither other ones, nor reasons why there are none. */
function horizonsOfKind(kind: Kind, { horizons, validation }: TrainingResult) {
  return kind === 'value' ? { horizons: null, validation: { ...validation, horizons: [] } } : { horizons, validation };
}

/** When rows left, for horizons; undefined where the table has no dates, or another prevalence. */
function departuresOf({ leftAfter }: KindRows, { months }: Table, naturalPrevalence: number | null) {
  if (leftAfter === undefined || naturalPrevalence !== null) return undefined;
  return { leftAfter, lastMonth: monthNumber(months.at(-1)!) };
}

/**
 * Months from a row's month to that at whose end its label is known. A loss of value has another lead than churn: as many
 * months as the table has after the last row with a label of it.
 */
function leadMonthsOf(kind: Kind, { rows, panel }: KindRows, table: Table): number {
  if (kind !== 'value') return table.labelLeadMonths;
  return monthNumber(table.months.at(-1)!) - rows.reduce((last, row) => Math.max(last, panel!.months[row]!), 0);
}

/** The specification of one of the kinds of a job. */
function specOfKind(spec: TrainingSpec, kind: Kind): TrainingSpec {
  if (kind === spec.kind) return spec;
  const judgedMonthsMax = Math.min(spec.judgedMonthsMax, ALSO_JUDGED_MONTHS_MAX);
  // A prevalence that the request names is that of the first kind.
  return { ...spec, kind, judgedMonthsMax, naturalPrevalence: null, challengers: '', contactedRows: 'keep' };
}

/** The churners by column name. @param province path of subscriptions without an org unit: visible to the province only */
function leaversOf(leavers: ValidatedLeavers | undefined, rows: TrainingRows, province: string): StoredLeaver[] {
  const { panel, names } = rows;
  if (leavers === undefined || panel === undefined || names === undefined) return [];
  return leavers.rows.map((row, at) => ({
    subscriptionId: names.subscriptionIds[panel.subscriptions[row]!]!,
    month: monthText(panel.months[row]!),
    orgUnitPath: names.orgUnitPaths[names.unitCodes[row]!] ?? province,
    probability: leavers.probabilities[at]!,
    reasons: leavers.reasons[at]!,
  }));
}

const problems: Readonly<Record<CannotLearnReason, string>> = {
  noRows: 'no rows / 没有数据行',
  noColumns: 'no usable columns / 没有可用的列',
  oneClass: 'one class only / 只有一类',
  tooFewOfAClass: 'too few of a class / 某一类过少',
  tooManyRows: 'too many rows / 行数过多',
};

function failureOf({ reason, facts: { rows = 0, positives = 0, negatives = 0 } }: CannotLearnError): Failure {
  return cannotLearn({ problem: problems[reason], rows, positives, negatives });
}
