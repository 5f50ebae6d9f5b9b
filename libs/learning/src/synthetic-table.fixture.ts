import { logitOf, probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';
import {
  MISSING_CATEGORY,
  Table,
  categoryColumn,
  numberColumn,
  type CategoryColumn,
  type Column,
  type NumberColumn,
} from './table.js';

export interface SyntheticTable {
  readonly table: Table;
  readonly labels: Uint8Array;
  /** The true probability of each label: the prediction of a perfect model. */
  readonly truth: Float64Array;
}

/**
 * A table with known causes, for tests and benches. Its columns: `tenure` (a bent effect, 5 % missing),
 * `spend` (a straight effect), `contract` (a category with an effect, 3 % missing), `complained` (a flag that matters
 * only for the short contract), `town` (a category of `towns` values without effect) and `noise0` … without effect.
 */
export function syntheticTable(rowCount: number, seed: number, noiseColumns = 3, towns = 8): SyntheticTable {
  const random = new RandomStream(seed, 0x91a7);
  const tenure = new Float64Array(rowCount);
  const spend = new Float64Array(rowCount);
  const contract = new Uint32Array(rowCount);
  const complained = new Float64Array(rowCount);
  const town = new Uint32Array(rowCount);
  const noise = Array.from({ length: noiseColumns }, () => new Float64Array(rowCount));
  const labels = new Uint8Array(rowCount);
  const truth = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row += 1) {
    const months = Math.floor(random.next() * 72);
    tenure[row] = random.next() < 0.05 ? Number.NaN : months;
    spend[row] = 20 + 100 * random.next();
    contract[row] = random.next() < 0.03 ? MISSING_CATEGORY : random.below(3);
    complained[row] = random.next() < 0.2 ? 1 : 0;
    town[row] = random.below(towns);
    for (const column of noise) column[row] = random.next() + random.next() - 1;
    const logit =
      logitOf(0.25) +
      1.5 * Math.exp(-months / 10) +
      (spend[row]! - 70) / 60 +
      [0.9, 0, -1.4][contract[row]! % 3]! +
      (contract[row] === 0 && complained[row] === 1 ? 1.2 : 0);
    truth[row] = probabilityOf(logit);
    labels[row] = random.next() < truth[row]! ? 1 : 0;
  }
  const columns: Column[] = [
    { kind: 'number', name: 'tenure', values: tenure },
    { kind: 'number', name: 'spend', values: spend },
    { kind: 'category', name: 'contract', codes: contract, categories: ['monthly', 'one year', 'two years'] },
    { kind: 'number', name: 'complained', values: complained },
    { kind: 'category', name: 'town', codes: town, categories: Array.from({ length: towns }, (_, at) => `town ${at}`) },
    ...noise.map((values, at): Column => ({ kind: 'number', name: `noise${at}`, values })),
  ];
  return { table: new Table(columns), labels, truth };
}

export function numberBy(name: string, rows: Uint32Array, of: (row: number) => number | null): NumberColumn {
  return numberColumn(name, Array.from(rows, of));
}

export function categoryBy(
  name: string,
  rows: Uint32Array,
  of: (row: number) => string | null | undefined,
): CategoryColumn {
  return categoryColumn(name, Array.from(rows, of));
}
