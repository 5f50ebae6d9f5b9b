import { defaultBoosting, panelGrowthFor, GradientBoosting } from '@holdfast/learning/gradient-boosting';
import type { Learner } from '@holdfast/learning/learner';
import { LogisticRegression } from '@holdfast/learning/logistic-regression';
import { Table } from '@holdfast/learning/table';
import { pooledAuc } from '../hazard/bayes-auc.js';
import { SINGLE_COLUMN_MAX } from '../hazard/causes.js';
import { REACTION_MONTHS } from '../hazard/life-state.js';
import { Purpose, Stream } from '../randomness/stream.js';
import type { ObservableRows } from './observable-features.js';

const JUDGED_MONTHS = 2;
const TRAINING_MONTHS_MAX = 7;
/** Drivers of the first months have no earlier months for comparison. */
const FIRST_MONTHS_LEFT_OUT = 2;
const TREES = 400;

export type Learnability = Awaited<ReturnType<typeof learnabilityOf>>;

/**
 * Compares plain learners with the oracle on the same rows, forward in time: they train on months whose outcome was
 * known at the end of the first judged month. An AUC is the mean over months, weighted by churners.
 * @throws Error for a short span
 */
export async function learnabilityOf(rows: ObservableRows, seed: number) {
  const months = [...new Set(rows.months)].sort((left, right) => left - right);
  const judgedMonths = months.slice(-JUDGED_MONTHS);
  const trainingMonths = months
    .slice(FIRST_MONTHS_LEFT_OUT)
    .filter((month) => month <= judgedMonths[0]! - REACTION_MONTHS)
    .slice(-TRAINING_MONTHS_MAX);
  if (trainingMonths.length === 0) throw new Error('The span is too short: learning needs nine months');
  const all = Uint32Array.from(rows.months, (_, row) => row);
  const training = all.filter((row) => trainingMonths.includes(rows.months[row]!));
  const judged = judgedMonths.map((month) => all.filter((row) => rows.months[row] === month));
  const auc = (score: (row: number) => number): number => aucOf(rows, judged, score);
  const table = new Table(rows.names.map((name, at) => ({ kind: 'number', name, values: rows.columns[at]! })));
  const boosting = new GradientBoosting({
    ...defaultBoosting,
    growthFor: panelGrowthFor,
    treesMax: TREES,
    earlyStoppingRounds: 0,
    binning: { ...defaultBoosting.binning, binsMax: 63 },
  });
  const linear = new LogisticRegression([{ design: { knotCount: 0, levelRowsMin: 5, levelsMax: 300 }, lambda: 10 }]);
  const fitted = async (learner: Learner, of: Table): Promise<number> => {
    const model = await learner.fit(of, rows.labels, training, { seed });
    const scores = new Float64Array(all.length);
    for (const part of judged) model.predict(of, part).forEach((score, at) => (scores[part[at]!] = score));
    return auc((row) => scores[row]!);
  };
  const singleColumns = rows.names.map((name, at) => {
    const known = auc((row) => rows.columns[at]![row] ?? NaN);
    return { name, auc: Math.max(known, 1 - known) };
  });
  return {
    trainingRows: training.length,
    judgedRows: judged.reduce((sum, part) => sum + part.length, 0),
    churners: judged.reduce((sum, part) => sum + churnersOf(rows, part), 0),
    /** By the observable hazard, the upper bound for the columns; and by the whole hazard. */
    observable: auc((row) => rows.observable[row]!),
    withLatent: auc((row) => rows.hazard[row]!),
    boosting: await fitted(boosting, table),
    logistic: await fitted(linear, table),
    /** Boosting on columns shuffled among the rows of each month. */
    shuffled: await fitted(boosting, shuffledTable(rows, seed)),
    /** The better of both directions. */
    singleColumns: singleColumns.sort((left, right) => right.auc - left.auc),
    singleColumnMax: SINGLE_COLUMN_MAX,
  };
}

function churnersOf(rows: ObservableRows, part: Uint32Array): number {
  return part.reduce((sum, row) => sum + rows.labels[row]!, 0);
}

/** Unknown values rank below all others. */
function aucOf(rows: ObservableRows, judged: readonly Uint32Array[], score: (row: number) => number): number {
  const months = judged.map((part) => ({
    scores: Array.from(part, (row) => (Number.isNaN(score(row)) ? -1e300 : score(row))),
    labels: Array.from(part, (row) => rows.labels[row]!),
  }));
  return pooledAuc(months)!;
}

/** Shuffles the rows of each month as a whole, which leaves the effect of months and chance. */
function shuffledTable({ names, columns, months }: ObservableRows, seed: number): Table {
  const random = new Stream(seed).at(Purpose.reRandomisation, 1, 1);
  const byMonth = new Map<number, number[]>();
  months.forEach((month, row) => (byMonth.get(month) ?? byMonth.set(month, []).get(month)!).push(row));
  const source = new Uint32Array(months.length);
  for (const rows of byMonth.values()) {
    const order = [...rows];
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = random.below(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    rows.forEach((row, at) => (source[row] = order[at]!));
  }
  const shuffled = columns.map((values) => Float64Array.from(source, (row) => values[row]!));
  return new Table(names.map((name, at) => ({ kind: 'number', name, values: shuffled[at]! })));
}

/** Output of `learn`. */
export function learnabilityLines(learnability: Learnability): string[] {
  const { trainingRows, judgedRows, churners, observable, withLatent, boosting, logistic, shuffled } = learnability;
  const { singleColumns, singleColumnMax } = learnability;
  const singles = singleColumns.slice(0, 5).map(({ name, auc }) => `${name} ${auc.toFixed(3)}`);
  const short = (auc: number): string => `${auc.toFixed(3)} (${(observable - auc).toFixed(3)} short of the oracle)`;
  return [
    `trained on ${trainingRows} rows, judged on ${judgedRows} rows with ${churners} churners, two months ahead`,
    `oracle on these rows: ${observable.toFixed(3)} by observable drivers, ${withLatent.toFixed(3)} with latent traits`,
    `gradient boosting: ${short(boosting)}`,
    `linear logistic regression: ${short(logistic)}`,
    `boosting on columns shuffled within months: ${shuffled.toFixed(3)}`,
    `single columns (none above ${singleColumnMax.toFixed(2)}): ${singles.join(', ')}`,
  ];
}
