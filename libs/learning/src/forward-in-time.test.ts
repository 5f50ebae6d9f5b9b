import fc from 'fast-check';
import { ChurnLearner, panelChurnLearner } from './churn-model.js';
import { forwardFolds, type ForwardFold, type MonthlyRows } from './forward-in-time.js';
import type { FitContext, Learner } from './learner.js';
import { areaUnderCurve, rankOutcomes } from './metrics.js';
import { syntheticPanel } from './synthetic-panel.fixture.js';
import { labelsOf, Table } from './table.js';
import { validate } from './validation.js';

/** Months of `perMonth` rows each, the first of every month positive. */
function rowsOf(months: readonly number[], perMonth: number): MonthlyRows {
  return {
    months: Uint32Array.from(months.flatMap((month) => Array<number>(perMonth).fill(month))),
    labels: Uint8Array.from(months.flatMap(() => [1, ...Array<number>(perMonth - 1).fill(0)])),
    lostInGapByMonth: new Map([[12, 3]]),
  };
}

test.each([
  // labelled months, lead, requested judged months, judged, last training month of each
  [[7, 8, 9, 10, 11, 12], 2, 2, [11, 12], [9, 10]],
  [[7, 8, 9, 10, 11, 12], 1, 2, [11, 12], [10, 11]],
  [[7, 8, 9, 10, 11, 12], 3, 1, [12], [9]],
  [[10, 11, 12], 2, 2, [12], [10]],
  [[11, 12], 2, 2, [], []],
  [[12], 1, 2, [], []],
  // a month without rows is a month all the same
  [[7, 12], 2, 2, [12], [7]],
])(
  'of months %j with a lead of %i and %i requested, judges %j after %j',
  (months, lead, wanted, judged, lastLearnt) => {
    const rows = rowsOf(months, 4);
    const folds = forwardFolds(rows, lead, wanted, 1);
    expect(folds.map(({ month }) => month)).toEqual(judged);
    expect(folds.map(({ training }) => Math.max(...training.map((row) => rows.months[row]!)))).toEqual(lastLearnt);
    expect(folds.map(({ lostInGap }) => lostInGap)).toEqual(judged.map((month) => (month === 12 ? 3 : 0)));
  },
);

test('nothing that was unknown at the end of a judged month is learnt from', () => {
  const months = fc.array(fc.integer({ min: 0, max: 14 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(months, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), (of, lead, wanted) => {
      const rows = { months: Uint32Array.from(of), labels: Uint8Array.from(of, (_, at) => at % 2) };
      const folds = forwardFolds({ ...rows, lostInGapByMonth: new Map() }, lead, wanted, 1);
      expect(folds.length).toBeLessThanOrEqual(wanted);
      for (const { month, training, judged } of folds) {
        expect(training.every((row) => of[row]! + lead <= month)).toBe(true);
        expect(judged.every((row) => of[row] === month)).toBe(true);
        expect(judged.length).toBe(of.filter((each) => each === month).length);
      }
    }),
  );
});

test('a month with too few churners before it is not judged', () => {
  expect(forwardFolds(rowsOf([9, 10, 11, 12], 4), 1, 4, 3).map(({ month }) => month)).toEqual([12]);
});

const panel = syntheticPanel(1_500, 12, 2, 5);
const known = panel.labels.map((_, row) => row).filter((row) => !Number.isNaN(panel.labels[row]!));
const labels = Uint8Array.from(known, (row) => panel.labels[row]!);
const groups = Uint32Array.from(known, (row) => panel.subscriptions[row]!);
const table = new Table(
  panel.table.columns.map(({ name }) => {
    const { values } = panel.table.numberColumn(name);
    return { kind: 'number', name, values: Float64Array.from(known, (row) => values[row]!) };
  }),
);
const lostInGapByMonth = new Map<number, number>();
panel.lostInGap.forEach((lost, row) => {
  const month = panel.months[row]!;
  lostInGapByMonth.set(month, (lostInGapByMonth.get(month) ?? 0) + lost);
});
const monthly = { months: Uint32Array.from(known, (row) => panel.months[row]!), labels, lostInGapByMonth };
const folds = forwardFolds(monthly, 2, 2, 20);
const oracle: Learner = {
  name: 'oracle',
  fit: async () => ({ predict: (_, rows) => Float64Array.from(rows, (row) => panel.truth[known[row]!]!) }),
};

const validateForward = (of: ForwardFold[], context: FitContext, learner = oracle) =>
  validate(learner, table, labels, new Uint32Array(), { kind: 'forward', folds: of }, context);

test('a panel is learnt from forward in time nearly as well as with the known causes', async () => {
  const result = await validateForward(folds, { seed: 1, groups }, new ChurnLearner(panelChurnLearner));
  const truth = Float64Array.from(result.predictedRows, (row) => panel.truth[known[row]!]!);
  const best = areaUnderCurve(rankOutcomes(truth, labelsOf(labels, result.predictedRows)));
  expect(best).toBeLessThan(0.9);
  expect(result.auc.mean).toBeGreaterThan(best - 0.06);
  expect(result).toMatchObject({ plan: 'forward', folds: 2, repeats: 1, rows: result.predictedRows.length });
});

test('who is lost in the gap is one more who was not called', async () => {
  const context = { seed: 1, groups };
  const result = await validateForward(folds, context);
  const withoutGap = folds.map((fold) => ({ ...fold, lostInGap: 0 }));
  const lenient = await validateForward(withoutGap, context);
  const lost = folds.reduce((sum, { lostInGap }) => sum + lostInGap, 0);
  expect(result.lostInGap).toBe(lost);
  expect(lost).toBeGreaterThan(5);
  expect(result.recall10 * (result.positives + lost)).toBeCloseTo(lenient.recall10 * result.positives, 9);
  const top = result.predictedRows.map((_, at) => at).sort((a, b) => result.predictions[b]! - result.predictions[a]!);
  const tenth = top.slice(0, Math.round(top.length / 10));
  const found = tenth.reduce((sum, at) => sum + labels[result.predictedRows[at]!]!, 0);
  expect(lenient.recall10 * result.positives).toBeCloseTo(found, 9);
});

test('a repeated row is not additional evidence', async () => {
  const single = folds.slice(1);
  const doubled = single.map((fold) => ({ ...fold, judged: Uint32Array.from([...fold.judged, ...fold.judged]) }));
  const context = { seed: 1, groups };
  const once = await validateForward(single, context);
  const both = await validateForward(doubled, context);
  const width = ({ auc }: typeof once): number => auc.high - auc.low;
  expect(both.auc.mean).toBeCloseTo(once.auc.mean, 9);
  expect(width(both)).toBeGreaterThan(0.9 * width(once));
  const naive = await validateForward(doubled, { seed: 1 });
  expect(width(naive)).toBeLessThan(0.85 * width(once));
});
