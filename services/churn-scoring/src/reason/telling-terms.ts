import { buildDesign, fitDesign, termCountOf, type ColumnTerms } from '@holdfast/learning/design-matrix';
import type { Table } from '@holdfast/learning/table';
import type { TypedColumn } from '../table/typed-column.js';

/** Columns of the regression, at most: each has a weight for every cause. */
const COLUMNS_MAX = 40;
const DESIGN = { knotCount: 0, levelRowsMin: 20, levelsMax: 12 };

/**
 * The columns whose values differ most between churners of different codes: by the share of the variance of a column's best
 * term that lies between codes. O(rows × terms).
 * @param candidates by row, the causes that its code stands for
 */
export function chooseTerms(
  columns: readonly TypedColumn[],
  table: Table,
  rows: Uint32Array,
  candidates: Uint32Array,
): ColumnTerms[] {
  const used = new Set(columns.map(({ name }) => name));
  const terms = fitDesign(table, rows, DESIGN).filter(({ column }) => used.has(column));
  const shares = sharesBetween(terms, table, rows, candidates);
  let first = 0;
  const scored = terms.map((column) => {
    const count = termCountOf(column);
    const score = Math.max(...shares.subarray(first, first + count));
    first += count;
    return { column, score };
  });
  const chosen = new Set(
    [...scored]
      .sort((left, right) => right.score - left.score)
      .slice(0, COLUMNS_MAX)
      .map(({ column }) => column),
  );
  return terms.filter((column) => chosen.has(column));
}

/** By term, the share of its variance between codes. */
function sharesBetween(
  terms: readonly ColumnTerms[],
  table: Table,
  rows: Uint32Array,
  candidates: Uint32Array,
): Float64Array {
  const { rowStart, term, value, termCount } = buildDesign(terms, table, rows);
  const codes = [...new Set(candidates)];
  const members = new Float64Array(codes.length);
  const sums = new Float64Array(codes.length * termCount);
  const squares = new Float64Array(termCount);
  const totals = new Float64Array(termCount);
  rows.forEach((_, at) => {
    const code = codes.indexOf(candidates[at]!);
    members[code] = members[code]! + 1;
    for (let entry = rowStart[at]!; entry < rowStart[at + 1]!; entry += 1) {
      const [place, number] = [term[entry]!, value[entry]!];
      sums[code * termCount + place] = sums[code * termCount + place]! + number;
      totals[place] = totals[place]! + number;
      squares[place] = squares[place]! + number * number;
    }
  });
  return totals.map((total, place) => {
    const mean = total / rows.length;
    const variance = squares[place]! - total * mean;
    if (variance < 1e-9) return 0;
    let between = 0;
    members.forEach((count, code) => {
      if (count > 0) between += count * (sums[code * termCount + place]! / count - mean) ** 2;
    });
    return between / variance;
  });
}
