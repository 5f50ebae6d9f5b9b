import { binOfNumber, quantileCuts } from './binning.js';
import { foldsOf } from './folds.js';
import { RandomStream } from './random.js';
import { MISSING_CATEGORY, valuesOf, type CategoryColumn, type Column, type Table } from './table.js';

/**
 * What is wrong with a column and what to do about it:
 * - `suspectedLeak`: it predicts the label almost alone, so it was probably written after the fact or is the label
 *   under another name. Exclude it, unless it is truly known before the outcome.
 * - `identifier`: almost every row has its own value. It cannot be learned from; use it as the key or exclude it.
 * - `constant`, `empty`: it has no information; models ignore it.
 */
export type ColumnFinding =
  | { readonly kind: 'suspectedLeak'; readonly column: string; readonly auc: number; readonly remedy: 'exclude' }
  | { readonly kind: 'identifier'; readonly column: string; readonly distinct: number; readonly remedy: 'exclude' }
  | { readonly kind: 'constant' | 'empty'; readonly column: string; readonly remedy: 'ignore' };

interface InspectionOptions {
  /** A column whose own area under the curve reaches this is named as a suspected leak. */
  readonly leakAucMin: number;
  /** A category with at least this share of distinct values among its known rows is named as an identifier. */
  readonly identifierShareMin: number;
  /** Of more rows, a column's power is measured on so many, spread evenly: 0.99 needs no more. */
  readonly powerRowsMax: number;
}

export const defaultInspection: InspectionOptions = {
  leakAucMin: 0.99,
  identifierShareMin: 0.95,
  powerRowsMax: Infinity,
};

/**
 * Looks at each column on its own, in the table's order. A column's power is the area under the curve of the label's
 * rate in its bins or levels, missing among them, each half of the rows rated by the other half: so a level of one row
 * proves nothing, while "cancelled on" that is filled for churners only, or a number that is high or low for churners but
 * not in between, is found. O(columns × rows log rows).
 */
export function inspectColumns(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  seed: number,
  options: InspectionOptions = defaultInspection,
): ColumnFinding[] {
  const findings: ColumnFinding[] = [];
  const everyNth = Math.max(1, Math.ceil(rows.length / options.powerRowsMax));
  const powerRows = rows.filter((_row, at) => at % everyNth === 0);
  const halves = rows.length < rowsToJudgeMin ? undefined : halvesOf(labels, powerRows, seed);
  for (const column of table.columns) {
    const { name } = column;
    const { distinct, known } = countValues(column, rows);
    const isConstant = known === 0 || (distinct === 1 && known === rows.length);
    if (isConstant) findings.push({ kind: known === 0 ? 'empty' : 'constant', column: name, remedy: 'ignore' });
    if (isConstant || halves === undefined) continue;
    const isIdentifier = column.kind === 'category' && distinct >= options.identifierShareMin * known;
    if (isIdentifier) findings.push({ kind: 'identifier', column: name, distinct, remedy: 'exclude' });
    const auc = isIdentifier ? 0 : aucOfLevels(levelsOf(column, powerRows), labels, halves);
    if (auc >= options.leakAucMin) findings.push({ kind: 'suspectedLeak', column: name, auc, remedy: 'exclude' });
  }
  return findings;
}

/** AUC of one column alone; 0.5 without information. */
export function singleColumnAuc(column: Column, labels: Uint8Array, rows: Uint32Array, seed: number): number {
  return aucOfLevels(levelsOf(column, rows), labels, halvesOf(labels, rows, seed));
}

/** Each half of the rows rates the levels of the other. */
function halvesOf(labels: Uint8Array, rows: Uint32Array, seed: number): readonly Uint32Array[] {
  return foldsOf(labels, rows, 2, new RandomStream(seed, 0x1eaf));
}

/** Rows of one half and level share one rate, so that only these groups are ordered. O(rows + levels log levels). */
function aucOfLevels(
  { codes, categories }: CategoryColumn,
  labels: Uint8Array,
  halves: readonly Uint32Array[],
): number {
  const counts = halves.map((half) => {
    const [seen, positives] = [new Float64Array(categories.length), new Float64Array(categories.length)];
    for (const row of half) {
      seen[codes[row]!] = seen[codes[row]!]! + 1;
      positives[codes[row]!] = positives[codes[row]!]! + labels[row]!;
    }
    return { seen, positives, rate: half.reduce((sum, row) => sum + labels[row]!, 0) / half.length };
  });
  const groups = counts.flatMap((own, half) => {
    const rating = counts[1 - half]!;
    const rateOf = (code: number): number => (rating.positives[code]! + rating.rate) / (rating.seen[code]! + 1);
    return categories.flatMap((_, code) => {
      const [seen, positives] = [own.seen[code]!, own.positives[code]!];
      return seen === 0 ? [] : [{ rate: rateOf(code), positives, negatives: seen - positives }];
    });
  });
  groups.sort((left, right) => left.rate - right.rate);
  let [negativesBelow, pairsWon, positives] = [0, 0, 0];
  for (let from = 0; from < groups.length;) {
    const tied = { positives: 0, negatives: 0 };
    const { rate } = groups[from]!;
    for (; from < groups.length && groups[from]!.rate === rate; from += 1) {
      tied.positives += groups[from]!.positives;
      tied.negatives += groups[from]!.negatives;
    }
    pairsWon += tied.positives * (negativesBelow + tied.negatives / 2);
    negativesBelow += tied.negatives;
    positives += tied.positives;
  }
  return pairsWon / (positives * negativesBelow);
}

/** Of a number, not more than two distinct values are counted. */
function countValues(column: Column, rows: Uint32Array): { distinct: number; known: number } {
  let known = 0;
  if (column.kind === 'number') {
    let first = Number.NaN;
    let isConstant = true;
    for (const row of rows) {
      const value = column.values[row]!;
      if (Number.isNaN(value)) continue;
      if (known === 0) first = value;
      else if (value !== first) isConstant = false;
      known += 1;
    }
    return { distinct: known === 0 ? 0 : isConstant ? 1 : 2, known };
  }
  const isSeen = new Uint8Array(column.categories.length);
  for (const row of rows) {
    const code = column.codes[row]!;
    if (code === MISSING_CATEGORY) continue;
    isSeen[code] = 1;
    known += 1;
  }
  return { distinct: isSeen.reduce((sum, seen) => sum + seen, 0), known };
}

/** The column as levels, missing among them; numbers in bins of equal count. */
export function levelsOf(column: Column, rows: Uint32Array): CategoryColumn {
  return column.kind === 'category' ? missingAsLevel(column) : binsAsLevels(column.values, rows);
}

function missingAsLevel(column: CategoryColumn): CategoryColumn {
  const missing = column.categories.length;
  const codes = column.codes.map((code) => (code === MISSING_CATEGORY ? missing : code));
  return { ...column, codes, categories: [...column.categories, '(missing)'] };
}

function binsAsLevels(values: Float64Array, rows: Uint32Array): CategoryColumn {
  const cuts = quantileCuts(valuesOf(values, rows), binsPerNumber);
  const categories = Array.from({ length: cuts.length + 2 }, (_, bin) => String(bin));
  const codes = new Uint32Array(values.length);
  for (const row of rows) codes[row] = binOfNumber(values[row]!, cuts);
  return { kind: 'category', name: 'bins', codes, categories };
}

/** Fewer rows prove neither a leak nor an identifier. */
const rowsToJudgeMin = 40;
const binsPerNumber = 64;
