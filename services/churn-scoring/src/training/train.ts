import type {
  ColumnImportance,
  ModelComparison,
  ExcludedColumn,
  Validation as ValidationMessage,
} from '@holdfast/contracts/churn_scoring/v1/model';
import {
  ChurnLearner,
  defaultChurnLearner,
  panelChurnLearner,
  ChurnModel,
  type Explanation,
} from '@holdfast/learning/churn-model';
import { forwardFolds } from '@holdfast/learning/forward-in-time';
import type { FitContext, Learner } from '@holdfast/learning/learner';
import { defaultCapacityShare } from '@holdfast/learning/measured';
import { logitOf, probabilityOf } from '@holdfast/learning/logistic';
import { weightsFor } from '@holdfast/learning/metrics';
import { defaultInspection, inspectColumns, type ColumnFinding } from '@holdfast/learning/suspected-leak';
import { Table, allRows, type CategoryColumn, type Column } from '@holdfast/learning/table';
import type { ServedModel } from '@holdfast/learning/served-model';
import { validate, type ValidationPlan } from '@holdfast/learning/validation';
import { encodeModelFile, type ModelOrigin } from '../model/model-file.js';
import { importedMethod } from '../model/model-row.js';
import { learnComparisons } from '../reason/comparisons.js';
import { judgeCauses } from '../reason/judge-causes.js';
import { learnCauses, spread } from '../reason/learn-causes.js';
import type { TypedColumn } from '../table/typed-column.js';
import type { ChallengerName } from '../model/challenger.js';
import { judgeChallengers } from './challengers.js';
import { compareWithChampion, type Champion } from './champion-comparison.js';
import { ImportedLearner, type ImportedFile } from './imported-model.js';
import type { Panel } from './panel.js';
import { explainLeavers, type ValidatedLeavers } from './validated-leavers.js';
import { billDropBaseline } from './baseline.js';
import { horizonsOf, type Departures, type Fits, type OutOfFold, type StoredHorizons } from './horizons.js';
import { capacityReport, type ContactCapacity } from './capacity.js';
import { referenceOf } from './reference.js';
import { lastMonthOf, validationReport } from './validation-report.js';

/** Fewer of a class give folds, and folds within folds, that have next to none. */
export const CLASS_ROWS_MIN = 20;

/** Increases when the training changes, so that the same request trains again after an upgrade. */
export const TRAINING_VERSION = 11;

/** Everything that a model depends on; crosses into the training thread. */
export interface TrainingInput {
  /** SHA-256 of the rows; kept with the model. */
  readonly trainingHash: string;
  readonly columns: readonly TypedColumn[];
  /** One per entry of `columns`. */
  readonly data: readonly Column[];
  /** 1 left, 0 stayed. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** 1 train, 0 test, NaN neither; undefined for repeated folds. */
  readonly split: Float64Array<ArrayBuffer> | undefined;
  readonly seed: number;
  readonly folds: number;
  readonly repeats: number;
  /** Where the table has a row for each subscription and month: judged forward in time. */
  readonly forward?: ForwardInput | undefined;
  /** Natural churn share; null if it is that of the training rows. */
  readonly naturalPrevalence: number | null;
  /** A model that is validated instead of one that is trained. */
  readonly imported?: ImportedFile | undefined;
  /** Codes of reasons of churned rows; undefined where the table has none. */
  readonly leaveReasons?: CategoryColumn | undefined;
  /** The champion, if it can predict rows of these columns. */
  readonly champion?: Champion | undefined;
  /** Methods that the trees are judged against; default none. */
  readonly challengers?: readonly ChallengerName[];
  /**
   * Whether the model is that of retention: its churners are explained. Models of other kinds get fewer inner folds and
   * trees; default true.
   */
  readonly isRetention?: boolean;
  /** Whether the model is compared with ranking by the drop of the bill; default false. */
  readonly hasBaseline?: boolean;
  /** How many can be contacted; default: a share of the rows. */
  readonly capacity?: ContactCapacity;
  /** When rows left, of a table with months of churn. */
  readonly departures?: Departures | undefined;
}

interface ForwardInput extends Panel {
  /** Months from a row's month to the one that its label is about. */
  readonly leadMonths: number;
  readonly judgedMonthsMax: number;
}

export interface TrainingResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly method: string;
  readonly validation: ValidationMessage;
  readonly importance: ColumnImportance[];
  readonly excluded: ExcludedColumn[];
  readonly prevalence: number;
  /** Of validation forward in time; else undefined. */
  readonly leavers: ValidatedLeavers | undefined;
  /** With the champion; undefined without one, or without rows that it has not learned from. */
  readonly comparison: ModelComparison | undefined;
  readonly horizons: StoredHorizons;
}

