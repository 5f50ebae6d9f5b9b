import { ChurnLearner, defaultChurnLearner } from './churn-model.js';
import { defaultBoosting, GradientBoosting, type MonotoneColumns } from './gradient-boosting.js';
import type { Classifier, Learner } from './learner.js';
import { areaUnderCurve, rankOutcomes } from './metrics.js';
import { RandomStream } from './random.js';
import { allRows, Table, type Column } from './table.js';

const grid = Array.from({ length: 41 }, (_, step) => -2 + step / 10);

/** Three numbers, the last one missing in one row of five; the label rises with x in waves, and falls with y. */
function waves(rowCount: number, seed: number) {
  const random = new RandomStream(seed);
  const [x, y, z] = [0, 1, 2].map(() => Float64Array.from({ length: rowCount }, () => 4 * random.next() - 2));
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => {
    const logit = x![row]! + 1.5 * Math.sin(4 * x![row]!) - y![row]! + 0.8 * Math.cos(3 * y![row]!) * z![row]!;
    return random.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
  });
  const gaps = z!.map((value) => (random.next() < 0.2 ? NaN : value));
  return { table: new Table([number('x', x!), number('y', y!), number('z', gaps)]), labels };
}

function number(name: string, values: Float64Array): Column {
  return { kind: 'number', name, values };
}

/** By how much the predictions fall at most while a column rises and the others stay, over many values of the others. */
function greatestFall(model: Classifier, name: string): number {
  const random = new RandomStream(77);
  let fall = 0;
  for (let other = 0; other < 60; other += 1) {
    const held = Object.fromEntries(['x', 'y', 'z'].map((each) => [each, 4 * random.next() - 2]));
    if (other % 4 === 0) held['z'] = NaN;
    const columns = ['x', 'y', 'z'].map((each) =>
      number(each, each === name ? Float64Array.from(grid) : new Float64Array(grid.length).fill(held[each]!)),
    );
    const predictions = model.predict(new Table(columns), allRows(grid.length));
    let highest = 0;
    for (const prediction of predictions) {
      fall = Math.max(fall, highest - prediction);
      highest = Math.max(highest, prediction);
    }
  }
  return fall;
}

const learners: [string, (monotone: MonotoneColumns) => Learner<Classifier>][] = [
  ['boosted trees', (monotone) => new GradientBoosting({ ...defaultBoosting, monotone, treesMax: 300 }, 3)],
  [
    'the churn model',
    (monotone) =>
      new ChurnLearner({ ...defaultChurnLearner, innerFolds: 3, boosting: { ...defaultBoosting, monotone } }),
  ],
];

test.each(learners)('%s: a monotone column never lowers the probability as it rises', async (_, learnerOf) => {
  const { table, labels } = waves(3_000, 5);
  const fit = (monotone: MonotoneColumns) => learnerOf(monotone).fit(table, labels, allRows(3_000), { seed: 3 });
  const [free, bound] = [await fit({}), await fit({ x: 'increasing', y: 'decreasing', unknown: 'increasing' })];
  expect(greatestFall(free, 'x')).toBeGreaterThan(0.05);
  expect(greatestFall(bound, 'x')).toBe(0);
  const falling = { predict: (given: Table, rows: Uint32Array) => bound.predict(given, rows).map((each) => 1 - each) };
  expect(greatestFall(falling as Classifier, 'y')).toBeLessThan(1e-12);
  const fresh = waves(3_000, 6);
  const aucOf = (model: Classifier): number =>
    areaUnderCurve(rankOutcomes(model.predict(fresh.table, allRows(3_000)), fresh.labels));
  expect(aucOf(bound)).toBeGreaterThan(0.75);
});
