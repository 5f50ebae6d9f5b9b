import { ChurnLearner, defaultChurnLearner } from './churn-model.js';
import { foldsOf } from './folds.js';
import { binForBoosting, defaultBoosting } from './gradient-boosting.js';
import { chooseGrowth } from './growth-choice.js';
import { probabilityOf } from './logistic.js';
import { areaUnderCurve, rankOutcomes } from './metrics.js';
import { RandomStream } from './random.js';
import { syntheticTable } from './synthetic-table.fixture.js';
import { allRows, labelsOf, numberColumn, Table } from './table.js';

const treesAlone = { ...defaultChurnLearner, logisticSettings: [] };

/** The label is the parity of three signs, with a fifth of noise: no split of one column has any gain. */
function parityTable(rowCount: number, seed: number) {
  const random = new RandomStream(seed);
  const values = Array.from({ length: 5 }, () => Array.from({ length: rowCount }, () => random.next() - 0.5));
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => {
    const parity = values.slice(0, 3).filter((column) => column[row]! > 0).length % 2;
    return random.next() < 0.1 ? 1 - parity : parity;
  });
  return { table: new Table(values.map((column, at) => numberColumn(`x${at}`, column))), labels };
}

test('a table of strong interactions gets wider trees, and is not underfitted', async () => {
  const { table, labels } = parityTable(4_000, 1);
  const rows = allRows(4_000);
  const [training, test] = [rows.subarray(0, 3_000), rows.subarray(3_000)];
  const model = await new ChurnLearner(treesAlone).fit(table, labels, training, { seed: 1 });
  const leaves = model.parts.boostedTrees.ensemble.trees.map(({ feature }) => feature.filter((of) => of < 0).length);
  expect(Math.max(...leaves)).toBeGreaterThan(8);
  // a perfect model has 0.9, six leaves have 0.58
  expect(areaUnderCurve(rankOutcomes(model.predict(table, test), labelsOf(labels, test)))).toBeGreaterThan(0.85);
});

test('a table without them keeps its shallow trees', async () => {
  const { table, labels } = syntheticTable(3_000, 2);
  const model = await new ChurnLearner(treesAlone).fit(table, labels, allRows(3_000), { seed: 1 });
  const leaves = model.parts.boostedTrees.ensemble.trees.map(({ feature }) => feature.filter((of) => of < 0).length);
  expect(Math.max(...leaves)).toBeLessThanOrEqual(6);
});

/** Ten columns; the logit is a product of two signs, and of two others. */
function pairsTable(rowCount: number, seed: number) {
  const random = new RandomStream(seed);
  const values = Array.from({ length: 10 }, () => Array.from({ length: rowCount }, () => random.next() - 0.5));
  const signOf = (column: number, row: number): number => Math.sign(values[column]![row]!);
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => {
    const logit = signOf(0, row) * signOf(1, row) + signOf(2, row) * signOf(3, row);
    return random.next() < probabilityOf(logit) ? 1 : 0;
  });
  return { table: new Table(values.map((column, at) => numberColumn(`x${at}`, column))), labels };
}

async function featureShareOf({ table, labels }: { table: Table; labels: Uint8Array }, triesAllColumns: boolean) {
  const rows = allRows(labels.length);
  const options = { ...defaultBoosting, treesMax: 300, triesAllColumns };
  const binned = binForBoosting(table, labels, rows, options, { seed: 1 });
  const folds = foldsOf(labels, rows, 5, new RandomStream(1));
  const { boosting } = await chooseGrowth(binned, folds, options, { seed: 1 });
  return boosting.growthFor(rows.length).featureShare;
}

test('where few columns act together each tree gets all of them, if that is tried', async () => {
  const pairs = pairsTable(3_000, 3);
  expect(await featureShareOf(pairs, true)).toBe(1);
  expect(await featureShareOf(pairs, false)).toBe(0.5);
  expect(await featureShareOf(syntheticTable(3_000, 2), true)).toBe(0.5);
});
