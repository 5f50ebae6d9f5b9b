import { defaultDiscreteHazard, DiscreteHazard, type HazardModel } from './discrete-hazard.js';
import { probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';
import { allRows, numberColumn, Table } from './table.js';

const time = { tenure: 'tenure', contractMonthsLeft: 'left' };

/** Falls with tenure, rises at the end of a contract, and doubles with a complaint. */
function hazardOf(tenure: number, left: number, complained: number): number {
  return probabilityOf(-4 + 1.5 * Math.exp(-tenure / 8) + (Math.abs(left) <= 1 ? 2 : 0) + 0.7 * complained);
}

/** A row for each subscription and month in which it could leave. */
function personMonths(subscriptions: number, months: number, seed: number) {
  const random = new RandomStream(seed);
  const rows: { tenure: number; left: number; complained: number; label: number }[] = [];
  for (let subscription = 0; subscription < subscriptions; subscription += 1) {
    const [start, ends] = [random.below(40), random.below(24) - 6];
    const complained = random.below(2);
    for (let month = 0; month < months; month += 1) {
      const [tenure, left] = [start + month, ends - month];
      const label = random.next() < hazardOf(tenure, left, complained) ? 1 : 0;
      rows.push({ tenure, left, complained, label });
      if (label === 1) break;
    }
  }
  const columns = (['tenure', 'left', 'complained'] as const).map((name) =>
    numberColumn(
      name,
      rows.map((row) => row[name]),
    ),
  );
  return { table: new Table(columns), labels: Uint8Array.from(rows, ({ label }) => label) };
}

let model: HazardModel;

beforeAll(async () => {
  const { table, labels } = personMonths(6_000, 8, 5);
  const learner = new DiscreteHazard({ ...defaultDiscreteHazard, time });
  model = await learner.fit(table, labels, allRows(labels.length), { seed: 1 });
});

function rowsOf(...rows: readonly (readonly [tenure: number, left: number, complained: number])[]): Table {
  return new Table(
    ['tenure', 'left', 'complained'].map((name, at) =>
      numberColumn(
        name,
        rows.map((row) => row[at]!),
      ),
    ),
  );
}

test('has a baseline hazard by tenure and by position in the contract', () => {
  const given = model.predict(rowsOf([1, 12, 0], [30, 12, 0], [30, 0, 0], [30, 12, 1]), allRows(4));
  const truth = [hazardOf(1, 12, 0), hazardOf(30, 12, 0), hazardOf(30, 0, 0), hazardOf(30, 12, 1)];
  given.forEach((probability, at) => {
    expect(probability / truth[at]!).toBeGreaterThan(0.6);
    expect(probability / truth[at]!).toBeLessThan(1.5);
  });
});

test('advances tenure and contract from month to month: whose contract ends in three months leaves then', () => {
  const rows = rowsOf([20, 3, 0], [20, 15, 0]);
  const before = model.probabilitiesWithin(1, rows, allRows(2));
  expect(before).toEqual(model.predict(rows, allRows(2)).map((hazard) => 1 - (1 - hazard)));
  const within = model.probabilitiesWithin(6, rows, allRows(2));
  const truth = [3, 15].map((left) => {
    let without = 1;
    for (let month = 0; month < 6; month += 1) without *= 1 - hazardOf(20 + month, left - month, 0);
    return 1 - without;
  });
  expect(Math.abs(within[0]! - truth[0]!)).toBeLessThan(0.25 * truth[0]!);
  expect(Math.abs(within[1]! - truth[1]!)).toBeLessThan(0.35 * truth[1]!);
  expect(within[0]! / within[1]!).toBeGreaterThan(1.8);
});

test('never falls with the horizon', () => {
  const { table } = personMonths(200, 8, 9);
  const rows = allRows(table.rowCount);
  let before: Float64Array = new Float64Array(rows.length);
  for (const months of [1, 2, 3, 6]) {
    const within = model.probabilitiesWithin(months, table, rows);
    expect(within.every((probability, at) => probability > before[at]! && probability < 1)).toBe(true);
    before = within;
  }
});
