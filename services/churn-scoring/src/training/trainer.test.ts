import fs from 'node:fs';
import path from 'node:path';
import { CannotLearnError } from '@holdfast/learning/learner';
import { RandomStream } from '@holdfast/learning/random';
import { syntheticPanel } from '@holdfast/learning/synthetic-panel.fixture';
import { numberColumn, type NumberColumn } from '@holdfast/learning/table';
import { Trainer } from './trainer.js';
import type { TrainingInput, TrainingResult } from './training-input.js';
import { UnitPool } from './training-units.js';

const trainingWorker = path.join(__dirname, '../../dist/training/training.worker.js');
const MONTHS = 9;
const SEED = 5;
const panel = syntheticPanel(700, MONTHS, 1, 3);
const random = new RandomStream(SEED);
/** Tenure is the time axis of the challenger; the rest are the panel's. */
const data = [
  ...(panel.table.columns as NumberColumn[]),
  numberColumn(
    'tenure_months',
    Array.from(panel.months, (month, row) => 1 + month + (panel.subscriptions[row]! % 50)),
  ),
];
const known = Uint32Array.from(panel.labels.keys()).filter((row) => !Number.isNaN(panel.labels[row]!));
/** Another kind, of fewer rows: those of a month are not known. */
const ofOtherKind = known.filter((row) => panel.months[row] !== 2);
const otherLabels = Uint8Array.from(panel.months, (_, row) =>
  random.next() < (data[1]!.values[row]! > 0 ? 0.2 : 0.05) ? 1 : 0,
);

function inputOf(change: Partial<TrainingInput> = {}): TrainingInput {
  return {
    ...{ trainingHash: 'hash of rows', data, columns: data.map(({ name }) => ({ name, type: 'number' as const })) },
    rows: known,
    labels: Uint8Array.from(panel.labels, (label) => (label === 1 ? 1 : 0)),
    ...{ split: undefined, seed: SEED, folds: 5, repeats: 1, naturalPrevalence: null },
    forward: {
      months: panel.months.map((month) => 24_300 + month),
      subscriptions: panel.subscriptions,
      lostInGapByMonth: new Map(),
      ...{ leadMonths: 1, judgedMonthsMax: 2 },
    },
    departures: {
      leftAfter: Float64Array.from(panel.labels, (label) => (label === 1 ? 1 : NaN)),
      lastMonth: 24_300 + MONTHS - 1,
    },
    ...change,
  };
}

const retention = inputOf({
  challengers: ['weight-of-evidence', 'survival'],
  contacted: Uint8Array.from(panel.labels, (_, row) => (row % 9 === 0 ? 1 : 0)),
  contactedRows: 'weight',
});
const other = inputOf({ rows: ofOtherKind, labels: otherLabels, isRetention: false, departures: undefined });

/** OS threads of this process, by kernel; a training has ended when its threads are gone. */
const threadCount = (): number => fs.readdirSync('/proc/self/task').length;

function trainedBy(
  trainingThreads: number,
  inputs: readonly TrainingInput[],
  fractions: number[] = [],
  signal = new AbortController().signal,
): Promise<TrainingResult>[] {
  const trainer = new Trainer({ trainingWorker: trainingThreads === 0 ? 'none' : trainingWorker, trainingThreads });
  return trainer.train(inputs, { signal, onProgress: ({ fraction }) => void fractions.push(fraction) });
}

async function untilThreadsAre(count: number): Promise<void> {
  for (let tries = 0; threadCount() > count && tries < 200; tries += 1)
    await new Promise((done) => setTimeout(done, 25));
  expect(threadCount()).toBeLessThanOrEqual(count);
}

jest.setTimeout(120_000);

beforeAll(async () => {
  // The threads of the file system are started at its first use.
  await Promise.all(Array.from({ length: 16 }, () => fs.promises.stat(trainingWorker)));
});

