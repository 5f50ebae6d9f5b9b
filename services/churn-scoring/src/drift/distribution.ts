import { populationStability } from '@holdfast/learning/population-stability';
import { sortedNumbers } from '@holdfast/learning/sorted-numbers';
import { MISSING_CATEGORY, valuesOf, type Column } from '@holdfast/learning/table';
import { lastDayOf } from '@holdfast/platform/calendar';
import type { ColumnType, TypedColumn } from '../table/typed-column.js';

/** At most as many bins of equal count, without that of missing values. */
const BINS_MAX = 10;
/** Fewer do not show how far months usually are from each other. */
const USUAL_MONTHS_MIN = 3;
/** A month differs from the others only if that is as unlikely by chance as this, over all months together (Bonferroni). */
const USUAL_CHANCE_MAX = 0.01;
/** More values of a column, with values that training did not see, are one bin. */
const CATEGORIES_MAX = 20;

/** How the values of a column were distributed at training. JSON; kept with the model. */
export interface Distribution {
  readonly name: string;
  readonly type: ColumnType;
  /** Upper edges of all bins but the last, ascending; of dates in days before the end of the row's month. */
  readonly edges?: readonly number[];
  /** Values that have a separate bin each, most frequent first; the next bin is that of all others. */
  readonly categories?: readonly string[];
  /** Weighted rows by bin; the last bin is that of missing values. */
  readonly counts: readonly number[];
  /** The highest index of a month of the training rows against all of them; undefined for fewer than three months. */
  readonly usualIndex?: number;
}

/** What a model's runs are compared with. JSON; kept with the model. */
export interface Reference {
  readonly columns: readonly Distribution[];
  /** Of predictions of the training rows by the model itself. */
  readonly scores: Distribution;
}

/** Name of the distribution of scores; no column of a table can have it. */
export const SCORES = '';

/** Rows of a reference. */
interface ReferenceRows {
  readonly rows: Uint32Array;
  /** One per row of the table, of a table with months. */
  readonly months: Uint32Array | undefined;
  /** Of a row of the table, where rows hold the classes in other shares than where the model is used. */
  readonly weightOf: (row: number) => number;
}

/**
 * Distributions of the columns of a model. Dates are counted by their distance from the end of the row's month, since they
 * would move with it; without months they are not watched. O(rows × columns × log bins).
 */
export function learnReference(
  columns: readonly Column[],
  types: readonly TypedColumn[],
  of: ReferenceRows,
  scores: { readonly predictions: Float64Array; readonly weights: Float64Array },
): Reference {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const watched = types.filter(({ type }) => type !== 'date' || of.months !== undefined);
  const weights = effective(Float64Array.from(of.rows, of.weightOf));
  const months = of.months && Uint32Array.from(of.rows, (row) => of.months![row]!);
  return {
    columns: watched.map(({ name, type }) => {
      const column = byName.get(name)!;
      if (column.kind === 'category') return categoriesOf(name, type, column, of.rows, weights, months);
      const values = valuesOf(column.values, of.rows);
      if (type === 'date') of.rows.forEach((row, at) => (values[at] = values[at]! - lastDayOf(of.months![row]!)));
      return numbersOf(name, type, values, weights, months);
    }),
    scores: numbersOf(SCORES, 'number', scores.predictions, effective(scores.weights), months),
  };
}

/** Weights that add up to the number of equally weighted rows that estimates as well (Kish 1965). */
function effective(weights: Float64Array): Float64Array {
  let [sum, squares] = [0, 0];
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return weights.map((weight) => (weight * sum) / squares);
}

