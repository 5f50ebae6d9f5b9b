import { probabilityOf } from '@holdfast/learning/logistic';
import { RandomStream } from '@holdfast/learning/random';
import { allRows, numberColumn, Table } from '@holdfast/learning/table';
import type { ContactedTreatment } from '../model/contacted.js';
import { decodeModelFile } from '../model/model-file.js';
import { treatedRows } from './contacted-rows.js';
import { contactedOf } from './kind-rows.js';
import { train } from './train.js';
import type { TrainingInput, TrainingResult } from './training-input.js';
import type { TrainingRows } from './training-rows.js';

jest.setTimeout(120_000);

const MONTHS = 8;
const FIRST_MONTH = 24_300;
const RISKY = 0.6;

/** Contacts go to subscriptions of high risk, and one keeps six of seven that would leave. */
function contactedPanel(subscriptions: number, seed: number) {
  const random = new RandomStream(seed);
  const rows: { month: number; subscription: number; risk: number; noise: number; truth: number; is: boolean }[] = [];
  const labels: number[] = [];
  for (let subscription = 0; subscription < subscriptions; subscription += 1) {
    const risk = random.next();
    for (let month = 0; month < MONTHS; month += 1) {
      const truth = probabilityOf(-4.5 + 3.2 * risk);
      const is = random.next() < (risk > RISKY ? 0.6 : 0.05);
      const label = random.next() < (is ? truth / 7 : truth) ? 1 : 0;
      rows.push({ month, subscription, risk, noise: random.next(), truth, is });
      labels.push(label);
      if (label === 1) break;
    }
  }
  return { rows, labels };
}

const { rows, labels } = contactedPanel(2_500, 4);
const data = (['risk', 'noise'] as const).map((name) =>
  numberColumn(
    name,
    rows.map((row) => row[name]),
  ),
);
const contacted = Uint8Array.from(rows, ({ is }) => (is ? 1 : 0));

function trainOn(change: Partial<TrainingInput>): Promise<TrainingResult> {
  const input: TrainingInput = {
    ...{ trainingHash: 'hash of rows', data, columns: data.map(({ name }) => ({ name, type: 'number' as const })) },
    labels: Uint8Array.from(labels),
    ...{ split: undefined, seed: 3, folds: 5, repeats: 1, naturalPrevalence: null },
    forward: {
      months: Uint32Array.from(rows, ({ month }) => FIRST_MONTH + month),
      subscriptions: Uint32Array.from(rows, ({ subscription }) => subscription),
      lostInGapByMonth: new Map(),
      ...{ leadMonths: 1, judgedMonthsMax: 2 },
    },
    ...change,
  };
  return train(input, { onProgress: () => undefined });
}

/** Mean probability of the rows of high risk over the true one without a contact. */
function ratioToTruth({ bytes }: TrainingResult): number {
  const { model } = decodeModelFile(bytes);
  const risky = allRows(rows.length).filter((row) => rows[row]!.risk > RISKY);
  const predicted = model.predict(new Table(data), risky).reduce((sum, each) => sum + each, 0);
  return predicted / risky.reduce((sum, row) => sum + rows[row]!.truth, 0);
}

