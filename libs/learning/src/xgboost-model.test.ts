import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { binRows } from './binning.js';
import { columnExplainer } from './column-explainer.js';
import { boostedTreesOf, ImportRefused, type ImportedTrees } from './imported-trees.js';
import { allRows, numberColumn, Table } from './table.js';
import { thresholdBelow, readXgboost } from './xgboost-model.js';

/** Made by tools/make-xgboost-fixture.py. */
const fixture = JSON.parse(fs.readFileSync(path.join(__dirname, 'xgboost.fixture.json'), 'utf8')) as {
  model: { learner: Record<string, unknown> };
  rows: (number | null)[][];
  probabilities: number[];
  contributions: number[][];
};
const text = JSON.stringify(fixture.model);
const names = ['tenure', 'fee', 'usage'];
const table = new Table(
  names.map((name, at) =>
    numberColumn(
      `the ${name}`,
      fixture.rows.map((row) => row[at]),
    ),
  ),
);
const rows = allRows(table.rowCount);

/** The fixture with something else in `learner`. */
function changed(change: Record<string, unknown>): string {
  return JSON.stringify({ learner: { ...fixture.model.learner, ...change } });
}

test('predicts and explains as XGBoost does, also next to its thresholds', () => {
  const model = boostedTreesOf(readXgboost(text), (name) => `the ${name}`);
  model.predict(table, rows).forEach((probability, row) => {
    expect(Math.abs(probability - fixture.probabilities[row]!)).toBeLessThan(1e-6);
  });
  const columns = table.columns.map(({ name }) => name);
  const bins = binRows(model.features, table, rows);
  const { base, contributions } = columnExplainer(model, columns).explain(bins, rows.length);
  fixture.contributions.forEach((own, row) => {
    [...contributions.slice(3 * row, 3 * row + 3), base].forEach((share, at) => {
      expect(Math.abs(share - own[at]!)).toBeLessThan(1e-5);
    });
  });
});

test('a threshold parts all doubles as 32 bits do', () => {
  const threshold = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, -1, 1e-45));
  fc.assert(
    fc.property(threshold, fc.double({ noNaN: true, min: -1, max: 1 }), (at, step) => {
      const near = at + step * Math.max(Math.abs(at) * 2e-7, 2e-45);
      for (const value of [near, at, thresholdBelow(at)]) {
        expect(value <= thresholdBelow(at)).toBe(Math.fround(value) < Math.fround(at));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a feature with more thresholds than a byte has bins is split, and explained as one', () => {
  const cuts = Array.from({ length: 700 }, (_, at) => at);
  const stump = (cut: number): ImportedTrees['trees'][number] => ({
    ...{
      feature: Int32Array.of(0, -1, -1),
      threshold: Float64Array.of(cut, 0, 0),
      missingLeft: Uint8Array.of(cut % 2, 0, 0),
    },
    ...{ left: Int32Array.of(1, -1, -1), right: Int32Array.of(2, -1, -1), value: Float64Array.of(0, 1, 0) },
    cover: Float64Array.of(4, 1, 3),
  });
  const model = boostedTreesOf({ featureNames: ['x'], base: 0, trees: cuts.map(stump) }, (name) => name);
  expect(model.features).toHaveLength(3);
  const values = [-1, 0, 0.5, 253, 254, 255.5, 699, 700, null];
  const few = new Table([numberColumn('x', values)]);
  const logits = model.logits(few, allRows(values.length));
  expect([...logits]).toEqual([700, 700, 699, 447, 446, 444, 1, 0, 350]);
  const explained = columnExplainer(model, ['x']).explain(binRows(model.features, few, allRows(9)), 9);
  explained.contributions.forEach((share, row) => expect(explained.base + share).toBeCloseTo(logits[row]!, 9));
});

test.each([
  ['text', 'tree\nversion=v4', /it is not JSON/],
  ['another JSON', '{}', /no learner\.gradient_booster/],
  ['another objective', changed({ objective: { name: 'multi:softprob' } }), /objective is multi:softprob/],
  ['another booster', changed({ gradient_booster: { name: 'gblinear' } }), /booster is gblinear; only gbtree/],
  ['names for other features', changed({ feature_names: ['a'] }), /1 feature_names, 3 features/],
  ['a category', text.replace('"split_type":[0', '"split_type":[1'), /tree 0 splits on categories/],
  ['a way without end', text.replace('"left_children":[1', '"left_children":[0'), /node 0 of tree 0 is not a node/],
  ['a child that is not there', text.replace('"left_children":[1', '"left_children":[999'), /node 0 of tree 0/],
  ['lists of different lengths', text.replace('"sum_hessian":[', '"sum_hessian":[1,'), /tree 0 has lists/],
])('refuses %s, and gives the reason', (_what, given, reason) => {
  expect(() => readXgboost(given)).toThrow(ImportRefused);
  expect(() => readXgboost(given)).toThrow(reason);
});
