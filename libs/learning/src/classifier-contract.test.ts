import { ChurnLearner, ChurnModel, defaultChurnLearner, type ChurnModelJson } from './churn-model.js';
import { defaultDiscreteHazard, DiscreteHazard, HazardModel } from './discrete-hazard.js';
import { EvidenceModel, EvidenceRegression } from './evidence-regression.js';
import { BoostedTrees, defaultBoosting, GradientBoosting, type BoostedTreesJson } from './gradient-boosting.js';
import { CannotLearnError, type Classifier, type Learner } from './learner.js';
import { LogisticModel, LogisticRegression, type LogisticModelJson } from './logistic-regression.js';
import type { Explanation } from './margin-model.js';
import { areaUnderCurve, rankOutcomes } from './metrics.js';
import { categoryBy, numberBy, syntheticTable } from './synthetic-table.fixture.js';
import { RandomStream } from './random.js';
import { defaultRecurrentNetwork, RecurrentModel, RecurrentNetwork } from './recurrent-network.js';
import { CalibratedLearner, readServedModel } from './served-model.js';
import { allRows, MISSING_CATEGORY, numberColumn, Table, type Column } from './table.js';

type Serialisable = Classifier & { toJSON(): unknown };
/** Of models that serve: the contributions of the columns add up to the logit. */
type Explained = Serialisable & { explain(table: Table, rows: Uint32Array): Explanation };
type Served = Parameters<typeof readServedModel>[0];
type Read = (json: unknown) => Serialisable;

const boosting = { ...defaultBoosting, treesMax: 100, earlyStoppingRounds: 15 };

const regression = new LogisticRegression(undefined, 3);
const blend = new ChurnLearner({ ...defaultChurnLearner, boosting, innerFolds: 3 });
const hazard = new DiscreteHazard({ ...defaultDiscreteHazard, time: { tenure: 'tenure' } });
const evidence = new EvidenceRegression();
const network = new RecurrentNetwork({ ...defaultRecurrentNetwork, units: 8, batchRows: 128 });
/** What serves, or is calibrated to serve. */
const explained: [string, Learner<Explained>, (json: unknown) => Explained][] = [
  ['calibrated blend', blend, (json) => ChurnModel.fromJSON(json as ChurnModelJson)],
  ['weight of evidence', evidence, (json) => EvidenceModel.fromJSON(json as ReturnType<EvidenceModel['toJSON']>)],
  ['discrete hazard', hazard, (json) => HazardModel.fromJSON(json as ReturnType<HazardModel['toJSON']>)],
  ['recurrent network', network, (json) => RecurrentModel.fromJSON(json as ReturnType<RecurrentModel['toJSON']>)],
  ['calibrated weight of evidence', new CalibratedLearner(evidence), (json) => readServedModel(json as Served)],
  ['calibrated discrete hazard', new CalibratedLearner(hazard), (json) => readServedModel(json as Served)],
];

const seed = 11;
const fresh = syntheticTable(2_000, 99);
const freshRows = allRows(2_000);

function withColumns(table: Table, ...columns: Column[]): Table {
  return new Table([...table.columns, ...columns]);
}

/** Parts of the blend, which orders their rows and explains them itself. */
const parts: [string, Learner<Serialisable>, Read][] = [
  ['boosted trees', new GradientBoosting(boosting, 3), (json) => BoostedTrees.fromJSON(json as BoostedTreesJson)],
  ['logistic regression', regression, (json) => LogisticModel.fromJSON(json as LogisticModelJson)],
];

describe.each(explained)('%s explained', (_name, learner, read) => {
  const { table, labels } = syntheticTable(1_500, 5);
  const rows = allRows(1_500);
  let model: Explained;

  beforeAll(async () => {
    model = await learner.fit(table, labels, rows, { seed });
  });

  test('learns the same from rows and columns in another order', async () => {
    const shuffled = new RandomStream(4).shuffle(rows.slice());
    const turned = new Table([...table.columns].reverse());
    const again = await learner.fit(turned, labels, shuffled, { seed });
    expect(again.predict(fresh.table, freshRows)).toEqual(model.predict(fresh.table, freshRows));
  });

  test('gives each logit as a sum of contributions, the same alone and read back', () => {
    const explanation = model.explain(fresh.table, freshRows);
    const { columns, base, contributions, logits } = explanation;
    for (let row = 0; row < freshRows.length; row += 1) {
      const own = contributions.subarray(row * columns.length, (row + 1) * columns.length);
      expect(Math.abs(base + own.reduce((sum, value) => sum + value, 0) - logits[row]!)).toBeLessThan(1e-9);
    }
    const loaded = read(JSON.parse(JSON.stringify(model)));
    expect(loaded.explain(fresh.table, freshRows)).toEqual(explanation);
    const alone = loaded.explain(fresh.table, Uint32Array.of(7)).contributions;
    expect(alone).toEqual(contributions.slice(7 * columns.length, 8 * columns.length));
  });

  test('credits the columns with an effect more than the others', () => {
    const { columns, contributions } = model.explain(fresh.table, freshRows);
    const sizeOf = (name: string): number => {
      const at = columns.indexOf(name);
      return at < 0 ? 0 : freshRows.reduce((sum, row) => sum + Math.abs(contributions[row * columns.length + at]!), 0);
    };
    const noise = Math.max(...['town', 'noise0', 'noise1', 'noise2'].map(sizeOf));
    for (const name of ['tenure', 'spend', 'contract']) expect(sizeOf(name)).toBeGreaterThan(2 * noise);
  });
});