/** What training is doing: `validating 3/15` is the third of fifteen fits. */
export interface TrainingProgress {
  readonly phase: string;
  readonly fraction: number;
}

interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress: (now: TrainingProgress) => void;
}

/**
 * Measures a model on rows that it did not see, then fits it on all rows to train on. With a given split the measured
 * model is the one that is kept; forward in time the judged models have fewer months than the one that is kept, which
 * learns from all labelled months. Deterministic: equal inputs give equal bytes.
 *
 * Uninformative and leaking columns are excluded before: that uses the held-out labels, but can only
 * lower what is measured. With a natural prevalence the models judged are served at it, as the one that is kept, and rows
 * are weighted to it: what is shown is what the served probabilities are worth where they are served.
 * @throws CannotLearnError
 */
export async function train(input: TrainingInput, context: TrainingContext): Promise<TrainingResult> {
  const { labels, seed } = input;
  const plan = planOf(input);
  const rows = plan.kind === 'givenSplit' ? plan.training : allRows(labels.length);
  const { imported } = input;
  const { kept, excluded } = imported === undefined ? leaveOut(input, rows) : { kept: input.data, excluded: [] };
  const table = new Table(kept);
  const fits = fitsOf(plan);
  const isPanel = input.forward !== undefined;
  const { naturalPrevalence } = input;
  const shift = naturalPrevalence === null ? null : logitOf(naturalPrevalence) - logitOf(rateOf(labels, rows));
  const { isRetention = true } = input;
  const trained = new ChurnLearner(withDirections(optionsOf(isPanel, isRetention), input));
  let learner = new CountingLearner(imported === undefined ? trained : new ImportedLearner(imported), shift);
  const fitting = { seed, ...(isPanel ? { groups: input.forward.subscriptions, months: input.forward.months } : {}) };
  const report =
    (from: number, to: number) =>
    (done: number): void => {
      // Inside a fit the count is that of the fit that runs; the last progress is reported after all of them.
      context.onProgress({
        phase: `validating ${Math.min(learner.begun, fits)}/${fits}`,
        fraction: from + (to - from) * done,
      });
    };
  const judgedRate = rateOf(labels, plan.kind === 'givenSplit' ? plan.test : rows);
  const weights = naturalPrevalence === null ? undefined : weightsFor(judgedRate, naturalPrevalence);
  const { capacity = { contacts: 0, share: defaultCapacityShare } } = input;
  const validating = fitContext(fitting, context, report(0, 0.8));
  let validation = await validate(learner, table, labels, rows, plan, validating, weights, capacity.share);
  const reportChallengers = (done: number): void =>
    context.onProgress({ phase: 'challengers', fraction: 0.8 + 0.05 * done });
  const challenging = fitContext(fitting, context, reportChallengers);
  const judged = { table, labels, rows, plan, trees: validation };
  const facts = {
    months: input.forward?.months,
    isMonotone: input.columns.some(({ monotone }) => monotone !== undefined),
  };
  const { figures: challengers, best } = await judgeChallengers(
    input.challengers ?? [],
    { ...judged, ...facts },
    challenging,
  );
  if (best !== undefined) {
    learner = new CountingLearner(best, shift);
    const validatingBest = fitContext(fitting, context, report(0.85, 0.9));
    validation = await validate(learner, table, labels, rows, plan, validatingBest, weights, capacity.share);
  }

  const reportFit = (done: number): void => context.onProgress({ phase: 'fitting', fraction: 0.9 + 0.08 * done });
  const fitted =
    plan.kind === 'givenSplit'
      ? learner.fitted.at(-1)!
      : await learner.fit(table, labels, rows, fitContext(fitting, context, reportFit));
  const model = naturalPrevalence === null ? fitted : fitted.servedAt(naturalPrevalence);

  const horizons = await horizonsOf(input, plan, learner, table, (fold) =>
    learner.fit(
      table,
      labels,
      fold,
      fitContext(fitting, context, () => undefined),
    ),
  );
  context.onProgress({ phase: 'explaining', fraction: 0.98 });
  const types = new Map(input.columns.map((column) => [column.name, column]));
  const typeOf = new Map(input.columns.map(({ name, type }) => [name, type]));
  const columns = model.parts.columns.map((name) => types.get(name)!);
  const used = new Set(model.parts.columns);
  const unused = (imported === undefined ? kept : [])
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => ({ column: name, reason: 'uninformative' }));
  const explanation = model.explain(table, spread(rows, EXPLAINED_ROWS_MAX));
  const importance = importanceOf(explanation);
  const comparisons = learnComparisons(isRetention ? kept : contributing(kept, importance), typeOf, labels, rows);
  const { leaveReasons } = input;
  const outOfFold = learner.outOfFoldOf(fitted);
  const causes = learnCauses({ model, outOfFold, columns, table, rows, labels, leaveReasons, seed });
  const leavers =
    plan.kind === 'forward' && isRetention
      ? explainLeavers(plan.folds, learner, { data: kept, types, labels, leaveReasons, seed })
      : undefined;
  return {
    bytes: encodeModelFile(
      ...([model, columns, comparisons, causes, originOf(input)] as const),
      referenceOf(model, columns, { table, labels, months: input.forward?.months }, rows, weights),
    ),
    method: imported === undefined ? methodOf(model, best?.name) : importedMethod(imported.format),
    validation: {
      ...validationReport(validation, labels, plan, weights, input.forward?.months),
      lastMonth: lastMonthOf(validation, labels, input.forward?.months, {
        seed,
        weights,
        capacityShare: capacity.share,
      }),
      capacity: capacityReport(validation, labels, plan, capacity),
      horizons: horizons.figures,
      challengers,
      baseline: input.hasBaseline === true ? billDropBaseline(validation, { ...input, capacity }) : undefined,
      causes: leavers && judgeCauses(leavers.causes, leaveReasons, causes, seed),
    },
    importance,
    excluded: [...excluded, ...unused],
    prevalence: model.parts.servedRate ?? model.parts.trainingRate,
    leavers,
    horizons: horizons.stored,
    comparison:
      input.champion &&
      compareWithChampion(input.champion, validation, { ...comparable(input), capacityShare: capacity.share }),
  };
}

