import { RandomStream } from '@holdfast/learning/random';
import { Table, allRows, categoryColumn, numberColumn, type Column } from '@holdfast/learning/table';
import { lastDayOf, monthText } from '@holdfast/platform/calendar';
import type { TypedColumn } from '../table/typed-column.js';
import { BinCounter, countedShardStep, sumOfCounts } from './bin-counter.js';
import { learnReference, numberBin, probabilityOfTopShare, type Distribution, type Reference } from './distribution.js';
import { driftReport, strongOf } from './drift-report.js';

const LIMITS = { moderate: 0.1, strong: 0.25 };
const TYPES: TypedColumn[] = [
  { name: 'bill', type: 'number' },
  { name: 'plan', type: 'category' },
  { name: 'has_app', type: 'flag' },
  { name: 'contract_end', type: 'date' },
];
const MONTHS = [24_309, 24_310, 24_311]; // see monthNumber: 2025-10 …

interface Population {
  readonly bill?: number;
  readonly isNewPlan?: boolean;
  readonly missing?: number;
}

/** Rows of a month: bills log-normal, plans of unequal size, contracts that end within two years of the month. */
function rowsOf(
  count: number,
  month: number,
  random: RandomStream,
  { bill = 1, isNewPlan, missing = 0.05 }: Population = {},
) {
  const numbers = (value: () => number | null): (number | null)[] => Array.from({ length: count }, value);
  const plans = ['basic', 'family', 'max', 'student'];
  const columns: Column[] = [
    numberColumn(
      'bill',
      numbers(() => (random.next() < missing ? null : bill * Math.exp(2 * random.next() + random.next()))),
    ),
    categoryColumn(
      'plan',
      Array.from({ length: count }, () =>
        isNewPlan && random.next() < 0.5 ? 'new' : plans[Math.floor(4 * random.next() ** 2)]!,
      ),
    ),
    numberColumn(
      'has_app',
      numbers(() => Number(random.next() < 0.3)),
    ),
    numberColumn(
      'contract_end',
      numbers(() => lastDayOf(month) + Math.floor(730 * random.next())),
    ),
  ];
  return { table: new Table(columns), scores: Float64Array.from({ length: count }, () => random.next() ** 4) };
}

function learned(random: RandomStream): Reference {
  const parts = MONTHS.map((month) => rowsOf(2_000, month, random));
  const all = parts.flatMap(({ table }) => table.columns);
  const joined = TYPES.map(({ name, type }): Column => {
    const same = all.filter((column) => column.name === name);
    if (type !== 'category')
      return numberColumn(
        name,
        same.flatMap((column) => (column.kind === 'number' ? [...column.values] : [])),
      );
    return categoryColumn(
      name,
      same.flatMap((column) =>
        column.kind === 'category' ? [...column.codes].map((code) => column.categories[code]!) : [],
      ),
    );
  });
  const months = Uint32Array.from({ length: 6_000 }, (_, row) => MONTHS[Math.floor(row / 2_000)]!);
  const predictions = Float64Array.from(parts.flatMap(({ scores }) => [...scores]));
  const of = { rows: allRows(6_000), months, weightOf: () => 1 };
  return learnReference(joined, TYPES, of, { predictions, weights: new Float64Array(6_000).fill(1) });
}

function reportOf(reference: Reference, count: number, random: RandomStream, population?: Population) {
  const counter = new BinCounter(reference, '2026-01');
  const { table, scores } = rowsOf(count, 24_312, random, population);
  counter.add(table, scores, allRows(table.rowCount));
  return driftReport(reference, counter.counts(), LIMITS);
}

