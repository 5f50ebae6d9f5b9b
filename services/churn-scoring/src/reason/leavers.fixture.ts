import type { Explanation } from '@holdfast/learning/margin-model';
import type { ServedModel } from '@holdfast/learning/served-model';
import { probabilityOf } from '@holdfast/learning/logistic';
import { RandomStream } from '@holdfast/learning/random';
import { Table, categoryColumn, numberColumn, type CategoryColumn } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';

/** Columns of an operator whose subscriptions leave for their plan, for service or for a rival, or do not pay. */
export const COLUMNS: readonly TypedColumn[] = [
  { name: 'tenure_months', type: 'number' },
  { name: 'plan_id', type: 'category' },
  { name: 'overpaid_m0', type: 'number', cause: 'misfit' },
  { name: 'overpaid_m1', type: 'number', cause: 'misfit' },
  { name: 'overpaid_m2', type: 'number', cause: 'misfit' },
  { name: 'complaints', type: 'number', cause: 'service' },
  { name: 'rival_calls', type: 'number', cause: 'rival' },
  { name: 'unpaid', type: 'number' },
];
/** Log-odds of one unit of each column in the model of leaving. */
const EFFECTS = [0, 0, 0.5, 0.3, 0.2, 0.9, 0.6, 1.5];
const CODES = { misfit: 'price', service: 'service', rival: 'competitor', arrears: 'arrears' } as const;

export interface Leavers {
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly rows: Uint32Array;
  readonly truth: readonly (keyof typeof CODES | null)[];
  readonly leaveReasons: CategoryColumn;
  readonly model: Pick<ServedModel, 'explain' | 'probabilitiesOf'>;
}

/**
 * Rows of which about a third leave. Competing hazards with a known form, except that all churners call rivals before they leave.
 * @param codedShare of the churners with a code
 */
export function leavers(seed: number, count = 3_000, codedShare = 0.7): Leavers {
  const random = new RandomStream(seed, 77);
  const values = COLUMNS.map(() => new Float64Array(count));
  const plans: string[] = [];
  const truth: (keyof typeof CODES | null)[] = [];
  const codes: (string | null)[] = [];
  for (let row = 0; row < count; row += 1) {
    const overpays = random.next() < 0.25 ? 2 : 0;
    const complaints = random.next() < 0.2 ? 1 + random.below(3) : 0;
    const rival = random.next() < 0.15 ? 6 : 0;
    const unpaid = random.next() < 0.05 ? 2 : 0;
    const rates = {
      misfit: 0.05 * Math.exp(overpays),
      service: 0.03 * Math.exp(0.9 * complaints),
      rival: 0.03 * Math.exp(rival / 3),
      arrears: 0.002 * Math.exp(3 * unpaid),
    };
    const sum = Object.values(rates).reduce((total, rate) => total + rate, 0);
    const leaves = random.next() < 1 - Math.exp(-sum);
    let left = random.next() * sum;
    const cause =
      (Object.keys(rates) as (keyof typeof rates)[]).find((each) => (left -= rates[each]) <= 0) ?? 'arrears';
    truth.push(leaves ? cause : null);
    codes.push(leaves && random.next() < codedShare ? CODES[cause] : null);
    plans.push(`P${random.below(3)}`);
    const cells = [
      1 + random.below(100),
      0,
      overpays,
      random.next() < 0.85 ? overpays : 0,
      0,
      complaints,
      rival,
      unpaid,
    ];
    if (leaves) cells[6] = cells[6]! + 1 + random.below(2);
    cells.forEach((cell, column) => (values[column]![row] = cell));
  }
  const columns = COLUMNS.map(({ name, type }, at) =>
    type === 'category' ? categoryColumn(name, plans) : numberColumn(name, [...values[at]!]),
  );
  return {
    table: new Table(columns),
    labels: Uint8Array.from(truth, (cause) => (cause === null ? 0 : 1)),
    rows: Uint32Array.from(truth.keys()),
    truth,
    leaveReasons: categoryColumn('leave_reason', codes),
    model: { explain, probabilitiesOf: (logits) => logits.map(probabilityOf) },
  };
}

/** A model of leaving whose contributions are linear. */
function explain(table: Table, rows: Uint32Array): Explanation {
  const contributions = new Float64Array(rows.length * COLUMNS.length);
  rows.forEach((row, at) => {
    COLUMNS.forEach(({ name, type }, column) => {
      if (type === 'category') return;
      const value = table.numberColumn(name).values[row]!;
      contributions[at * COLUMNS.length + column] = EFFECTS[column]! * value;
    });
  });
  const columns = COLUMNS.map(({ name }) => name);
  return { columns, base: 0, contributions, logits: new Float64Array(rows.length) };
}
