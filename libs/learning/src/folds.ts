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
      if (labels[row] === wanted) positions.push(position);
    });
    for (const position of random.shuffle(positions)) {
      foldByPosition[position] = dealt % foldCount;
      dealt += 1;
    }
  }
  const partOf = (fold: number): Uint32Array => rows.filter((_row, position) => foldByPosition[position] === fold);
  return Array.from({ length: foldCount }, (_, fold) => partOf(fold));
}

/**
 * As `stratifiedFolds`, but all rows of a group (the months of one subscription) stay in one part: adjacent months
 * are nearly the same row, and a model that has seen one of them would be flattered on the other. Groups with a positive
 * are dealt apart from those without. The outcome depends on the order of `rows`, not on how groups are numbered.
 * O(rows).
 * @param groups by row of the table
 */
export function groupedFolds(
  labels: Uint8Array,
  rows: Uint32Array,
  groups: Uint32Array,
  foldCount: number,
  random: RandomStream,
): Uint32Array[] {
  const firstRows: number[] = [];
  const placeByGroup = new Map<number, number>();
  const hasPositive: number[] = [];
  for (const row of rows) {
    const group = groups[row]!;
    let place = placeByGroup.get(group);
    if (place === undefined) {
      placeByGroup.set(group, (place = firstRows.length));
      firstRows.push(row);
      hasPositive.push(0);
    }
    hasPositive[place] = hasPositive[place]! | labels[row]!;
  }
  const places = Uint32Array.from(firstRows, (_, place) => place);
  const foldByPlace = new Uint32Array(places.length);
  stratifiedFolds(Uint8Array.from(hasPositive), places, foldCount, random).forEach((fold, at) => {
    for (const place of fold) foldByPlace[place] = at;
  });
  const foldByPosition = Uint32Array.from(rows, (row) => foldByPlace[placeByGroup.get(groups[row]!)!]!);
  return Array.from({ length: foldCount }, (_, fold) => {
    return rows.filter((_row, position) => foldByPosition[position] === fold);
  });
}

/** `groupedFolds` where rows belong to groups, else `stratifiedFolds`. */
export function foldsOf(
  labels: Uint8Array,
  rows: Uint32Array,
  groups: Uint32Array | undefined,
  foldCount: number,
  random: RandomStream,
): Uint32Array[] {
  return groups === undefined
    ? stratifiedFolds(labels, rows, foldCount, random)
    : groupedFolds(labels, rows, groups, foldCount, random);
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
