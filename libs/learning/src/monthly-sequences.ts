import { Table, valuesOf, type NumberColumn } from './table.js';
import { evidenceOf, fitEvidence, type ColumnEvidence } from './weight-of-evidence.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { max, min, sqrt } = Math;

/** A number: standardised, 0 where it is missing, and with `missing` a further input that is 1 there. */
interface NumberInput {
  readonly kind: 'number';
  /** Column by step, the oldest month first; the same in each step where it is not of months. */
  readonly columns: readonly string[];
  /** Values outside are clipped. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly missing: boolean;
}

/** A category by its weight of evidence, in each step. */
interface CategoryInput {
  readonly kind: 'category';
  readonly evidence: ColumnEvidence;
}

interface SequenceParts {
  readonly steps: number;
  readonly inputs: readonly (NumberInput | CategoryInput)[];
}

/** `usage_m0`, `usage_m1`, `usage_m2`: a value of the row's month, of the month before, and so on. */
const MONTHLY = /^(.*)_m([0-9])$/;

/** How the columns of a row become the inputs of some steps, one for each month. */
export class SequenceEncoder {
  /** Source columns. */
  readonly columns: readonly string[];
  /** Inputs of a step. */
  readonly width: number;
  /** By step × width: position in `columns`. */
  readonly sources: Uint32Array;

  constructor(readonly parts: SequenceParts) {
    const { steps, inputs } = parts;
    const namesOf = (input: NumberInput | CategoryInput): readonly string[] =>
      input.kind === 'number' ? input.columns : Array<string>(steps).fill(input.evidence.column);
    this.columns = [...new Set(inputs.flatMap(namesOf))].sort();
    const slots = inputs.flatMap((input) => Array<typeof input>(widthOf(input)).fill(input));
    this.width = slots.length;
    const positions = new Map(this.columns.map((name, at) => [name, at]));
    const sources = [...Array(steps).keys()].flatMap((step) => slots.map((input) => namesOf(input)[step]!));
    this.sources = Uint32Array.from(sources, (name) => positions.get(name)!);
  }