function numbersOf(
  name: string,
  type: ColumnType,
  values: Float64Array,
  weights: Float64Array,
  months: Uint32Array | undefined,
): Distribution {
  const known = sortedNumbers(values);
  const quantiles = Array.from(
    { length: BINS_MAX - 1 },
    (_, at) => known[Math.floor(((at + 1) * known.length) / BINS_MAX)],
  );
  const last = known.at(-1);
  const edges = [...new Set(quantiles)].filter((edge): edge is number => edge !== undefined && edge !== last);
  const bins = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at += 1) bins[at] = numberBin(edges, values[at]!);
  return { name, type, edges, ...counted(bins, edges.length + 2, weights, months) };
}

/** Weighted rows by bin, and how far single months are from all. */
function counted(
  bins: Uint32Array,
  binCount: number,
  weights: Float64Array,
  months: Uint32Array | undefined,
): Pick<Distribution, 'counts' | 'usualIndex'> {
  const empty = (): number[] => Array<number>(binCount).fill(0);
  const counts = empty();
  const byMonth = new Map<number, number[]>();
  bins.forEach((bin, at) => {
    counts[bin]! += weights[at]!;
    if (months === undefined) return;
    const ofMonth = byMonth.get(months[at]!) ?? empty();
    ofMonth[bin]! += weights[at]!;
    byMonth.set(months[at]!, ofMonth);
  });
  if (byMonth.size < USUAL_MONTHS_MIN) return { counts };
  const indices = [...byMonth.values()].map((ofMonth) => {
    const { index, pValue } = populationStability(counts, ofMonth);
    return pValue > USUAL_CHANCE_MAX / byMonth.size ? 0 : index;
  });
  return { counts, usualIndex: Math.max(...indices) };
}

function categoriesOf(
  name: string,
  type: ColumnType,
  { codes, categories }: Extract<Column, { kind: 'category' }>,
  rows: Uint32Array,
  weights: Float64Array,
  months: Uint32Array | undefined,
): Distribution {
  const byCode = new Float64Array(categories.length);
  rows.forEach((row, at) => {
    if (codes[row] !== MISSING_CATEGORY) byCode[codes[row]!]! += weights[at]!;
  });
  const named = [...byCode.keys()]
    .filter((code) => byCode[code]! > 0)
    .sort((left, right) => byCode[right]! - byCode[left]! || (categories[left]! < categories[right]! ? -1 : 1))
    .slice(0, CATEGORIES_MAX)
    .map((code) => categories[code]!);
  const binOf = categoryBins(named, categories);
  const bins = Uint32Array.from(rows, (row) => {
    const code = codes[row]!;
    return code === MISSING_CATEGORY ? named.length + 1 : binOf[code]!;
  });
  return { name, type, categories: named, ...counted(bins, named.length + 2, weights, months) };
}

/**
 * The probability that about a share of all exceed: the border of tenths at or below it; 0 where none is, and without a
 * distribution. Where many have the same probability, so that the next border is exceeded by twice the share, fewer exceed it.
 */
export function probabilityOfTopShare(scores: Distribution | undefined, share: number): number {
  if (scores?.edges === undefined || share >= 1) return 0;
  const counts = scores.counts.slice(0, -1); // without the missing ones
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let above = 0;
  for (let bin = scores.edges.length; bin >= 0; bin -= 1) {
    if (above > 0 && above + counts[bin]! > 2 * wanted) return scores.edges[bin]!;
    if (bin === 0) break;
    above += counts[bin]!;
    // shares of tenths are sums of doubles
    if (above >= wanted * (1 - 1e-9)) return scores.edges[bin - 1]!;
  }
  return 0;
}

/** The bin of a value; the last one for missing values. O(log bins). */
export function numberBin(edges: readonly number[], value: number): number {
  if (Number.isNaN(value)) return edges.length + 1;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > edges[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The bin of each code of a dictionary; the bin after all categories is that of others. */
export function categoryBins(named: readonly string[], dictionary: readonly string[]): Uint32Array {
  const binOf = new Map(named.map((category, bin) => [category, bin]));
  return Uint32Array.from(dictionary, (category) => binOf.get(category) ?? named.length);
}
