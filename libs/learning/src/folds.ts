import { RandomStream } from './random.js';

/**
 * Splits rows into `foldCount` disjoint parts, each with the same share of positives to within one row.
 * O(rows). Where a class has fewer rows than folds, some folds have none of it.
 * @returns the rows of each part, ascending as in `rows`
 */
export function stratifiedFolds(
  labels: Uint8Array,
  rows: Uint32Array,
  foldCount: number,
  random: RandomStream,
): Uint32Array[] {
  if (!Number.isInteger(foldCount) || foldCount < 2 || foldCount > rows.length) {
    throw new RangeError(`${foldCount} folds of ${rows.length} rows`);
  }
  const foldByPosition = new Uint32Array(rows.length);
  let dealt = 0; // goes on from class to class, so that fold sizes differ by one at most
  for (const wanted of [1, 0]) {
    const positions: number[] = [];
    rows.forEach((row, position) => {
      if (labels[row] === wanted) {
        positions.push(position);
      }
    });
    for (const position of random.shuffle(positions)) {
      foldByPosition[position] = dealt % foldCount;
      dealt += 1;
    }
  }
  const partOf = (fold: number): Uint32Array => rows.filter((_row, position) => foldByPosition[position] === fold);
  return Array.from({ length: foldCount }, (_, fold) => partOf(fold));
}

/** The given rows without those of one part; order kept. O(rows). */
export function rowsWithout(rows: Uint32Array, left: Uint32Array): Uint32Array {
  const excluded = new Set(left);
  return rows.filter((row) => !excluded.has(row));
}

/** Puts per-fold results back into the order of `rows`. */
export function inOrderOf(
  rows: Uint32Array,
  folds: readonly Uint32Array[],
  byFold: readonly Float64Array[],
): Float64Array {
  const valueByRow = new Map<number, number>();
  folds.forEach((fold, at) => {
    fold.forEach((row, position) => valueByRow.set(row, byFold[at]![position]!));
  });
  return Float64Array.from(rows, (row) => valueByRow.get(row)!);
}