  /** Row by row, step by step, the inputs. O(rows × steps × width). @throws RangeError where a column is missing */
  encode(table: Table, rows: Uint32Array): Float32Array {
    const { steps, inputs } = this.parts;
    const size = steps * this.width;
    const encoded = new Float32Array(rows.length * size);
    let first = 0;
    for (const input of inputs) {
      for (let step = 0; step < steps; step += 1) {
        const values = valuesAt(input, step, table, rows);
        for (let at = 0; at < rows.length; at += 1) {
          const cell = at * size + step * this.width + first;
          const value = values[at]!;
          if (Number.isNaN(value)) {
            if (input.kind === 'number' && input.missing) encoded[cell + 1] = 1;
          } else {
            encoded[cell] = value;
          }
        }
      }
      first += widthOf(input);
    }
    return encoded;
  }
}

/** The named columns of a table, with the other months of those that are of months. */
export function withAllMonths(table: Table, names: ReadonlySet<string>): Table {
  const stems = new Set([...names].map((name) => MONTHLY.exec(name)?.[1]));
  return new Table(
    table.columns.filter(({ name }) => {
      const stem = MONTHLY.exec(name)?.[1];
      return names.has(name) || (stem !== undefined && stems.has(stem));
    }),
  );
}

/**
 * Learns from the training rows alone how columns become sequences. Numbers that exist for each of some months are
 * standardised together, so that a change from month to month keeps its size. Columns of one value have no input.
 */
export function fitSequences(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  foldByPosition: Uint8Array,
): { encoder: SequenceEncoder; encoded: Float32Array } {
  const { steps, groups } = monthlyGroups(table);
  const numbers = groups.flatMap((columns) => numberInput(columns, table, rows));
  const categories = new Table(table.columns.filter(({ kind }) => kind === 'category'));
  const fitted = fitEvidence(categories, labels, rows, foldByPosition);
  const inputs = [
    ...numbers,
    ...fitted.map(({ encoding }): CategoryInput => ({ kind: 'category', evidence: encoding })),
  ];
  const encoder = new SequenceEncoder({ steps, inputs });
  const encoded = encoder.encode(table, rows);
  const positions = Uint32Array.from(rows.keys());
  // A row's own label is in the evidence of its level: training sees that of the other folds.
  fitted.forEach((category, at) => {
    const slot = encoder.width - fitted.length + at;
    category.outOfFold(positions).forEach((value, row) => {
      for (let step = 0; step < steps; step += 1) encoded[(row * steps + step) * encoder.width + slot] = value;
    });
  });
  return { encoder, encoded };
}

function widthOf(input: NumberInput | CategoryInput): number {
  return input.kind === 'number' && input.missing ? 2 : 1;
}

/** Standardised values of a step, NaN where they are missing. */
function valuesAt(input: NumberInput | CategoryInput, step: number, table: Table, rows: Uint32Array): Float64Array {
  if (input.kind === 'category') return evidenceOf(input.evidence, table, rows);
  const { low, high, mean, deviation } = input;
  const values = valuesOf(table.numberColumn(input.columns[step]!).values, rows);
  return values.map((value) => (Number.isNaN(value) ? value : (min(high, max(low, value)) - mean) / deviation));
}

/** The number columns, those of months together, the oldest first; all others alone, repeated in each step. */
function monthlyGroups(table: Table): { steps: number; groups: string[][] } {
  const numbers = table.columns.filter(({ kind }) => kind === 'number').map(({ name }) => name);
  const byStem = new Map<string, Map<number, string>>();
  for (const name of numbers) {
    const [, stem, lag] = MONTHLY.exec(name) ?? [];
    if (stem !== undefined) byStem.set(stem, (byStem.get(stem) ?? new Map<number, string>()).set(Number(lag), name));
  }
  const lagsMost = Math.max(0, ...[...byStem.values()].map((byLag) => byLag.size));
  const steps = Math.max(1, lagsMost);
  const lags = [...Array(steps).keys()].reverse();
  const whole = [...byStem.values()].filter((byLag) => steps > 1 && lags.every((lag) => byLag.has(lag)));
  const grouped = new Set(whole.flatMap((byLag) => [...byLag.values()]));
  const alone = numbers.filter((name) => !grouped.has(name)).map((name) => Array<string>(steps).fill(name));
  return { steps, groups: [...whole.map((byLag) => lags.map((lag) => byLag.get(lag)!)), ...alone] };
}

/** None where all values are equal. */
function numberInput(columns: readonly string[], table: Table, rows: Uint32Array): NumberInput[] {
  const own = [...new Set(columns)].map((name): NumberColumn => table.numberColumn(name));
  const sorted = Float64Array.from(own.flatMap(({ values }) => [...presentOf(valuesOf(values, rows))])).sort();
  const missing = sorted.length < own.length * rows.length;
  if (sorted.length === 0 || (sorted[0] === sorted.at(-1) && !missing)) return [];
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const low = sorted[Math.floor(CLIPPED_SHARE * (sorted.length - 1))]!;
  const high = sorted[Math.ceil((1 - CLIPPED_SHARE) * (sorted.length - 1))]!;
  // a flag that is nearly always 0 must not be clipped to a constant
  const bounds = low < high ? { low, high } : { low: least, high: most };
  const clipped = sorted.map((value) => min(bounds.high, max(bounds.low, value)));
  const mean = clipped.reduce((sum, value) => sum + value, 0) / clipped.length;
  const variance = clipped.reduce((sum, value) => sum + (value - mean) ** 2, 0) / clipped.length;
  return [{ kind: 'number', columns, ...bounds, mean, deviation: variance > 0 ? sqrt(variance) : 1, missing }];
}

function presentOf(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

const CLIPPED_SHARE = 0.005;
