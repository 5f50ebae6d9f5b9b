import { GradientBoosting, defaultBoosting } from './gradient-boosting.js';
import type { Learner } from './learner.js';
import { LogisticRegression } from './logistic-regression.js';
import { numberBy, syntheticTable } from './synthetic-table.fixture.js';
import { RandomStream } from './random.js';
import { allRows, Table } from './table.js';
import { validate } from './validation.js';

const { table, labels, truth } = syntheticTable(3_000, 31);
const rows = allRows(3_000);
const context = { seed: 1 };
const ONCE = { kind: 'repeatedFolds', folds: 5, repeats: 1 } as const;
const oneSetting = [{ design: { knotCount: 5, levelRowsMin: 5, levelsMax: 50 }, lambda: 10 }];

/** Has the true probabilities and records the rows that it was given. */
function oracle(shown: Uint32Array[] = []): Learner {
  return {
    name: 'oracle',
    fit: async (_table, _labels, training) => {
      shown.push(training);
      return { predict: (_given, wanted) => Float64Array.from(wanted, (row) => truth[row]!) };
    },
  };
}

test('trains on four fifths and predicts the rest, every row once a repeat', async () => {
  const shown: Uint32Array[] = [];
  const predicted: number[] = [];
  const watching: Learner = {
    name: 'watching',
    fit: async (given, outcome, training, inner) => {
      const model = await oracle(shown).fit(given, outcome, training, inner);
      const seen = new Set(training);
      return {
        predict: (asked, wanted) => {
          expect([...wanted].some((row) => seen.has(row))).toBe(false);
          predicted.push(...wanted);
          return model.predict(asked, wanted);
        },
      };
    },
  };
  const plan = { kind: 'repeatedFolds', folds: 5, repeats: 2 } as const;
  const result = await validate(watching, table, labels, rows, plan, context);
  expect(shown.map((training) => training.length)).toEqual(Array<number>(10).fill(2_400));
  expect(predicted.sort((left, right) => left - right)).toEqual([...rows].flatMap((row) => [row, row]));
  expect(result).toMatchObject({ plan: 'repeatedFolds', folds: 5, repeats: 2, rows: 3_000 });
});

test('exact probabilities are measured as calibrated, inside what chance allows', async () => {
  const result = await validate(oracle(), table, labels, rows, ONCE, context);
  expect(result.calibrationError.mean).toBeLessThan(result.perfectCalibrationError.high);
  expect(result.calibrationSlope).toBeGreaterThan(0.85);
  expect(result.calibrationSlope).toBeLessThan(1.15);
  expect(result.predictions).toEqual(truth);
});

test('the interval holds the figure and shrinks with the rows', async () => {
  const all = await validate(oracle(), table, labels, rows, ONCE, context);
  const some = await validate(oracle(), table, labels, rows.subarray(0, 400), ONCE, context);
  for (const { auc } of [all, some]) {
    expect(auc.low).toBeLessThan(auc.mean);
    expect(auc.high).toBeGreaterThan(auc.mean);
  }
  expect(some.auc.high - some.auc.low).toBeGreaterThan(1.8 * (all.auc.high - all.auc.low));
});

test('labels that nothing explains are not predicted, however many columns there are', async () => {
  const random = new RandomStream(2);
  const columns = Array.from({ length: 30 }, (_, at) => numberBy(`noise${at}`, allRows(600), () => random.next()));
  const noise = new Table(columns);
  const coins = Uint8Array.from({ length: 600 }, () => random.below(2));
  const learner = new GradientBoosting({ ...defaultBoosting, treesMax: 40, earlyStoppingRounds: 5 }, 3);
  const plan = { kind: 'repeatedFolds', folds: 5, repeats: 2 } as const;
  const { auc } = await validate(learner, noise, coins, allRows(600), plan, context);
  expect(auc.mean).toBeGreaterThan(0.42);
  expect(auc.mean).toBeLessThan(0.58);
});

test('a given split trains on the one side and measures on the other', async () => {
  const shown: Uint32Array[] = [];
  const plan = { kind: 'givenSplit', training: rows.subarray(0, 2_000), test: rows.subarray(2_000) } as const;
  const result = await validate(oracle(shown), table, labels, rows, plan, context);
  expect(shown).toEqual([plan.training]);
  expect(result).toMatchObject({ plan: 'givenSplit', rows: 1_000, folds: 1, repeats: 1 });
  expect(result.predictedRows).toEqual(plan.test);
});

test('is repeatable, and more positives than folds are needed', async () => {
  const learner = new LogisticRegression(oneSetting);
  const plan = { kind: 'repeatedFolds', folds: 3, repeats: 1 } as const;
  const few = rows.subarray(0, 500);
  const first = await validate(learner, table, labels, few, plan, context);
  expect(await validate(learner, table, labels, few, plan, context)).toEqual(first);
  const two = new Uint8Array(3_000);
  two[3] = 1;
  two[9] = 1;
  await expect(validate(learner, table, two, rows, plan, context)).rejects.toMatchObject({ reason: 'tooFewOfAClass' });
});

test('reports rising progress to the end', async () => {
  const progress: number[] = [];
  const plan = { kind: 'repeatedFolds', folds: 3, repeats: 2 } as const;
  const watched = { seed: 1, onProgress: (done: number) => void progress.push(done) };
  await validate(new LogisticRegression(oneSetting), table, labels, rows.subarray(0, 500), plan, watched);
  expect(progress).toEqual([...progress].sort((left, right) => left - right));
  expect(progress[progress.length - 1]).toBe(1);
  expect(progress.length).toBeGreaterThan(6);
});
