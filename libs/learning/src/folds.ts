import type { RandomStream } from './random.js';
import { allRows } from './table.js';

/**
 * Splits rows into `foldCount` disjoint parts, each with the same share of positives to within one row; where a class
 * has fewer rows than folds, some folds have none of it. O(rows).
 *
 * All rows of a group (the months of one subscription) stay in one part: adjacent months are nearly the same row, and
 * would leak from one part into another. Groups with a positive are stratified apart from those without. The result
 * depends on the order of `rows`, not on the numbers of the groups.
 * @param groups by row of the table; each row is its own group by default
 * @returns the rows of each part, ascending as in `rows`
 */
export function foldsOf(
  labels: Uint8Array,
  rows: Uint32Array,
  foldCount: number,
  random: RandomStream,
  groups?: Uint32Array,
): Uint32Array[] {
  const foldByPosition =
    groups === undefined
      ? stratify(rows.length, (position) => labels[rows[position]!]!, foldCount, random)
      : stratifyGroups(labels, rows, foldCount, random, groups);
  const partOf = (fold: number): Uint32Array => rows.filter((_row, position) => foldByPosition[position] === fold);
  return Array.from({ length: foldCount }, (_, fold) => partOf(fold));
}

/** @returns the fold of each unit */
function stratify(units: number, labelOf: (unit: number) => number, folds: number, random: RandomStream): Uint32Array {
  if (!Number.isInteger(folds) || folds < 2 || folds > units) {
    throw new RangeError(`${folds} folds of ${units} rows`);
  }
  const foldByUnit = new Uint32Array(units);
  let dealt = 0; // continues from class to class, so that fold sizes differ by one at most
  for (const label of [1, 0]) {
    const ofClass = [...allRows(units).filter((unit) => labelOf(unit) === label)];
    for (const unit of random.shuffle(ofClass)) foldByUnit[unit] = dealt++ % folds;
  }
  return foldByUnit;
}

function stratifyGroups(
  labels: Uint8Array,
  rows: Uint32Array,
  foldCount: number,
  random: RandomStream,
  groups: Uint32Array,
): Uint32Array {
  const unitByGroup = new Map<number, number>();
  const hasPositive: number[] = [];
  const unitByPosition = rows.map((row) => {
    const unit = unitByGroup.get(groups[row]!) ?? hasPositive.push(0) - 1;
    unitByGroup.set(groups[row]!, unit);
    hasPositive[unit]! |= labels[row]!;
    return unit;
  });
  const foldByUnit = stratify(hasPositive.length, (unit) => hasPositive[unit]!, foldCount, random);
  return unitByPosition.map((unit) => foldByUnit[unit]!);
}

/** The given rows without those of one part; order kept. O(rows). */
export function rowsWithout(rows: Uint32Array, left: Uint32Array): Uint32Array {
  const excluded = new Set(left);
  return rows.filter((row) => !excluded.has(row));
}

/** Puts per-fold results back into the order of `rows`. */
export function inOrderOf(rows: Uint32Array, folds: readonly Uint32Array[], byFold: Float64Array[]): Float64Array {
  const valueByRow = new Map<number, number>();
  folds.forEach((fold, at) => {
    fold.forEach((row, position) => valueByRow.set(row, byFold[at]![position]!));
  });
  return Float64Array.from(rows, (row) => valueByRow.get(row)!);
}