/** Everything that can take the place of another classifier passes the same suite. */
describe.each([...parts, ...explained])('%s', (_name, learner, read) => {
  const { table, labels } = syntheticTable(1_500, 5);
  const rows = allRows(1_500);
  let model: Serialisable;
  let predictions: Float64Array;

  beforeAll(async () => {
    model = await learner.fit(table, labels, rows, { seed });
    predictions = model.predict(fresh.table, freshRows);
  });

  const aucOf = (given: Float64Array): number => areaUnderCurve(rankOutcomes(given, fresh.labels));

  test('finds the causes of the synthetic labels on rows that it did not see', () => {
    const best = aucOf(fresh.truth);
    expect(best).toBeLessThan(0.85);
    expect(aucOf(predictions)).toBeGreaterThan(best - 0.035);
  });

  test('gives probabilities that are right on average', () => {
    expect(predictions.every((probability) => probability > 0 && probability < 1)).toBe(true);
    const mean = predictions.reduce((sum, probability) => sum + probability, 0) / predictions.length;
    const share = fresh.labels.reduce((sum, label) => sum + label, 0) / fresh.labels.length;
    expect(Math.abs(mean - share)).toBeLessThan(0.03);
  });

  test('is the same for the same seed, and leaves its inputs as they were', async () => {
    const before = JSON.stringify([table.columns.map((column) => copyOf(column)), [...labels], [...rows]]);
    const again = await learner.fit(table, labels, rows, { seed });
    expect(again.predict(fresh.table, freshRows)).toEqual(predictions);
    expect(JSON.stringify([table.columns.map((column) => copyOf(column)), [...labels], [...rows]])).toBe(before);
  });

  test('read back from its JSON text predicts the same bits', () => {
    expect(read(JSON.parse(JSON.stringify(model))).predict(fresh.table, freshRows)).toEqual(predictions);
  });

  test('predicts a row alike alone, in a small and in a big batch', () => {
    const few = freshRows.slice(0, 40);
    expect(model.predict(fresh.table, few)).toEqual(predictions.slice(0, 40));
    expect(model.predict(fresh.table, Uint32Array.of(7))).toEqual(predictions.slice(7, 8));
  });

  test('does not care for the order of columns and of category codes when predicting', () => {
    const recoded = fresh.table.columns.map((column): Column => {
      if (column.kind === 'number') return column;
      const last = column.categories.length - 1;
      const codes = column.codes.map((code) => (code === MISSING_CATEGORY ? code : last - code));
      return { ...column, codes, categories: [...column.categories].reverse() };
    });
    expect(model.predict(new Table(recoded.reverse()), freshRows)).toEqual(predictions);
  });

  test('takes an unseen category as missing', () => {
    const replaced = (code: number, categories: readonly string[]): Table =>
      new Table(
        fresh.table.columns.map((column) =>
          column.name === 'contract' && column.kind === 'category'
            ? { ...column, codes: column.codes.map(() => code), categories }
            : column,
        ),
      );
    const unseen = model.predict(replaced(0, ['five years']), freshRows);
    expect(unseen).toEqual(model.predict(replaced(MISSING_CATEGORY, []), freshRows));
  });

  test('names the column that a table lacks', () => {
    const without = new Table(fresh.table.columns.filter((column) => column.name !== 'contract'));
    expect(() => model.predict(without, freshRows)).toThrow(/contract/);
  });

  test('sees nothing of the rows that it is not given', async () => {
    const doubled = syntheticTable(1_500, 5);
    const half = rows.filter((row) => row % 2 === 0);
    const expected = await learner.fit(doubled.table, doubled.labels, half, { seed });
    for (const row of rows.filter((other) => other % 2 === 1)) {
      doubled.labels[row] = 1 - doubled.labels[row]!;
      for (const column of doubled.table.columns) {
        if (column.kind === 'number') column.values[row] = 1e6 * doubled.labels[row]!;
        else column.codes[row] = doubled.labels[row]!;
      }
    }
    const actual = await learner.fit(doubled.table, doubled.labels, half, { seed });
    expect(JSON.stringify(actual) === JSON.stringify(expected)).toBe(true); // too long to show as a diff
  });

  test('works on constant and empty columns, which change nothing much', async () => {
    const useless = withColumns(
      table,
      numberBy('constant', rows, () => 7),
      numberBy('empty', rows, () => null),
      categoryBy('one level', rows, () => 'x'),
      categoryBy('no level', rows, () => null),
    );
    const same = Array.from(freshRows, () => 3);
    const freshUseless = withColumns(
      fresh.table,
      numberColumn('constant', same),
      numberColumn('empty', same),
      categoryBy('one level', freshRows, () => 'y'),
      categoryBy('no level', freshRows, () => 'y'),
    );
    const given = (await learner.fit(useless, labels, rows, { seed })).predict(freshUseless, freshRows);
    expect(Math.abs(aucOf(given) - aucOf(predictions))).toBeLessThan(0.01);
  });

  test('does not learn a category of 500 values without effect by heart', async () => {
    const towns = syntheticTable(1_500, 5, 0, 500);
    const freshTowns = syntheticTable(2_000, 99, 0, 500);
    const trained = await learner.fit(towns.table, towns.labels, rows, { seed });
    const auc = areaUnderCurve(rankOutcomes(trained.predict(freshTowns.table, freshRows), freshTowns.labels));
    const best = areaUnderCurve(rankOutcomes(freshTowns.truth, freshTowns.labels));
    expect(auc).toBeGreaterThan(best - 0.045);
  });

  test('learns from a category of 500 values with an effect', async () => {
    const random = new RandomStream(3);
    const make = (count: number): { towns: Table; churned: Uint8Array } => {
      const codes = Uint32Array.from({ length: count }, () => random.below(500));
      const churned = Uint8Array.from(codes, (code) => (random.next() < (code % 2 === 0 ? 0.75 : 0.15) ? 1 : 0));
      const categories = Array.from({ length: 500 }, (_, code) => `town ${code}`);
      return { towns: new Table([{ kind: 'category', name: 'town', codes, categories }]), churned };
    };
    const { towns, churned } = make(6_000);
    const test = make(2_000);
    const trained = await learner.fit(towns, churned, allRows(6_000), { seed });
    const given = trained.predict(test.towns, freshRows);
    expect(areaUnderCurve(rankOutcomes(given, test.churned))).toBeGreaterThan(0.7); // the truth itself reaches 0.80
  });

  test('takes every row twice', async () => {
    const twice = Uint32Array.from([...rows, ...rows]);
    const given = (await learner.fit(table, labels, twice, { seed })).predict(fresh.table, freshRows);
    expect(aucOf(given)).toBeGreaterThan(aucOf(fresh.truth) - 0.06);
  });

  test('refuses a table without information', async () => {
    const reasonOf = async (given: Table, outcome: Uint8Array, of: Uint32Array): Promise<string> => {
      try {
        await learner.fit(given, outcome, of, { seed });
      } catch (error) {
        return error instanceof CannotLearnError ? error.reason : String(error);
      }
      return 'learned';
    };
    expect(await reasonOf(table, new Uint8Array(1_500), rows)).toBe('oneClass');
    expect(await reasonOf(table, new Uint8Array(1_500).fill(1), rows)).toBe('oneClass');
    expect(await reasonOf(table, labels, new Uint32Array(0))).toBe('noRows');
    expect(await reasonOf(new Table([]), labels, rows)).toBe('noColumns');
    const one = new Uint8Array(1_500);
    one[700] = 1;
    expect(await reasonOf(table, one, rows)).toBe('tooFewOfAClass');
  });

  test('learns the base rate where every column is constant', async () => {
    const constant = new Table([numberBy('constant', rows, () => 1)]);
    const given = (await learner.fit(constant, labels, rows, { seed })).predict(constant, Uint32Array.of(0, 1));
    const rate = labels.reduce((sum, label) => sum + label, 0) / labels.length;
    expect(given[0]).toBeCloseTo(rate, 2);
    expect(given[1]).toBe(given[0]);
  });

  test('reports increasing progress and stops on abort', async () => {
    const progress: number[] = [];
    await learner.fit(table, labels, rows, { seed, onProgress: (done) => progress.push(done) });
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress[progress.length - 1]).toBe(1);

    const ending = new AbortController();
    const reason = new Error('the job was cancelled');
    const onProgress = (): void => ending.abort(reason);
    const stopped = learner.fit(table, labels, rows, { seed, signal: ending.signal, onProgress });
    await expect(stopped).rejects.toBe(reason);
  });
});

function copyOf(column: Column): unknown {
  const content = column.kind === 'number' ? column.values : [column.codes.join(), column.categories];
  return [column.name, content.toString()];
}
