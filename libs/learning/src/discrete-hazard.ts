import { binRows, MISSING_BIN, quantileCuts } from './binning.js';
import { caseControlSample } from './case-control.js';
import { buildDesign, fitDesign, type DesignOptions } from './design-matrix.js';
import { checkLearnable, pause, type FitContext, type Learner } from './learner.js';
import { probabilityOf } from './logistic.js';
import { LogisticModel, meansOf, solveLogistic, type LogisticModelJson } from './logistic-regression.js';
import type { Explanation, MarginModel } from './margin-model.js';
import { canonicalRowOrder } from './row-order.js';
import {
  labelsOf,
  MISSING_CATEGORY,
  Table,
  valuesOf,
  type CategoryColumn,
  type Column,
  type NumberColumn,
} from './table.js';

/** Columns of time: each month later they are one more, or one less. */
export interface TimeColumns {
  /** Months since the subscription began. */
  readonly tenure: string;
  /** Months that the contract has left; below 0 after its end. */
  readonly contractMonthsLeft?: string;
}

interface DiscreteHazardOptions {
  readonly time: TimeColumns;
  /** Numbers in addition to those of time, the ones that differ most between the classes first. */
  readonly columnsMax: number;
  readonly lambda: number;
  /** 0 for all. */
  readonly negativesPerPositive: number;
}

export const defaultDiscreteHazard: DiscreteHazardOptions = {
  time: { tenure: 'tenure_months', contractMonthsLeft: 'contract_months_left' },
  columnsMax: 64,
  lambda: 30,
  negativesPerPositive: 10,
};

const pooling = { levelRowsMin: 5, levelsMax: 300 };
const BASELINE: DesignOptions = { knotCount: 5, ...pooling };
const STRAIGHT: DesignOptions = { knotCount: 0, ...pooling };

interface HazardModelJson {
  readonly time: TimeColumns;
  readonly regression: LogisticModelJson;
}

/** logit(hazard of a month) = baseline(tenure) + position(contract) + Σ weight × feature. */
export class HazardModel implements MarginModel {
  readonly kind = 'survival';
  readonly columns: readonly string[];

  constructor(
    private readonly time: TimeColumns,
    private readonly regression: LogisticModel,
  ) {
    this.columns = regression.columns.map(({ column }) => column);
  }

  /** Of the hazard of the row's month. */
  logits(table: Table, rows: Uint32Array): Float64Array {
    return this.regression.logits(this.own(table), rows);
  }

  predict(table: Table, rows: Uint32Array): Float64Array {
    return this.logits(table, rows).map(probabilityOf);
  }

  /**
   * Probability that the event comes within so many months: 1 − Π(1 − hazard), with tenure and contract a month later
   * from factor to factor, and all else as it is. It never falls with the months. O(months × rows).
   */
  probabilitiesWithin(months: number, table: Table, rows: Uint32Array): Float64Array {
    const without = new Float64Array(rows.length).fill(1);
    for (let month = 0; month < months; month += 1) {
      const hazards = this.predict(monthsLater(table, this.time, month), rows);
      hazards.forEach((hazard, at) => (without[at] = without[at]! * (1 - hazard)));
    }
    return without.map((none) => 1 - none);
  }

  explain(table: Table, rows: Uint32Array): Explanation {
    const { columns } = this;
    const given = this.own(table);
    return { columns, ...this.regression.explain(columns, given, rows), logits: this.regression.logits(given, rows) };
  }

  /** The model's columns alone. */
  private own(table: Table): Table {
    const names = new Set(this.columns);
    return withPosition(table.only(names), this.time);
  }

  toJSON(): HazardModelJson {
    return { time: this.time, regression: this.regression.toJSON() };
  }

  static fromJSON({ time, regression }: HazardModelJson): HazardModel {
    return new HazardModel(time, LogisticModel.fromJSON(regression));
  }
}

/**
 * Survival in discrete time (Singer & Willett, Journal of Educational Statistics 1993; Allison, Sociological Methodology 1982): with a row for
 * each subscription and month in which it could leave, the likelihood of the months lived is that of a logistic
 * regression on those rows, so that months that are not observed yet need no weights. Tenure is the time axis, with a
 * natural cubic spline as baseline hazard; the position in the contract has a level for each month around its end, where
 * hazards rise and fall within a month or two;
 * all other columns shift the hazard in proportion of odds. A table without the columns of time has a constant baseline.
 */
export class DiscreteHazard implements Learner<HazardModel> {
  readonly name = 'survival';

  constructor(private readonly options: DiscreteHazardOptions = defaultDiscreteHazard) {}

