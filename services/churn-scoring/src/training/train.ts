import type {
  ColumnImportance,
  LeftOutColumn,
  Validation as ValidationMessage,
} from '@holdfast/contracts/churn_scoring/v1/model';
import { ChurnLearner, type ChurnModel } from '@holdfast/learning/churn-model';
import type { FitContext, Learner } from '@holdfast/learning/learner';
import { inspectColumns, type ColumnFinding } from '@holdfast/learning/suspected-leak';
import { Table, allRows, type Column } from '@holdfast/learning/table';
import { validate, type ValidationPlan } from '@holdfast/learning/validation';
import { encodeModelFile } from '../model/model-file.js';
import { learnComparisons } from '../reason/comparisons.js';
import type { TypedColumn } from '../table/typed-column.js';
import { validationReport } from './validation-report.js';

/** Everything that a model depends on; crosses into the training thread. */
export interface TrainingInput {
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
  /** Share of leavers where the model will be used; null where it is that of the training rows. */
  readonly naturalPrevalence: number | null;
}

export interface TrainingResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly method: string;
  readonly validation: ValidationMessage;
  readonly importance: ColumnImportance[];
  readonly leftOut: LeftOutColumn[];
  readonly prevalence: number;
}

/** What training is doing: `validating 3/15` is the third of fifteen fits. */
export interface TrainingProgress {
  readonly phase: string;
  readonly fraction: number;
}

export interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress: (now: TrainingProgress) => void;
}

/**
 * Measures a model on rows that it did not see, then fits it on all rows to train on. With a given split the measured
 * model is the one that is kept. Deterministic: equal inputs give equal bytes.
 *
 * Columns that carry nothing, or the label itself, are left out before: that looks at the held-out labels, but can only
 * lower what is measured.
 * @throws CannotLearnError
 */
export async function train(input: TrainingInput, context: TrainingContext): Promise<TrainingResult> {
  const { labels, seed } = input;
  const plan = planOf(input);
  const rows = plan.kind === 'givenSplit' ? plan.training : allRows(labels.length);
  const { kept, leftOut } = leaveOut(input, rows);
  const table = new Table(kept);
  const fits = plan.kind === 'givenSplit' ? 1 : plan.folds * plan.repeats;
  const learner = new CountingLearner(new ChurnLearner());
  const report = (done: number): void => {
    // Inside a fit the count is that of the fit that runs; the last progress is told after all of them.
    context.onProgress({ phase: `validating ${Math.min(learner.begun, fits)}/${fits}`, fraction: 0.9 * done });
  };
  const validation = await validate(learner, table, labels, rows, plan, fitContext(seed, context, report));

  const reportFit = (done: number): void => context.onProgress({ phase: 'fitting', fraction: 0.9 + 0.08 * done });
  const fitted =
    plan.kind === 'givenSplit'
      ? learner.last!
      : await learner.fit(table, labels, rows, fitContext(seed, context, reportFit));
  const model = input.naturalPrevalence === null ? fitted : fitted.servedAt(input.naturalPrevalence);

  context.onProgress({ phase: 'explaining', fraction: 0.98 });
  const typeOf = new Map(input.columns.map(({ name, type }) => [name, type]));
  const comparisons = learnComparisons(kept, typeOf, labels, rows);
  const columns = model.parts.columns.map((name) => ({ name, type: typeOf.get(name)! }));
  return {
    bytes: encodeModelFile(model, columns, comparisons),
    method: methodOf(model),
    validation: validationReport(validation, labels),
    importance: importanceOf(model, table, rows),
    leftOut,
    prevalence: model.parts.servedRate ?? model.parts.trainingRate,
  };
}

function planOf({ split, folds, repeats }: TrainingInput): ValidationPlan {
  if (split === undefined) return { kind: 'repeatedFolds', folds, repeats };
  const rowsWith = (part: number): Uint32Array => allRows(split.length).filter((row) => split[row] === part);
  return { kind: 'givenSplit', training: rowsWith(1), test: rowsWith(0) };
}

function leaveOut(
  { data, labels, seed }: TrainingInput,
  rows: Uint32Array,
): { kept: Column[]; leftOut: LeftOutColumn[] } {
  const findings = new Map(
    inspectColumns(new Table(data), labels, rows, seed).map((finding) => [finding.column, finding]),
  );
  return {
    kept: data.filter(({ name }) => !findings.has(name)),
    leftOut: [...findings.values()].map((finding) => ({ column: finding.column, reason: reasonOf(finding) })),
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

function fitContext(seed: number, { signal }: TrainingContext, onProgress: (done: number) => void): FitContext {
  return { seed, onProgress, ...(signal === undefined ? {} : { signal }) };
}

/** Remembers how many fits have begun, and the model of the last. */
class CountingLearner implements Learner<ChurnModel> {
  begun = 0;
  last: ChurnModel | undefined;
  readonly name: string;

  constructor(private readonly learner: ChurnLearner) {
    this.name = learner.name;
  }

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<ChurnModel> {
    this.begun += 1;
    this.last = await this.learner.fit(table, labels, rows, context);
    return this.last;
  }
}

/** Such as `boosting 0.60 + logistic 0.40, platt`. */
function methodOf({ parts: { treeWeight, calibration } }: ChurnModel): string {
  const methods = [
    { name: 'boosting', weight: treeWeight },
    { name: 'logistic', weight: 1 - treeWeight },
  ];
  const used = methods.filter(({ weight }) => weight > 0).map(({ name, weight }) => `${name} ${weight.toFixed(2)}`);
  return `${used.join(' + ')}, ${calibration.kind}`;
}

/** Enough rows for the mean of absolute contributions to stand still; explaining all of a large table takes minutes. */
const IMPORTANCE_ROWS_MAX = 2_000;

/** Mean absolute contribution by column, highest first, over rows spread evenly over those given. */
function importanceOf(model: ChurnModel, table: Table, rows: Uint32Array): ColumnImportance[] {
  const step = Math.max(1, Math.ceil(rows.length / IMPORTANCE_ROWS_MAX));
  const sample = rows.filter((_, at) => at % step === 0);
  const { columns, contributions } = model.explain(table, sample);
  const sums = new Float64Array(columns.length);
  contributions.forEach((contribution, cell) => {
    sums[cell % columns.length] = sums[cell % columns.length]! + Math.abs(contribution);
  });
  return columns
    .map((column, at) => ({ column, meanAbsoluteContribution: sums[at]! / sample.length }))
    .sort(
      (left, right) =>
        right.meanAbsoluteContribution - left.meanAbsoluteContribution || (left.column < right.column ? -1 : 1),
    );
}
