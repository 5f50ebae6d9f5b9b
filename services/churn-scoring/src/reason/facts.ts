import type { Table } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';

/** From this rank correlation on, two columns of a cause show the same fact. */
const CORRELATION_MIN = 0.7;

/**
 * Groups the columns of each cause that are correlated, so that one fact is credited once, whatever the number of columns
 * that show it. Spearman's rank correlation over some rows; missing values have the middle rank.
 * O(rows log rows × columns + rows × columns²).
 * @returns by cause column, in the order of `columns`, the number of its group
 */
export function learnFacts(table: Table, rows: Uint32Array, columns: readonly TypedColumn[]): number[] {
  const causal = columns.filter(({ cause }) => cause !== undefined);
  const ranks = causal.map(({ name, type }) =>
    type === 'category' ? undefined : standardRanks(table.numberColumn(name).values, rows),
  );
  const facts: number[] = [];
  causal.forEach(({ cause }, at) => {
    const like = causal.findIndex(
      (other, before) =>
        before < at &&
        other.cause === cause &&
        facts[before] === before &&
        Math.abs(correlation(ranks[before], ranks[at])) >= CORRELATION_MIN,
    );
    facts.push(like === -1 ? at : like);
  });
  return facts;
}

function correlation(left: Float64Array | undefined, right: Float64Array | undefined): number {
  if (left === undefined || right === undefined) return 0;
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!;
  return sum;
}

/** Ranks with mean 0 and length 1; equal values have equal ranks. */
function standardRanks(values: Float64Array, rows: Uint32Array): Float64Array {
  const present = [...rows.keys()].filter((at) => !Number.isNaN(values[rows[at]!]!));
  present.sort((left, right) => values[rows[left]!]! - values[rows[right]!]!);
  const ranks = new Float64Array(rows.length);
  for (let from = 0; from < present.length;) {
    let to = from;
    while (to < present.length && values[rows[present[to]!]!] === values[rows[present[from]!]!]) to += 1;
    for (let at = from; at < to; at += 1) ranks[present[at]!] = (from + to - present.length) / 2;
    from = to;
  }
  const length = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0));
  return length === 0 ? ranks : ranks.map((rank) => rank / length);
}