test('kept rows hide the churn that contacts prevented; without them, or with weights, it is the true one', async () => {
  const treatments = ['keep', 'exclude', 'weight'] as const satisfies readonly ContactedTreatment[];
  const trained = await Promise.all(treatments.map((contactedRows) => trainOn({ contacted, contactedRows })));
  const [kept, excluded, weighted] = trained.map(ratioToTruth);
  expect(kept).toBeLessThan(0.65);
  expect(excluded).toBeGreaterThan(0.88);
  expect(excluded).toBeLessThan(1.12);
  expect(weighted).toBeGreaterThan(0.88);
  expect(weighted).toBeLessThan(1.12);

  const count = contacted.reduce((sum, each) => sum + each, 0);
  const [ofKept, ofExcluded, ofWeighted] = trained.map(({ validation }) => validation.contacted!);
  expect(ofKept).toMatchObject({ rows: count, share: count / rows.length, treatment: 'keep', comparedWith: 'exclude' });
  expect(ofKept!.judgedRows + ofKept!.judgedContacted).toBe(trained[0]!.validation.rows);
  // on the judged rows that were not contacted; each treatment shows the same figures of the other
  const judged = rows.filter(({ month, is }) => month >= MONTHS - 2 && !is);
  const truth = judged.reduce((sum, row) => sum + row.truth, 0) / judged.length;
  const isRight = (mean: number | undefined): boolean => Math.abs(mean! / truth - 1) < 0.1;
  expect(ofKept!.judgedRows).toBe(judged.length);
  expect(ofKept!.meanPrediction! / truth).toBeLessThan(0.85);
  expect(isRight(ofKept!.comparedMeanPrediction)).toBe(true);
  expect(isRight(ofWeighted!.meanPrediction)).toBe(true);
  expect(ofWeighted!.difference!.low).toBeGreaterThan(0);
  expect(ofKept!.calibrationError!).toBeGreaterThan(ofKept!.comparedCalibrationError!);
  expect(ofExcluded).toMatchObject({ comparedWith: 'keep', meanPrediction: ofKept!.comparedMeanPrediction });
  expect(ofExcluded!.comparedMeanPrediction).toBe(ofKept!.meanPrediction);
  expect(ofWeighted).toMatchObject({ treatment: 'weight', comparedMeanPrediction: ofKept!.meanPrediction });
});

test('where no contact is known, nothing changes', async () => {
  const [plain, excluding] = await Promise.all([trainOn({}), trainOn({ contactedRows: 'exclude' })]);
  expect(Buffer.from(excluding.bytes).equals(Buffer.from(plain.bytes))).toBe(true);
  expect(excluding.validation).toEqual(plain.validation);
  expect(plain.validation.contacted).toBeUndefined();
  const flags = (...contacts: number[]): Pick<TrainingRows, 'contacted'> => ({
    contacted: Float64Array.from(contacts),
  });
  expect(contactedOf(flags(0, NaN, 0), allRows(3))).toBeUndefined();
  expect(contactedOf(flags(0, NaN, 1), allRows(2))).toBeUndefined();
  expect(contactedOf({ contacted: undefined }, allRows(3))).toBeUndefined();
  expect(contactedOf(flags(1, NaN, 0), allRows(3))).toEqual(Uint8Array.of(1, 0, 0));
});

test('weights stand for all rows, by strata of the probability of a contact, and are bounded', async () => {
  const table = new Table(data);
  const all = allRows(rows.length);
  const treated = await treatedRows('weight', { table, rows: all, contacted }, { seed: 1 });
  const copies = new Map<number, number>();
  for (const row of treated) copies.set(row, (copies.get(row) ?? 0) + 1);
  const others = all.filter((row) => contacted[row] === 0);
  expect(copies.size).toBe(others.length);
  expect([...copies.keys()].every((row) => contacted[row] === 0)).toBe(true);
  expect(Math.abs(treated.length / all.length - 1)).toBeLessThan(0.02);
  const meanRisk = (of: Uint32Array): number => of.reduce((sum, row) => sum + rows[row]!.risk, 0) / of.length;
  expect(meanRisk(others)).toBeLessThan(meanRisk(all) - 0.05);
  expect(Math.abs(meanRisk(treated) - meanRisk(all))).toBeLessThan(0.02);

  // nearly all of them were contacted: the rest would have to stand for fifty each
  const nearlyAll = Uint8Array.from(all, (row) => (row % 50 === 0 ? 0 : 1));
  const bounded = await treatedRows('weight', { table, rows: all, contacted: nearlyAll }, { seed: 1 });
  expect(bounded.length).toBe(5 * all.filter((row) => nearlyAll[row] === 0).length);
  expect(await treatedRows('keep', { table, rows: all, contacted }, { seed: 1 })).toBe(all);
  expect(await treatedRows('exclude', { table, rows: all, contacted }, { seed: 1 })).toEqual(others);
});
