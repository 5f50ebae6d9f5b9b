import { withEachChange } from './changed-rows.js';
import { ChurnLearner, ChurnModel, defaultChurnLearner } from './churn-model.js';
import { defaultBoosting } from './gradient-boosting.js';
import { logitOf } from './logistic.js';
import { syntheticTable } from './synthetic-table.fixture.js';
import { RandomStream } from './random.js';
import { allRows, MISSING_CATEGORY, Table, type Column } from './table.js';

const boosting = { ...defaultBoosting, treesMax: 80, earlyStoppingRounds: 15 };
const learner = new ChurnLearner({ ...defaultChurnLearner, boosting, innerFolds: 3 });
const { table, labels } = syntheticTable(1_200, 21, 3, 40);
const rows = allRows(1_200);
const fresh = syntheticTable(300, 22, 3, 40);
const freshRows = allRows(300);
let model: ChurnModel;

beforeAll(async () => {
  model = await learner.fit(table, labels, rows, { seed: 4 });
});

/** The same rows and columns in another order, with other category codes. */
function shuffled(): { table: Table; labels: Uint8Array } {
  const order = new RandomStream(77).shuffle(allRows(1_200));
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'number') {
      return { ...column, values: column.values.map((_, at) => column.values[order[at]!]!) };
    }
    const last = column.categories.length - 1;
    const recoded = column.codes.map((_, at) => {
      const code = column.codes[order[at]!]!;
      return code <= last ? last - code : code;
    });
    return { ...column, codes: recoded, categories: [...column.categories].reverse() };
  });
  return { table: new Table(columns.reverse()), labels: labels.map((_, at) => labels[order[at]!]!) };
}

test('does not depend on the order of rows, columns and category codes', async () => {
  const other = shuffled();
  const again = await learner.fit(other.table, other.labels, rows, { seed: 4 });
  expect(again.predict(fresh.table, freshRows)).toEqual(model.predict(fresh.table, freshRows));
  expect(JSON.stringify(again) === JSON.stringify(model)).toBe(true); // no diff of megabytes
});

test('another seed gives another model, but hardly other predictions', async () => {
  const other = (await learner.fit(table, labels, rows, { seed: 5 })).predict(fresh.table, freshRows);
  const own = model.predict(fresh.table, freshRows);
  expect(other).not.toEqual(own);
  expect(Math.max(...own.map((probability, at) => Math.abs(probability - other[at]!)))).toBeLessThan(0.15);
});

test.each([0, 0.4, 1])('explanations add up to the logit at tree weight %d', (treeWeight) => {
  const weighted = new ChurnModel({ ...model.parts, treeWeight });
  const { base, columns, contributions, logits } = weighted.explain(fresh.table, freshRows);
  expect(logits).toEqual(weighted.logits(fresh.table, freshRows));
  logits.forEach((logit, row) => {
    const own = contributions.subarray(row * columns.length, (row + 1) * columns.length);
    expect(own.reduce((sum, share) => sum + share, base)).toBeCloseTo(logit, 9);
  });
});

test('causes weigh more than noise in explanations', () => {
  const { columns, contributions } = model.explain(fresh.table, freshRows);
  const weightOf = (name: string): number => {
    const column = columns.indexOf(name);
    return freshRows.reduce((sum, row) => sum + Math.abs(contributions[row * columns.length + column]!), 0) / 300;
  };
  for (const cause of ['tenure', 'contract', 'spend']) {
    expect(weightOf(cause)).toBeGreaterThan(2 * weightOf('noise0'));
  }
});

test('served at another share of positives, odds move by one factor and the order stays', () => {
  const own = model.predict(fresh.table, freshRows);
  const served = model.servedAt(0.02).predict(fresh.table, freshRows);
  const shift = logitOf(0.02) - logitOf(model.parts.trainingRate);
  own.forEach((probability, at) => expect(logitOf(served[at]!) - logitOf(probability)).toBeCloseTo(shift, 9));
  expect(() => model.servedAt(1)).toThrow(RangeError);
});

test('reads back what it wrote, prior shift included, and refuses what it does not know', () => {
  const written = JSON.parse(JSON.stringify(model.servedAt(0.05))) as ReturnType<ChurnModel['toJSON']>;
  const read = ChurnModel.fromJSON(written);
  expect(read.predict(fresh.table, freshRows)).toEqual(model.servedAt(0.05).predict(fresh.table, freshRows));
  expect(read.explain(fresh.table, freshRows)).toEqual(model.explain(fresh.table, freshRows));
  expect(() => ChurnModel.fromJSON({ ...written, version: 99 })).toThrow(/99/);
});

test.each([0, 0.4, 1])('changed columns predict as a table with their values at tree weight %d', (treeWeight) => {
  const weighted = new ChurnModel({ ...model.parts, treeWeight });
  const some = freshRows.filter((row) => row % 7 === 0);
  const from = Uint32Array.from(some, (_, at) => at % 3);
  const changes = fresh.table.columns.map((column) => ({
    values: new Table([
      column.kind === 'number'
        ? { ...column, values: Float64Array.of(column.values[5]!, NaN, column.values[9]!) }
        : { ...column, codes: Uint32Array.of(1, MISSING_CATEGORY, 0), categories: [...column.categories].reverse() },
    ]),
    rows: from,
  }));
  const expected = withEachChange(fresh.table, some, changes, (table, rows) => weighted.predict(table, rows));
  expect(weighted.predictChanged(fresh.table, some, changes)).toEqual(expected);
  expect(new Set(expected).size).toBeGreaterThan(some.length);
});