test('in the caller, one, two and three threads give the same bytes and figures, and progress rises', async () => {
  const [alone, ...others] = await Promise.all(
    [0, 1, 2, 3].map(async (threads) => {
      const fractions: number[] = [];
      const results = await Promise.all(trainedBy(threads, [retention, other], fractions));
      expect(fractions).toEqual([...fractions].sort((left, right) => left - right));
      expect(fractions.at(-1)).toBeCloseTo(1);
      return results.map(({ bytes, ...figures }) => ({ ...figures, bytes: Buffer.from(bytes).toString('base64') }));
    }),
  );
  expect(alone![0]!.validation.challengers).toHaveLength(2);
  expect(alone![0]!.validation.contacted).toMatchObject({ treatment: 'weight', comparedWith: 'keep' });
  expect(alone![0]!.leavers!.rows.length).toBeGreaterThan(20);
  for (const results of others) expect(results).toEqual(alone);
});

test('a kind whose labels are known for a part of the rows gets the model of a table of that part', async () => {
  const { data: columns, labels, forward } = other;
  const part = (values: Uint32Array): Uint32Array => ofOtherKind.map((row) => values[row]!);
  const { rows: _, ...own } = other;
  const ofPart = inputOf({
    ...own,
    data: columns.map((column) => ({
      ...(column as NumberColumn),
      values: Float64Array.from(ofOtherKind, (row) => (column as NumberColumn).values[row]!),
    })),
    labels: Uint8Array.from(ofOtherKind, (row) => labels[row]!),
    forward: { ...forward!, months: part(forward!.months), subscriptions: part(forward!.subscriptions) },
  });
  const { rows: __, ...withoutRows } = ofPart;
  const [selected, compact] = await Promise.all(trainedBy(0, [other, withoutRows]));
  expect(Buffer.from(compact!.bytes).equals(Buffer.from(selected!.bytes))).toBe(true);
  expect(compact!.validation).toEqual(selected!.validation);
});

test('a kind that fails stops no other, and its reason is that of its thread', async () => {
  const before = threadCount();
  const oneClass = inputOf({ labels: new Uint8Array(panel.labels.length) });
  const infinite = inputOf({ data: [{ ...data[0]!, values: data[0]!.values.map(() => Infinity) }, ...data.slice(1)] });
  const [unlearnable, damaged, trained] = await Promise.allSettled(trainedBy(2, [oneClass, infinite, other]));
  expect(unlearnable).toMatchObject({ status: 'rejected', reason: { reason: 'oneClass', facts: { positives: 0 } } });
  expect((unlearnable as PromiseRejectedResult).reason).toBeInstanceOf(CannotLearnError);
  expect(damaged).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('infinite') } });
  expect(trained).toMatchObject({ status: 'fulfilled' });
  await untilThreadsAre(before);
});

test('cancellation ends all threads', async () => {
  const before = threadCount();
  const cancel = new AbortController();
  const begun: number[] = [];
  const trainings = trainedBy(2, [retention, other], begun, cancel.signal);
  for (const training of trainings) training.catch(() => undefined);
  while (begun.length < 5) await new Promise((done) => setTimeout(done, 5));
  expect(threadCount()).toBeGreaterThan(before);
  cancel.abort(new Error('cancelled by its requester'));
  for (const training of trainings) await expect(training).rejects.toThrow('cancelled by its requester');
  await untilThreadsAre(before);
});

test('units are computed in the order of their requests, and those of a failed thread end with its reason', async () => {
  const computed: number[] = [];
  const gates: (() => void)[] = [];
  const pool = new UnitPool([
    {
      compute: async ({ input }) => {
        computed.push(input);
        await new Promise<void>((open) => gates.push(open));
        if (input === 2) throw new Error('out of memory');
        return input;
      },
    },
  ]);
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort(new Error('no longer of use'));
  const call = (input: number, of = signal): Promise<unknown> =>
    pool.compute({ name: 'excluded', args: { rows: known }, input, excluded: [] }, { signal: of });
  const results = Promise.allSettled([call(1), call(2), call(1), call(0), call(0, aborted)]);
  while (computed.length < 4 || gates.length > 0) {
    gates.shift()?.();
    await new Promise((done) => setImmediate(done));
  }
  expect(computed).toEqual([1, 2, 1, 0]);
  expect(await results).toMatchObject([
    { value: 1 },
    { reason: { message: 'out of memory' } },
    { value: 1 },
    { value: 0 },
    { reason: { message: 'no longer of use' } },
  ]);
});
