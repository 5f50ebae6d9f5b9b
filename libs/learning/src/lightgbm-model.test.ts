import { binRows } from './binning.js';
import { columnExplainer } from './column-explainer.js';
import { BoostedTrees, type BoostedTreesJson } from './gradient-boosting.js';
import { boostedTreesOf, ImportRefused } from './imported-trees.js';
import { readLightgbm } from './lightgbm-model.js';
import { allRows, numberColumn, Table } from './table.js';

/**
 * In the form that LightGBM writes, by hand: a ≤ 0.5 with missing values to the left, below it b ≤ −1 with missing values
 * and zeros to the left, and c ≤ 2.5 with missing values as 0; then a tree of one leaf.
 */
const text = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:2
feature_names=a b c
feature_infos=[0:1] [-2:3] [0:3]
tree_sizes=400 90

Tree=0
num_leaves=4
num_cat=0
split_feature=0 1 2
split_gain=3 2 1
threshold=0.5 -1 2.5
decision_type=10 6 2
left_child=1 -1 -2
right_child=2 -3 -4
leaf_value=0.1 -0.2 0.3 -0.4
leaf_weight=5 6 10 4
leaf_count=20 25 40 15
internal_value=0.03 0.2 -0.3
internal_weight=0 15 10
internal_count=100 60 40
is_linear=0
shrinkage=0.1


Tree=1
num_leaves=1
num_cat=0
split_feature=
split_gain=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.05
leaf_weight=
leaf_count=
internal_value=
internal_weight=
internal_count=
is_linear=0
shrinkage=1


end of trees

feature_importances:
a=1

parameters:
[boosting: gbdt]
end of parameters
`;

/** Values of a, b and c, and the sum of the leaves that LightGBM's rules lead to. */
const rows: [number | null, number | null, number | null, number][] = [
  [0, -2, 0, 0.15],
  [0.5, -1, 0, 0.15],
  [0.5, 0, 0, 0.15], // a zero goes the default way, though it is above −1
  [0.5, -0, 0, 0.15],
  [0.5, 1e-36, 0, 0.15], // and so does what counts as zero
  [0.5, 1e-34, 0, 0.35],
  [null, null, null, 0.15],
  [null, 3, null, 0.35],
  [0.5000000000000001, 3, null, -0.15], // a missing c is 0
  [0.6, null, 2.5, -0.15],
  [0.6, 0, 2.6, -0.35],
];
const table = new Table(
  ['a', 'b', 'c'].map((name, at) =>
    numberColumn(
      name,
      rows.map((row) => row[at]),
    ),
  ),
);

test('takes the ways of LightGBM, with each kind of missing values', () => {
  const model = boostedTreesOf(readLightgbm(text), (name) => name);
  const again = BoostedTrees.fromJSON(JSON.parse(JSON.stringify(model)) as BoostedTreesJson);
  const probabilities = model.predict(table, allRows(rows.length));
  rows.forEach(([, , , sum], row) => expect(probabilities[row]).toBeCloseTo(1 / (1 + Math.exp(-2 * sum)), 12));
  expect(again.predict(table, allRows(rows.length))).toEqual(probabilities);
  // enough rows for the kernel
  const many = Uint32Array.from({ length: 60 }, (_, at) => at % rows.length);
  expect([...model.predict(table, many)]).toEqual(Array.from(many, (row) => probabilities[row]));
});

test('explains by the counts of rows', () => {
  const model = boostedTreesOf(readLightgbm(text), (name) => name);
  const bins = binRows(model.features, table, Uint32Array.of(0));
  const { base, contributions } = columnExplainer(model, ['a', 'b', 'c']).explain(bins, 1);
  // computed by hand from the eight coalitions
  [0.97 / 3, -0.64 / 3, 0.03].forEach((share, at) => expect(contributions[at]).toBeCloseTo(share, 12));
  expect(base).toBeCloseTo(0.16, 12);
});

test.each([
  ['another text', '{"learner":{}}', /does not begin with a line "tree"/],
  ['another objective', text.replace('binary sigmoid:2', 'regression'), /objective is regression/],
  ['several classes', text.replace('num_tree_per_iteration=1', 'num_tree_per_iteration=3'), /several classes/],
  ['a random forest', text.replace('label_index', 'average_output\nlabel_index'), /random forest/],
  ['a category', text.replace('decision_type=10 6 2', 'decision_type=10 1 2'), /tree 0 splits on categories/],
  ['linear leaves', text.replace('is_linear=0', 'is_linear=1'), /tree 0 has linear leaves/],
  [
    'a list that is short',
    text.replace('leaf_count=20 25 40 15', 'leaf_count=20 25'),
    /tree 0 has no 4 numbers of leaf_count/,
  ],
  ['a way without end', text.replace('left_child=1 -1 -2', 'left_child=1 0 -2'), /node 1 of tree 0 is not a node/],
  ['names for other features', text.replace('feature_names=a b c', 'feature_names=a b'), /2 feature_names/],
  ['a truncated file', text.slice(0, text.indexOf('Tree=1')), /it names 2 trees, and has 1/],
])('refuses %s, and gives the reason', (_what, given, reason) => {
  expect(() => readLightgbm(given)).toThrow(ImportRefused);
  expect(() => readLightgbm(given)).toThrow(reason);
});