test('bins of numbers are of about equal count, with one for missing values', () => {
  const { columns, scores } = learned(new RandomStream(1, 1));
  expect(columns.map(({ name }) => name)).toEqual(['bill', 'plan', 'has_app', 'contract_end']);
  const [bill, plan, flag] = columns;
  expect(bill!.edges).toHaveLength(9);
  for (const count of bill!.counts.slice(0, 10)) expect(count / 5_700).toBeCloseTo(0.1, 1);
  expect(bill!.counts.at(-1)! / 6_000).toBeCloseTo(0.05, 1);
  expect(plan!.categories![0]).toBe('basic');
  expect(flag!.edges).toEqual([0]);
  expect(scores.counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(6_000, 6);
  expect(numberBin([0, 5], 0)).toBe(0);
  expect([0.1, 5, 5.1, Number.NaN].map((value) => numberBin([0, 5], value))).toEqual([1, 1, 2, 3]);
});

test.each([40, 200, 2_000])('a later month of the same mechanics gives no alarm in %i rows', (count) => {
  const random = new RandomStream(2, count);
  const reference = learned(random);
  const alarms = Array.from({ length: 200 }, () => reportOf(reference, count, random)).filter(({ scores, columns }) =>
    [scores, ...columns].some(({ level }) => level !== 'none'),
  );
  expect(alarms.length).toBeLessThanOrEqual(2);
});

test.each([
  ['bills that rose by half', { bill: 1.5 }, 'bill'],
  ['a column that is missing in every third row', { missing: 0.35 }, 'bill'],
  ['a plan that did not exist', { isNewPlan: true }, 'plan'],
])('%s are found, and nothing else', (_, population, column) => {
  const random = new RandomStream(3, 3);
  const report = reportOf(learned(random), 2_000, random, population);
  expect(strongOf(report).map((each) => each.column)).toEqual([column]);
  expect(report.columns[0]!.column).toBe(column);
  expect(report.scores.level).toBe('none');
});

/** Active days of months of 28 to 31 days, and an age that grows by one for each month. */
function monthlyRows(months: readonly number[], random: RandomStream, ageFactor = 1): Column[] {
  const rowsPerMonth = 1_000;
  const values = (of: (month: number) => number): number[] =>
    months.flatMap((month) => Array.from({ length: rowsPerMonth }, () => of(month)));
  return [
    numberColumn(
      'active_days',
      values((month) => dayOfMonth(month) - Math.floor(random.next() ** 4 * 28)),
    ),
    numberColumn(
      'model_age',
      values((month) => ageFactor * (Math.floor(random.next() * 36) + month - MONTHS[0]!)),
    ),
  ];
}

function dayOfMonth(month: number): number {
  return lastDayOf(month) - lastDayOf(month - 1);
}

test('what usually changes from month to month raises no alarm, a fault of the same column does', () => {
  const random = new RandomStream(6, 6);
  const trained = Array.from({ length: 11 }, (_, at) => MONTHS[0]! + at);
  const months = Uint32Array.from(trained.flatMap((month) => Array<number>(1_000).fill(month)));
  const types: TypedColumn[] = ['active_days', 'model_age'].map((name) => ({ name, type: 'number' }));
  const of = { rows: allRows(months.length), months, weightOf: () => 1 };
  const scores = { predictions: new Float64Array(months.length), weights: new Float64Array(months.length).fill(1) };
  const reference = learnReference(monthlyRows(trained, random), types, of, scores);
  const levelsOf = (month: number, ageFactor?: number) => {
    const counter = new BinCounter(reference, monthText(month));
    counter.add(new Table(monthlyRows([month], random, ageFactor)), new Float64Array(1_000), allRows(1_000));
    const { columns } = driftReport(reference, counter.counts(), LIMITS);
    return Object.fromEntries(columns.map(({ column, index, level }) => [column, { isLarge: index > 0.25, level }]));
  };
  for (const month of [1, 2, 3].map((ahead) => trained.at(-1)! + ahead))
    for (const { level } of Object.values(levelsOf(month))) expect(level).toBe('none');
  expect(levelsOf(trained.at(-1)! + 1)['active_days']!.isLarge).toBe(true);
  expect(levelsOf(trained.at(-1)! + 2, 30)['model_age']).toEqual({ isLarge: true, level: 'strong' });
});

test('counts of pieces add up to those of the whole, in any order', () => {
  const random = new RandomStream(4, 4);
  const reference = learned(random);
  const parts = [300, 500, 50].map((count) => rowsOf(count, 24_312, random));
  const whole = new BinCounter(reference, '2026-01');
  const pieces = parts.map(({ table, scores }) => {
    const piece = new BinCounter(reference, '2026-01');
    for (const counter of [whole, piece]) counter.add(table, scores, allRows(table.rowCount));
    return piece.counts();
  });
  expect(sumOfCounts(pieces)).toEqual(whole.counts());
  expect(sumOfCounts([...pieces].reverse())).toEqual(whole.counts());
});

test('dates of a run without a month are not compared', () => {
  const random = new RandomStream(5, 5);
  const reference = learned(random);
  const counter = new BinCounter(reference, '');
  const { table, scores } = rowsOf(1_000, 24_312, random);
  counter.add(table, scores, allRows(table.rowCount));
  const date = driftReport(reference, counter.counts(), LIMITS).columns.find(({ column }) => column === 'contract_end');
  expect(date).toMatchObject({ index: 0, level: 'none' });
});

test.each([
  [10, 1],
  [199_999, 1],
  [1_000_000, 10],
  [90_000_000, 16],
])('of %i rows every shard of %i is counted', (rows, step) => {
  expect(countedShardStep(rows)).toBe(step);
});

test.each([
  [1, 0],
  [0.5, 0.2],
  [0.3, 0.3],
  [0.25, 0.3],
  [0.1, 0.4],
  [0.001, 0.4],
])('the top share %d begins at the border %d of tenths', (share, border) => {
  // tied probabilities leave fewer bins; the last one is that of missing values
  const scores: Distribution = { name: '', type: 'number', edges: [0.2, 0.3, 0.4], counts: [50, 20, 20, 10, 7] };
  expect(probabilityOfTopShare(scores, share)).toBe(border);
});

test('of a share that most have the same probability of, fewer are separated', () => {
  const mostlyTied: Distribution = { name: '', type: 'number', edges: [0.01], counts: [95, 5, 0] };
  expect(probabilityOfTopShare(mostlyTied, 0.1)).toBe(0.01);
  expect(probabilityOfTopShare(mostlyTied, 0.5)).toBe(0);
});

test('without a distribution, or of one value, no share is separated', () => {
  expect(probabilityOfTopShare(undefined, 0.1)).toBe(0);
  expect(probabilityOfTopShare({ name: '', type: 'number', edges: [], counts: [100, 0] }, 0.1)).toBe(0);
});
