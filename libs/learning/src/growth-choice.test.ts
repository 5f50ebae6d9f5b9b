import { ChurnLearner, defaultChurnLearner } from './churn-model.js';
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
