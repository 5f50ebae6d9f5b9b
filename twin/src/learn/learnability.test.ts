import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { learnabilityLines, learnabilityOf, type Learnability } from './learnability.js';
import { readObservableRows, type ObservableRows } from './observable-features.js';

const folder = new TemporaryFolder();
let rows: ObservableRows;
let learnability: Learnability;

beforeAll(async () => {
  await create(folder.path, { ...DEFAULT_SETTINGS, subscribers: 5000, months: 10, eventMonths: 1, seed: 8 });
  rows = await readObservableRows(folder.path);
  learnability = await learnabilityOf(rows, 1);
}, 300_000);

describe('observable columns', () => {
  test('are known for nearly all rows', () => {
    expect(rows.labels.length).toBeGreaterThan(15_000);
    const known = (name: string): number => {
      const column = rows.columns[rows.names.indexOf(name)]!;
      return column.filter((value) => !Number.isNaN(value)).length / column.length;
    };
    const always = ['minutes', 'overpaid', 'months_with_us', 'complaints'];
    expect(always.filter((name) => known(name) < 0.99)).toEqual([]);
    expect(known('age')).toBeGreaterThan(0.85);
    // half have or had a contract
    expect(known('contract_months_left')).toBeGreaterThan(0.4);
  });

  test('are the same whenever they are read', async () => {
    const again = await readObservableRows(folder.path);
    const isSame = (values: Float64Array, at: number): boolean =>
      Buffer.from(values.buffer).equals(Buffer.from(again.columns[at]!.buffer));
    expect(rows.names.filter((_, at) => !isSame(rows.columns[at]!, at))).toEqual([]);
  });

  test('bring a plain learner close to the oracle, and a linear one less close', () => {
    const { observable, withLatent, boosting, logistic, churners } = learnability;
    expect(churners).toBeGreaterThan(60);
    expect(withLatent).toBeGreaterThan(observable);
    expect(boosting).toBeGreaterThan(observable - 0.12);
    expect(boosting).toBeLessThan(observable + 0.01);
    expect(logistic).toBeLessThan(observable - 0.02);
  });

  test('are useless once shuffled within the months', () => {
    expect(Math.abs(learnability.shuffled - 0.5)).toBeLessThan(0.1);
    expect(learnability.boosting).toBeGreaterThan(learnability.shuffled + 0.1);
  });

  test('are weak alone', () => {
    const { singleColumns, singleColumnMax } = learnability;
    expect(singleColumns).toHaveLength(rows.names.length);
    expect(singleColumns[0]!.auc).toBeLessThan(singleColumnMax);
  });

  test('have a summary', () => {
    expect(learnabilityLines(learnability).join('\n')).toContain(`${learnability.churners} churners, two months ahead`);
  });
});

test('a short span is rejected', async () => {
  const first = Math.min(...rows.months);
  const few = rows.months.reduce((count, month) => count + (month <= first + 3 ? 1 : 0), 0);
  const short: ObservableRows = {
    ...rows,
    columns: rows.columns.map((column) => column.subarray(0, few)),
    months: rows.months.subarray(0, few),
    labels: rows.labels.subarray(0, few),
  };
  await expect(learnabilityOf(short, 1)).rejects.toThrow('too short');
});
