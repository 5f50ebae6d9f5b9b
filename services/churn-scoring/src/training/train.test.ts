import { CannotLearnError } from '@holdfast/learning/learner';
import { syntheticTable } from '@holdfast/learning/synthetic-table.fixture';
import { RandomStream } from '@holdfast/learning/random';
import { allRows, numberColumn, Table, type Column } from '@holdfast/learning/table';
import { decodeModelFile } from '../model/model-file.js';
import { modelNotices } from '../model/notices.js';
import type { ColumnType, TypedColumn } from '../table/typed-column.js';
import { train } from './train.js';
import type { TrainingInput } from './training-input.js';

const ROWS = 600;
const synthetic = syntheticTable(ROWS, 3, 1);

function typed(column: Column): TypedColumn {
  const type: ColumnType = column.kind === 'category' ? 'category' : column.name === 'complained' ? 'flag' : 'number';
  return { name: column.name, type };
}

function inputOf(change: Partial<TrainingInput> = {}, extra: Column[] = []): TrainingInput {
  const data = [...synthetic.table.columns, ...extra];
  const labels = Uint8Array.from(synthetic.labels);
  return {
    columns: data.map(typed),
    data,
    labels,
    split: undefined,
    seed: 5,
    folds: 2,
    repeats: 1,
    trainingHash: 'hash of rows',
    naturalPrevalence: null,
    ...change,
  };
}

test('excludes uninformative and leaking columns, with the reason', async () => {
  const random = new RandomStream(1, 1);
  const extra: Column[] = [
    numberColumn('always seven', new Array<number>(ROWS).fill(7)),
    numberColumn('never known', new Array<null>(ROWS).fill(null)),
    numberColumn(
      'days since cancelled',
      Array.from(synthetic.labels, (label) => (label === 1 ? random.below(30) : null)),
    ),
    {
      kind: 'category',
      name: 'phone',
      codes: allRows(ROWS),
      categories: Array.from(allRows(ROWS), (row) => `p${row}`),
    },
  ];
  const { excluded, importance, bytes } = await train(inputOf({}, extra), { onProgress: () => undefined });
  expect(excluded).toEqual([
    { column: 'always seven', reason: 'constant' },
    { column: 'never known', reason: 'empty' },
    { column: 'days since cancelled', reason: 'suspected_leak' },
    { column: 'phone', reason: 'identifier' },
  ]);
  expect(decodeModelFile(bytes).columns.map(({ name }) => name)).not.toContain('phone');
  expect(importance[0]!.column).toMatch(/^(tenure|contract)$/);
});

test('a monotone column never lowers the probability as it rises; other kinds than retention are free', async () => {
  const noise = new RandomStream(2, 1);
  const wave = numberColumn(
    'wave',
    Array.from(synthetic.labels, (label) => 10 * noise.next() + (label === 1 ? Math.round(4 * noise.next()) : 0)),
  );
  const { columns, data } = inputOf({}, [wave]);
  const bound = columns.map((column) =>
    column.name === 'wave' ? { ...column, monotone: 'decreasing' as const } : column,
  );
  const greatestRise = async (change: Partial<TrainingInput>): Promise<number> => {
    const input = inputOf({ ...change, columns: bound, data });
    const { model } = decodeModelFile((await train(input, { onProgress: () => undefined })).bytes);
    const rising = Array.from({ length: 60 }, (_, step) => step / 4);
    const rows = data.map((column): Column => {
      if (column.name === 'wave') return numberColumn('wave', rising);
      if (column.kind === 'category') return { ...column, codes: column.codes.slice(0, 60).fill(column.codes[7]!) };
      return { ...column, values: column.values.slice(0, 60).fill(column.values[7]!) };
    });
    const probabilities = model.predict(new Table(rows), allRows(60));
    return probabilities.reduce((rise, each, at) => Math.max(rise, each - (probabilities[at - 1] ?? 1)), 0);
  };
  expect(await greatestRise({})).toBe(0);
  expect(await greatestRise({ isRetention: false })).toBeGreaterThan(0.01);
});

test('equal inputs give equal bytes; progress rises through every fold to the end', async () => {
  const told: [string, number][] = [];
  const first = await train(inputOf(), { onProgress: ({ phase, fraction }) => told.push([phase, fraction]) });
  const second = await train(inputOf(), { onProgress: () => undefined });
  expect(Buffer.from(second.bytes).equals(Buffer.from(first.bytes))).toBe(true);
  expect([...new Set(told.map(([phase]) => phase))]).toEqual([
    'validating 1/2',
    'validating 2/2',
    'fitting',
    'explaining',
  ]);
  expect(told.map(([, fraction]) => fraction)).toEqual(
    told.map(([, fraction]) => fraction).sort((left, right) => left - right),
  );
});

test('a given split is measured on its test rows alone; rows of neither part are not seen', async () => {
  const split = Float64Array.from({ length: ROWS }, (_, row) => (row < 300 ? 1 : row < 500 ? 0 : Number.NaN));
  const { validation, bytes } = await train(inputOf({ split }), { onProgress: () => undefined });
  expect(validation).toMatchObject({ scheme: 'given split', rows: 200 });
  const trainingRate = synthetic.labels.slice(0, 300).reduce((sum, label) => sum + label, 0) / 300;
  expect(decodeModelFile(bytes).model.parts.trainingRate).toBeCloseTo(trainingRate);
});

test('serves the natural prevalence where one is named', async () => {
  const { prevalence, bytes } = await train(inputOf({ naturalPrevalence: 0.02 }), { onProgress: () => undefined });
  expect(prevalence).toBe(0.02);
  const probabilities = decodeModelFile(bytes).model.predict(synthetic.table, allRows(ROWS));
  const mean = probabilities.reduce((sum, probability) => sum + probability, 0) / ROWS;
  expect(mean).toBeGreaterThan(0.005);
  expect(mean).toBeLessThan(0.04);
});

test('at a natural prevalence the figures are those of the served probabilities there', async () => {
  const natural = 0.02;
  const { validation } = await train(inputOf({ naturalPrevalence: natural }), { onProgress: () => undefined });
  const { validation: asSampled } = await train(inputOf(), { onProgress: () => undefined });
  expect(asSampled.rate).toBeCloseTo(asSampled.positives / asSampled.rows, 12);
  expect(validation.rate).toBeCloseTo(natural, 12);
  // The order stays; figures that depend on the rate change.
  expect(validation.auc!.mean).toBeCloseTo(asSampled.auc!.mean, 2);
  expect(validation.meanPrediction!).toBeGreaterThan(0.7 * natural);
  expect(validation.meanPrediction!).toBeLessThan(1.5 * natural);
  expect(asSampled.meanPrediction!).toBeGreaterThan(10 * natural);
  expect(validation.calibrationError!.mean).toBeLessThan(natural);
  expect(validation.brier!.mean).toBeLessThan(0.03);
  expect(asSampled.brier!.mean).toBeGreaterThan(0.1);
  expect(validation.averagePrecision!.mean).toBeLessThan(asSampled.averagePrecision!.mean / 2);
  expect(validation.logLoss!).toBeLessThan(asSampled.logLoss!);
  const observed = validation.bins.reduce((sum, bin) => sum + bin.observed * bin.rows, 0) / validation.rows;
  expect(observed).toBeLessThan(0.04);
  expect(modelNotices(validation).map(({ key }) => key)).toContain('model.weighted');
});

test('refuses a table with one class', async () => {
  const labels = new Uint8Array(ROWS);
  await expect(train(inputOf({ labels }), { onProgress: () => undefined })).rejects.toThrow(CannotLearnError);
});