  async fit(table: Table, labels: Uint8Array, rows: Uint32Array, context: FitContext): Promise<HazardModel> {
    const { time, columnsMax, lambda, negativesPerPositive } = this.options;
    checkLearnable(table, labels, rows, 2);
    const sorted = withPosition(table.inNameOrder(), time);
    const ordered = canonicalRowOrder(sorted, labels, rows);
    const ownLabels = labelsOf(labels, ordered);
    const { positions, interceptShift } = caseControlSample(ownLabels, negativesPerPositive, context.seed);
    const training = positions.map((at) => ordered[at]!);
    const trainingLabels = labelsOf(labels, training);
    await pause(context);

    const isTenure = ({ name, kind }: Column): boolean => kind === 'number' && name === time.tenure;
    const others = sorted.columns.filter((column) => !isTenure(column));
    const chosen = chosenColumns(others, training, trainingLabels, columnsMax);
    const terms = [
      ...fitDesign(new Table(sorted.columns.filter(isTenure)), training, BASELINE),
      ...fitDesign(new Table(chosen), training, STRAIGHT),
    ];
    context.onProgress?.(0.4);
    await pause(context);
    const design = buildDesign(terms, sorted, training);
    const { intercept, weights } = solveLogistic(design, trainingLabels, lambda);
    context.onProgress?.(1);
    const shifted = { intercept: intercept + interceptShift, weights };
    return new HazardModel(time, new LogisticModel(terms, shifted, meansOf(design)));
  }
}

/** Highest number of months of each level; what is left beyond the last one is the last level. */
const POSITIONS = [-3, -2, -1, 0, 1, 2, 3, 6, 12, Infinity];

/** The table with the months that the contract has left as levels, each the highest number of its months. */
function withPosition(table: Table, { contractMonthsLeft }: TimeColumns): Table {
  const levelOf = (value: number): number =>
    Number.isNaN(value) ? MISSING_CATEGORY : POSITIONS.findIndex((most) => value <= most);
  return new Table(
    table.columns.map((column): Column => {
      if (column.kind !== 'number' || column.name !== contractMonthsLeft) return column;
      const codes = Uint32Array.from(column.values, levelOf);
      return { kind: 'category', name: column.name, codes, categories: POSITIONS.map(String) } satisfies CategoryColumn;
    }),
  );
}

/** The table as it is some months later, if nothing but time changes. */
function monthsLater(table: Table, { tenure, contractMonthsLeft }: TimeColumns, months: number): Table {
  if (months === 0) return table;
  const stepOf = ({ name }: Column): number => (name === tenure ? months : name === contractMonthsLeft ? -months : 0);
  return new Table(
    table.columns.map((column) => {
      const step = stepOf(column);
      if (column.kind !== 'number' || step === 0) return column;
      return { ...column, values: column.values.map((value) => value + step) };
    }),
  );
}

/** All categories, and the numbers with the highest score statistic of the regression without columns. */
function chosenColumns(
  columns: readonly Column[],
  rows: Uint32Array,
  labels: Uint8Array,
  numbersMax: number,
): readonly Column[] {
  const numbers = columns.filter((column) => column.kind === 'number');
  if (numbers.length <= numbersMax) return columns;
  const scores = new Map(numbers.map((column) => [column.name, scoreStatistic(column, rows, labels)]));
  const ranked = [...numbers].sort((left, right) => scores.get(right.name)! - scores.get(left.name)!);
  const kept = new Set(ranked.slice(0, numbersMax).map(({ name }) => name));
  return columns.filter(({ kind, name }) => kind === 'category' || kept.has(name));
}

/** Bins in whose order a number is ranked. */
const RANKED_BINS = 63;

/**
 * Rao's score statistic of one number, χ² with one degree of freedom; missing values are omitted. The middle ranks of
 * quantile bins are used in place of values, as single outliers would decide otherwise. O(rows).
 */
function scoreStatistic(column: NumberColumn, rows: Uint32Array, labels: Uint8Array): number {
  const cuts = quantileCuts(valuesOf(column.values, rows), RANKED_BINS);
  const [bins] = binRows([{ kind: 'number', column: column.name, cuts: [...cuts] }], new Table([column]), rows);
  const counts = new Float64Array(cuts.length + 2);
  const positives = new Float64Array(cuts.length + 2);
  bins!.forEach((bin, at) => {
    counts[bin] = counts[bin]! + 1;
    positives[bin] = positives[bin]! + labels[at]!;
  });
  const present = rows.length - counts[MISSING_BIN]!;
  const rate = (labels.reduce((sum, label) => sum + label, 0) - positives[MISSING_BIN]!) / present;
  if (!(rate > 0 && rate < 1)) return 0;
  let [before, score, squares] = [0, 0, 0];
  for (let bin = MISSING_BIN + 1; bin < counts.length; bin += 1) {
    const count = counts[bin]!;
    const rank = (before + count / 2) / present - 0.5;
    score += rank * (positives[bin]! - count * rate);
    squares += rank * rank * count;
    before += count;
  }
  return squares === 0 ? 0 : (score * score) / (rate * (1 - rate) * squares);
}