/** A column without contributions is never shown as a reason, so it needs no comparison. */
function contributing(columns: readonly Column[], importance: readonly ColumnImportance[]): Column[] {
  const used = new Set(importance.filter(({ meanAbsoluteContribution: mean }) => mean > 0).map(({ column }) => column));
  return columns.filter(({ name }) => used.has(name));
}

/** Two inner folds instead of three, and as many trees as retention usually has, halve the time of a fit. */
const SHORT_PANEL_LEARNER = {
  ...panelChurnLearner,
  innerFolds: 2,
  boosting: { ...panelChurnLearner.boosting, treesMax: 150 },
};

function optionsOf(isPanel: boolean, isRetention: boolean) {
  if (!isPanel) return defaultChurnLearner;
  return isRetention ? panelChurnLearner : SHORT_PANEL_LEARNER;
}

/** Directions are those of churn that offers can prevent: other kinds are free. */
function withDirections(options: typeof panelChurnLearner, { columns, isRetention = true }: TrainingInput) {
  const monotone = Object.fromEntries(
    columns.flatMap(({ name, monotone: direction }) => (direction === undefined ? [] : [[name, direction]])),
  );
  return isRetention ? { ...options, boosting: { ...options.boosting, monotone } } : options;
}

function originOf({ trainingHash, seed, folds, repeats, forward, naturalPrevalence }: TrainingInput): ModelOrigin {
  const { leadMonths = null, judgedMonthsMax = null } = forward ?? {};
  const parameters = { seed, folds, repeats, leadMonths, judgedMonthsMax, naturalPrevalence };
  return { trainingHash, training: TRAINING_VERSION, parameters };
}

function comparable({ data, labels, seed, forward }: TrainingInput) {
  return { data, labels, seed, months: forward?.months, subscriptions: forward?.subscriptions };
}

/** Too few months to judge one forward leave folds, which keep the rows of a subscription together. */
function planOf({ split, folds, repeats, forward, labels }: TrainingInput): ValidationPlan {
  if (forward !== undefined && split === undefined) {
    const { leadMonths, judgedMonthsMax } = forward;
    const judged = forwardFolds({ ...forward, labels }, leadMonths, judgedMonthsMax, CLASS_ROWS_MIN);
    if (judged.length > 0) return { kind: 'forward', folds: judged };
  }
  if (split === undefined) return { kind: 'repeatedFolds', folds, repeats };
  const rowsWith = (part: number): Uint32Array => allRows(split.length).filter((row) => split[row] === part);
  return { kind: 'givenSplit', training: rowsWith(1), test: rowsWith(0) };
}

