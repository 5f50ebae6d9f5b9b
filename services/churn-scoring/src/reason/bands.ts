import { sortedNumbers } from '@holdfast/learning/sorted-numbers';
import { valuesOf } from '@holdfast/learning/table';
import { SHARE_ROWS_MIN, shareOf, type Tally } from './share.js';

/** Most bands of a column. */
export const BANDS_MAX = 10;
/** Smallest step of ten to which a bound is rounded. */
const DECIMALS_MAX = 9;

/** Values from `from` up to, and without, `to`, and the share that left among those who have one. */
export interface Band {
  /** Null: open below. */
  readonly from: number | null;
  /** Null: open above. */
  readonly to: number | null;
  /** Null: too few rows, where runs of equal values make a band narrow. */
  readonly share: number | null;
  /** The value of all its training rows, where they have but one. */
  readonly only: number | null;
}

/**
 * Splits a numeric column into bands of about equal count: quantile bins, each bound moved to the nearer end of the run of
 * equal values that it falls into, and then to the roundest number that parts the rows in the same way. None where the
 * column cannot be split. O(rows log rows).
 *
 * @param values NaN where missing
 * @param labels 0 or 1 for every row; only `rows` count
 */
export function learnBands(values: Float64Array, labels: Uint8Array, rows: Uint32Array): Band[] {
  const sorted = sortedNumbers(valuesOf(values, rows));
  const starts = bandStarts(sorted);
  if (starts.length < 2) return [];
  const cuts = starts.map((start) => (start === 0 ? null : roundest(sorted[start - 1]!, sorted[start]!)));
  const tallies = starts.map((start, band): Tally => ({ seen: (starts[band + 1] ?? sorted.length) - start, left: 0 }));
  const lowerBounds = Float64Array.from(cuts, (cut) => cut ?? -Infinity);
  for (const row of rows) {
    const value = values[row]!;
    if (labels[row] !== 1 || Number.isNaN(value)) continue;
    let band = lowerBounds.length - 1;
    while (value < lowerBounds[band]!) band -= 1;
    tallies[band]!.left += 1;
  }
  return starts.map((start, band) => {
    const end = starts[band + 1] ?? sorted.length;
    return {
      from: cuts[band]!,
      to: cuts[band + 1] ?? null,
      share: shareOf(tallies[band]!),
      only: sorted[start] === sorted[end - 1] ? sorted[start]! : null,
    };
  });
}

/** The band of a value; undefined without bands. */
export function bandOf(bands: readonly Band[], value: number): Band | undefined {
  return bands.find(({ to }) => to === null || value < to);
}

/** Positions in the sorted values at which bands begin, the first of them 0. */
function bandStarts(sorted: Float64Array): number[] {
  const count = Math.min(BANDS_MAX, Math.floor(sorted.length / SHARE_ROWS_MIN));
  const starts = new Set([0]);
  for (let band = 1; band < count; band += 1) {
    const middle = Math.round((band * sorted.length) / count);
    const start = nearerEnd(sorted, middle);
    if (start > 0 && start < sorted.length) starts.add(start);
  }
  return [...starts].sort((left, right) => left - right);
}

/** The position nearest to this one at which the value changes. */
function nearerEnd(sorted: Float64Array, position: number): number {
  const value = sorted[position]!;
  let below = position;
  while (below > 0 && sorted[below - 1] === value) below -= 1;
  let above = position;
  while (above < sorted.length && sorted[above] === value) above += 1;
  return position - below <= above - position ? below : above;
}

/** The number above `below` and up to `at` with the fewest digits: people read `60`, not `59.95`. */
export function roundest(below: number, at: number): number {
  const largest = Math.max(Math.abs(below), Math.abs(at));
  for (let decimals = -Math.ceil(Math.log10(largest)); decimals <= DECIMALS_MAX; decimals += 1) {
    // Powers with a negative exponent are inexact: what is divided by stays whole.
    const rounded =
      decimals > 0
        ? Math.floor(at * 10 ** decimals) / 10 ** decimals
        : Math.floor(at / 10 ** -decimals) * 10 ** -decimals;
    if (rounded > below && rounded <= at) return rounded === 0 ? 0 : rounded;
  }
  return at;
}
