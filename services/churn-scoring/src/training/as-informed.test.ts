import { forwardFolds } from '@holdfast/learning/forward-in-time';
import { syntheticPanel } from '@holdfast/learning/synthetic-panel.fixture';
import { numberColumn, type Column } from '@holdfast/learning/table';
import type { ServedModel } from '@holdfast/learning/served-model';
import { predictedAsInformed } from './as-informed.js';
import { championOf } from './champion-comparison.js';
import { train } from './train.js';
import type { TrainingInput, TrainingResult } from './training-input.js';

const FIRST_MONTH = 24_300;
const LEAD = 2;
const panel = syntheticPanel(900, 10, LEAD, 4);
const known = Uint32Array.from(panel.labels.keys()).filter((row) => !Number.isNaN(panel.labels[row]!));
const months = panel.months.map((month) => FIRST_MONTH + month);
const labels = Uint8Array.from(panel.labels, (label) => (label === 1 ? 1 : 0));
const rowsUntil = (month: number): Uint32Array => known.filter((row) => panel.months[row]! <= month);

function trained(lastMonth: number, change: Partial<TrainingInput> = {}): Promise<TrainingResult> {
  const { columns: data } = panel.table;
  const input: TrainingInput = {
    ...{ trainingHash: '', seed: 1, folds: 3, repeats: 1, naturalPrevalence: null, split: undefined },
    columns: data.map(({ name }) => ({ name, type: 'number' as const })),
    ...{ data, labels, rows: rowsUntil(lastMonth) },
    forward: {
      ...{ months, subscriptions: panel.subscriptions, lostInGapByMonth: new Map() },
      ...{ leadMonths: LEAD, judgedMonthsMax: 2 },
    },
    ...change,
  };
  return train(input, { onProgress: () => undefined });
}

test('a champion of the same method on a month less differs by nothing, and one that ranks worse is beaten', async () => {
  const against = async (champion: TrainingResult) =>
    (await trained(6, { champion: championOf({ id: 'champion', ...champion }) })).comparison!;
  const same = await against(await trained(5));
  expect(same.months).toEqual(['2025-07']);
  expect(same.difference).toEqual({ mean: 0, low: 0, high: 0 });
  expect(same.auc).toBeGreaterThan(0.6);
  const withoutSense = panel.table.columns.map((column): Column =>
    column.name === 'noise'
      ? column
      : numberColumn(
          column.name,
          Array.from(labels, (_, row) => (row * 7_919) % 101),
        ),
  );
  const worse = await against(await trained(5, { data: withoutSense }));
  expect(worse.difference!.low).toBeGreaterThan(0);
});

test('only months of which the champion had more are predicted again, by a model of exactly its months', async () => {
  const rows = rowsUntil(7);
  const folds = forwardFolds({ rows, months, labels, lostInGapByMonth: new Map() }, LEAD, 4, 20);
  const predictedRows = Uint32Array.from(folds.flatMap(({ judged }) => [...judged]));
  const validation = { predictedRows, predictions: new Float64Array(predictedRows.length).fill(0.25) };
  const judged = { table: panel.table, labels, rows, months, leadMonths: LEAD, folds, classRowsMin: 20 };
  const predict = (_: unknown, of: Uint32Array) => new Float64Array(of.length).fill(0.5);
  // of a model, only its predictions are read
  const constant = { predict } as unknown as ServedModel;
  const againAfter = async (labelsThrough: number | undefined, classRowsMin = 20) => {
    const fitted: Uint32Array[] = [];
    const champion = { id: '', bytes: new Uint8Array(), labelsThrough: labelsThrough && FIRST_MONTH + labelsThrough };
    const { predictions } = await predictedAsInformed(champion, validation, { ...judged, classRowsMin }, (training) => {
      fitted.push(training);
      return Promise.resolve(constant);
    });
    const again = predictedRows.filter((_, at) => predictions[at] === 0.5);
    return { fitted, months: [...new Set(again.map((row) => panel.months[row]!))], rows: again.length };
  };
  const countOf = (month: number): number => rows.filter((row) => panel.months[row] === month).length;
  const fresh = await againAfter(6);
  expect(fresh).toEqual({ fitted: [rowsUntil(6)], months: [7], rows: countOf(7) });
  const older = await againAfter(5);
  expect(older).toEqual({ fitted: [rowsUntil(5)], months: [6], rows: countOf(6) });
  expect(older.fitted[0]).toBe(folds.at(-1)!.training); // whose model there is
  const untouched = { fitted: [], months: [], rows: 0 };
  expect(await againAfter(7)).toEqual(untouched);
  expect(await againAfter(undefined)).toEqual(untouched);
  expect(await againAfter(6, 10_000)).toEqual(untouched);
});