function fitsOf(plan: ValidationPlan): number {
  switch (plan.kind) {
    case 'givenSplit':
      return 1;
    case 'forward':
      return plan.folds.length;
    case 'repeatedFolds':
      return plan.folds * plan.repeats;
  }
}

const PANEL_POWER_ROWS_MAX = 15_000;

function leaveOut(
  { data, labels, seed, forward }: TrainingInput,
  rows: Uint32Array,
): { kept: Column[]; excluded: ExcludedColumn[] } {
  // A view has columns by the hundred, and a leak shows in a part of the rows.
  const powerRowsMax = forward === undefined ? defaultInspection.powerRowsMax : PANEL_POWER_ROWS_MAX;
  const inspected = inspectColumns(new Table(data), labels, rows, seed, { ...defaultInspection, powerRowsMax });
  const findings = new Map(inspected.map((finding) => [finding.column, finding]));
  return {
    kept: data.filter(({ name }) => !findings.has(name)),
    excluded: [...findings.values()].map((finding) => ({ column: finding.column, reason: reasonOf(finding) })),
  };
}

function reasonOf({ kind }: ColumnFinding): string {
  switch (kind) {
    case 'suspectedLeak':
      return 'suspected_leak';
    case 'identifier':
      return 'identifier';
    case 'constant':
      return 'constant';
    case 'empty':
      return 'empty';
  }
}

function fitContext(
  fitting: Pick<FitContext, 'seed' | 'groups' | 'months'>,
  { signal }: TrainingContext,
  onProgress: (done: number) => void,
): FitContext {
  return { ...fitting, onProgress, ...(signal === undefined ? {} : { signal }) };
}

function rateOf(labels: Uint8Array, rows: Uint32Array): number {
  return rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length;
}

/** Remembers how many fits have begun, and what came of them, each model as it would be served. */
class CountingLearner implements Learner<ServedModel>, Fits {
  begun = 0;
  readonly fitted: ServedModel[] = [];
  readonly outOfFold: OutOfFold[] = [];
  private readonly ofModel = new Map<ServedModel, OutOfFold>();
  readonly name: string;

  /** @param shift of the log-odds towards the population that models are served to; null for none */
  constructor(
    private readonly learner: Learner<ServedModel>,
    private readonly shift: number | null,
  ) {
    this.name = learner.name;
  }

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<ServedModel> {
    this.begun += 1;
    let outOfFold: OutOfFold | undefined;
    const fitted = await this.learner.fit(table, labels, rows, {
      ...context,
      onOutOfFold: (training, logits) => (outOfFold = { rows: training, logits }),
    });
    if (outOfFold !== undefined) this.outOfFold.push(outOfFold);
    const { trainingRate } = fitted.parts;
    // Not the population's rate itself: a month with fewer churners has fewer there, too.
    const model = this.shift === null ? fitted : fitted.servedAt(probabilityOf(logitOf(trainingRate) + this.shift));
    this.fitted.push(model);
    if (outOfFold !== undefined) this.ofModel.set(model, outOfFold);
    return model;
  }

  /** Undefined for a model that was not fitted here. */
  outOfFoldOf(model: ServedModel): OutOfFold | undefined {
    return this.ofModel.get(model);
  }
}

/** Such as `boosting 0.60 + logistic 0.40, platt`, or `survival, identity`. */
function methodOf(model: ServedModel, challenger: string | undefined): string {
  if (!(model instanceof ChurnModel)) return `${challenger}, ${model.parts.calibration.kind}`;
  const { treeWeight, calibration } = model.parts;
  const methods = [
    { name: 'boosting', weight: treeWeight },
    { name: 'logistic', weight: 1 - treeWeight },
  ];
  const used = methods.filter(({ weight }) => weight > 0).map(({ name, weight }) => `${name} ${weight.toFixed(2)}`);
  return `${used.join(' + ')}, ${calibration.kind}`;
}

/** Number of rows for stable means and medians of contributions. */
const EXPLAINED_ROWS_MAX = 2_000;

/** Mean absolute contribution by column, highest first. */
function importanceOf({ columns, contributions, logits }: Explanation): ColumnImportance[] {
  const sums = new Float64Array(columns.length);
  contributions.forEach((contribution, cell) => {
    sums[cell % columns.length] = sums[cell % columns.length]! + Math.abs(contribution);
  });
  return columns
    .map((column, at) => ({ column, meanAbsoluteContribution: sums[at]! / logits.length }))
    .sort(
      (left, right) =>
        right.meanAbsoluteContribution - left.meanAbsoluteContribution || (left.column < right.column ? -1 : 1),
    );
}
