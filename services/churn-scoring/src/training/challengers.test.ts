import { probabilityOf } from '@holdfast/learning/logistic';
import { RandomStream } from '@holdfast/learning/random';
import { numberColumn, Table, type NumberColumn } from '@holdfast/learning/table';
import { decodeModelFile } from '../model/model-file.js';
import { train } from './train.js';
import type { TrainingInput, TrainingResult } from './training-input.js';

const MONTHS = 9;
const FIRST_MONTH = 24_300;
const challengers = ['weight-of-evidence', 'survival'] as const;

interface Panel {
  readonly data: NumberColumn[];
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly months: Uint32Array<ArrayBuffer>;
  readonly subscriptions: Uint32Array<ArrayBuffer>;
}

/** A row for each subscription and month: tenure, and ten columns of normal noise that add up in the logit. */
function linearPanel(subscriptions: number, seed: number): Panel {
  const random = new RandomStream(seed);
  const normal = (): number => random.next() + random.next() + random.next() + random.next() - 2;
  const rows: { month: number; subscription: number; label: number; values: number[] }[] = [];
  for (let subscription = 0; subscription < subscriptions; subscription += 1) {
    const start = 1 + random.below(40);
    for (let month = 0; month < MONTHS; month += 1) {
      const values = [start + month, ...Array.from({ length: 10 }, normal)];
      const sum = values.slice(1).reduce((total, value) => total + value, 0);
      const label = random.next() < probabilityOf(-3 + 0.9 * sum + Math.exp(-values[0]! / 6)) ? 1 : 0;
      rows.push({ month: FIRST_MONTH + month, subscription, label, values });
      if (label === 1) break;
    }
  }
  const names = ['tenure_months', ...Array.from({ length: 10 }, (_, at) => `x${at}`)];
  return {
    data: names.map((name, at) =>
      numberColumn(
        name,
        rows.map(({ values }) => values[at]!),
      ),
    ),
    labels: Uint8Array.from(rows, ({ label }) => label),
    months: Uint32Array.from(rows, ({ month }) => month),
    subscriptions: Uint32Array.from(rows, ({ subscription }) => subscription),
  };
}

function trainOn(
  { data, labels, months, subscriptions }: Panel,
  change: Partial<TrainingInput>,
): Promise<TrainingResult> {
  const forward = {
    months,
    subscriptions,
    lostInGapByMonth: new Map<number, number>(),
    leadMonths: 1,
    judgedMonthsMax: 3,
  };
  const input = { data, labels, forward, columns: data.map(({ name }) => ({ name, type: 'number' as const })) };
  const fixed = { split: undefined, seed: 5, folds: 2, repeats: 1, trainingHash: 'hash', naturalPrevalence: null };
  return train({ ...input, ...fixed, challengers, ...change }, { onProgress: () => undefined });
}

describe('where effects add up', () => {
  const panel = linearPanel(900, 3);
  let result: TrainingResult;

  beforeAll(async () => {
    result = await trainOn(panel, {});
  });

  test('the better method beyond the interval is that of the model, with its figures and its gain', () => {
    const { auc, challengers: figures } = result.validation;
    const chosen = figures.filter((figure) => figure.chosen);
    expect(chosen).toHaveLength(1);
    expect(chosen[0]!.difference!.low).toBeGreaterThan(0);
    expect(chosen[0]!.auc).toBe(Math.max(...figures.map((figure) => figure.auc!)));
    expect(chosen[0]!.auc! - chosen[0]!.treesAuc!).toBeCloseTo(chosen[0]!.difference!.mean);
    expect(auc!.mean).toBeCloseTo(chosen[0]!.auc!, 2); // calibration changes ties alone
    expect(result.method).toMatch(new RegExp(`^${chosen[0]!.method}, (identity|platt|isotonic)$`));
  });

  test('is stored, read, and explained by its file', () => {
    const { model, columns } = decodeModelFile(result.bytes);
    const table = new Table(panel.data);
    const rows = Uint32Array.from({ length: 50 }, (_, row) => row);
    const { base, contributions, logits } = model.explain(table, rows);
    rows.forEach((row) => {
      const own = contributions.subarray(row * columns.length, (row + 1) * columns.length);
      expect(base + own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logits[row]!, 9);
    });
    expect(model.probabilitiesOf(logits)).toEqual(model.predict(table, rows));
    expect(columns.map(({ name }) => name)).toContain('x3');
  });

  test('explains the churners of the judged months, and its importances are those of its columns', () => {
    expect(result.leavers!.rows.length).toBeGreaterThan(20);
    expect(result.importance[0]!.column).toMatch(/^x\d$/);
    expect(result.validation.horizons).toHaveLength(4);
  });

  test('gives the same bytes again', async () => {
    expect(Buffer.from((await trainOn(panel, {})).bytes).equals(Buffer.from(result.bytes))).toBe(true);
  });
});

test('the trees stay where no interval is above 0, and nothing else changes', async () => {
  const panel = linearPanel(500, 8);
  const [x0, x1] = [panel.data[1]!.values, panel.data[2]!.values];
  const random = new RandomStream(2);
  const rateOf = (row: number): number => (x0[row]! > 0 && x1[row]! > 0 ? 0.3 : 0.03);
  const labels = panel.labels.map((_, row) => (random.next() < rateOf(row) ? 1 : 0));
  const interacting = { ...panel, labels };
  const { validation, bytes, method } = await trainOn(interacting, {});
  expect(validation.challengers.map((figure) => [figure.method, figure.chosen])).toEqual([
    ['weight-of-evidence', false],
    ['survival', false],
  ]);
  for (const { difference } of validation.challengers) expect(difference!.low).toBeLessThan(0);
  const alone = await trainOn(interacting, { challengers: [] });
  expect(alone.method).toBe(method);
  expect(Buffer.from(alone.bytes).equals(Buffer.from(bytes))).toBe(true);
});

test('judges a recurrent network where it is named', async () => {
  const panel = linearPanel(400, 9);
  const { validation } = await trainOn(panel, { challengers: ['network'] });
  const [network] = validation.challengers;
  expect(network).toMatchObject({ method: 'network', reason: '' });
  expect(network!.auc).toBeGreaterThan(0.65);
});

test('gives the reason where a method is not judged', async () => {
  const panel = linearPanel(400, 9);
  const withoutTenure = { ...panel, data: panel.data.slice(1) };
  const [, survival] = (await trainOn(withoutTenure, {})).validation.challengers;
  expect(survival).toMatchObject({ reason: 'challenger.noTenure', auc: undefined, chosen: false });
  const columns = panel.data.map(({ name }) => ({ name, type: 'number' as const, monotone: 'increasing' as const }));
  const figures = (await trainOn(panel, { columns })).validation.challengers;
  expect(figures.map(({ reason }) => reason)).toEqual(['challenger.monotone', 'challenger.monotone']);
});
