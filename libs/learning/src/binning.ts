import { gridOf } from './threshold-grid.js';
import { foldsOf } from './folds.js';
import { kernelLimits, kernels, type ThresholdGrid } from './kernels.js';
import { RandomStream } from './random.js';
import { sortedNumbers } from './sorted-numbers.js';
import { MISSING_CATEGORY, valuesOf, type CategoryColumn, type Table } from './table.js';

/** The bin of a value that is not known; known values have the bins 1, 2, … */
export const MISSING_BIN = 0;

/** A number split at ascending thresholds: bin k holds the values above the (k − 1)-th, up to the k-th of them. */
interface NumberBinning {
  readonly kind: 'number';
  readonly column: string;
  readonly cuts: readonly number[];
  /** Of imported models: a number that is 0 or nearly so counts as missing. */
  readonly zeroIsMissing?: true;
}

/** One level of a small category against the rest: bin 2 is the level, bin 1 any other known level. */
interface LevelBinning {
  readonly kind: 'level';
  readonly column: string;
  readonly level: string;
  readonly others: readonly string[];
}

/** A large category, its levels ordered by their smoothed rate of positives and split like a number. */
interface RateBinning {
  readonly kind: 'rate';
  readonly column: string;
  readonly rateByLevel: Readonly<Record<string, number>>;
  readonly cuts: readonly number[];
}

/** How one column becomes one feature of small whole numbers; a category can become several. */
export type FeatureBinning = NumberBinning | LevelBinning | RateBinning;

export interface BinningOptions {
  /** Maximum number of bins of a feature without the missing one, at most 255. */
  readonly binsMax: number;
  /** A category with more levels than this becomes one feature ordered by rate instead of one per level. */
  readonly levelsMax: number;
  /** Levels with fewer training rows get no feature: they count as any other level. */
  readonly levelRowsMin: number;
  /** Prior rows that shrink the rate of a level to the overall rate. */
  readonly ratePriorRows: number;
}

export const defaultBinning: BinningOptions = { binsMax: 255, levelsMax: 12, levelRowsMin: 10, ratePriorRows: 30 };

interface FittedBinning {
  readonly features: readonly FeatureBinning[];
  /** Per feature the bins of the training rows. For `rate` features these differ from `binRows`: see below. */
  readonly trainingBins: readonly Uint8Array[];
}

/**
 * Fits the bins of every column to the training rows alone. Target encoding with a row's own label would leak it, and
 * 500 levels of 10 rows each would look predictive; so training rows get rates from the other four folds, new rows from
 * all.
 * Columns with a single bin are omitted. O(columns × rows log rows).
 */
export function fitBinning(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  seed: number,
  options: BinningOptions = defaultBinning,
  groups?: Uint32Array,
): FittedBinning {
  const features: FeatureBinning[] = [];
  const trainingBins: Uint8Array[] = [];
  const everyNth = Math.max(1, Math.floor(rows.length / (rowsPerBinForCuts * options.binsMax)));
  const sample = everyNth === 1 ? rows : rows.filter((_row, at) => at % everyNth === 0);
  for (const column of table.columns) {
    if (column.kind === 'number') {
      const cuts = quantileCuts(valuesOf(column.values, sample), options.binsMax);
      const feature: NumberBinning = { kind: 'number', column: column.name, cuts: [...cuts] };
      addUnlessConstant(feature, binRows([feature], table, rows)[0]!);
      continue;
    }
    const levels = frequentLevels(column, rows, 1);
    if (levels.length > options.levelsMax) {
      const { feature, bins } = fitRateBinning(column, labels, rows, seed, options, groups);
      addUnlessConstant(feature, bins);
      continue;
    }
    const own = frequentLevels(column, rows, options.levelRowsMin);
    // two levels need one feature: the second would be its mirror image
    for (const level of levels.length === 2 && own.length === 2 ? own.slice(0, 1) : own) {
      const others = levels.filter((other) => other !== level);
      const feature: LevelBinning = { kind: 'level', column: column.name, level, others };
      addUnlessConstant(feature, binRows([feature], table, rows)[0]!);
    }
  }
  return { features, trainingBins };

  function addUnlessConstant(feature: FeatureBinning, bins: Uint8Array): void {
    if (bins.some((bin) => bin !== bins[0])) {
      features.push(feature);
      trainingBins.push(bins);
    }
  }
}

/**
 * The features whose bins depend on labels, fitted again to some of the rows, such as those of a fold: large categories,
 * ordered by rate. What the bins of all other features are learned from are values alone, so folds can share them.
 * @param training  rows that may be learned from: their bins are cross-fitted, as those of `fitBinning`
 * @param others    further rows to bin
 * @returns by the number of the feature: the feature, with bins of the training rows and of the others
 */
export function refitRateBinnings(
  features: readonly FeatureBinning[],
  table: Table,
  labels: Uint8Array,
  training: Uint32Array,
  others: Uint32Array,
  seed: number,
  options: BinningOptions,
  groups?: Uint32Array,
): Map<number, { feature: FeatureBinning; trainingBins: Uint8Array; otherBins: Uint8Array }> {
  const refitted = new Map<number, { feature: FeatureBinning; trainingBins: Uint8Array; otherBins: Uint8Array }>();
  features.forEach(({ kind, column }, at) => {
    if (kind !== 'rate') return;
    const { feature, bins } = fitRateBinning(table.categoryColumn(column), labels, training, seed, options, groups);
    refitted.set(at, { feature, trainingBins: bins, otherBins: binRows([feature], table, others)[0]! });
  });
  return refitted;
}

/**
 * The bins of any rows of any table with the same columns, one array per feature. Numbers take the WebAssembly kernel
 * `binNumbers`, whose bins are those of `binOfNumber`. O(features × rows).
 */
export function binRows(features: readonly FeatureBinning[], table: Table, rows: Uint32Array): Uint8Array[] {
  const consecutive = areConsecutive(rows);
  return features.map((feature) => {
    if (feature.kind === 'number') {
      const { values } = table.numberColumn(feature.column);
      const bins = binNumbers(values, rows, feature.cuts, consecutive);
      return feature.zeroIsMissing ? bins.map((bin, at) => (isZero(values[rows[at]!]!) ? MISSING_BIN : bin)) : bins;
    }
    const { codes, categories } = table.categoryColumn(feature.column);
    const binByCode = Uint8Array.from(categories, (level) => binOfLevel(feature, level));
    return binCodes(codes, rows, binByCode);
  });
}

/** As LightGBM has it: a threshold of 10⁻³⁵ in 32 bits. */
function isZero(value: number): boolean {
  return Math.abs(value) <= zeroMax;
}

const zeroMax = Math.fround(1e-35);

/** How many bins a feature has, the missing one counted. */
export function binCountOf(feature: FeatureBinning): number {
  return feature.kind === 'level' ? 3 : feature.cuts.length + 2;
}

/** Quantiles of so many rows are as good as those of all. Sorting all costs. */
const rowsPerBinForCuts = 200;

/**
 * Ascending thresholds that separate the values (without NaN) into at most `binsMax` groups of about equal count, each
 * threshold half-way between two adjacent values; every distinct value has its own group where they fit.
 * O(n).
 */
export function quantileCuts(values: Float64Array, binsMax: number): Float64Array {
  const sorted = sortedNumbers(values);
  const cuts: number[] = [];
  let distinct = sorted.length === 0 ? 0 : 1;
  for (let at = 1; at < sorted.length; at += 1) distinct += sorted[at] === sorted[at - 1] ? 0 : 1;
  const addCutAfter = (at: number): void => {
    const [low, high] = [sorted[at]!, sorted[at + 1]!];
    if (low < high && !(cuts[cuts.length - 1]! >= low)) {
      const middle = low + (high - low) / 2;
      cuts.push(middle < high ? middle : low); // adjacent doubles have no middle
    }
  };
  if (distinct <= binsMax) {
    for (let at = 0; at + 1 < sorted.length; at += 1) addCutAfter(at);
    return Float64Array.from(cuts);
  }
  for (let bin = 1; bin < binsMax; bin += 1) {
    // a run of equal values is split at its end
    let at = Math.floor((bin * sorted.length) / binsMax) - 1;
    while (at >= 0 && at + 1 < sorted.length && sorted[at] === sorted[at + 1]) at += 1;
    if (at >= 0 && at + 1 < sorted.length) addCutAfter(at);
  }
  return Float64Array.from(cuts);
}

/** 1 + the number of thresholds below the value, or MISSING_BIN. O(log thresholds). */
export function binOfNumber(value: number, cuts: Float64Array): number {
  if (Number.isNaN(value)) return MISSING_BIN;
  let low = 0;
  let length = cuts.length;
  while (length > 0) {
    const half = length >> 1;
    if (cuts[low + half]! < value) {
      low += half + 1;
      length -= half + 1;
    } else {
      length = half;
    }
  }
  return low + 1;
}

/** For fewer rows a grid is not worth its making. */
const rowsWorthKernel = 32;

const gridByCuts = new WeakMap<readonly number[], ThresholdGrid>();

function binNumbers(
  values: Float64Array,
  rows: Uint32Array,
  cuts: readonly number[],
  consecutive: boolean,
): Uint8Array {
  const bins = new Uint8Array(rows.length);
  if (rows.length < rowsWorthKernel || cuts.length > kernelLimits.thresholds) {
    const doubles = Float64Array.from(cuts);
    for (let at = 0; at < rows.length; at += 1) bins[at] = binOfNumber(values[rows[at]!]!, doubles);
    return bins;
  }
  let grid = gridByCuts.get(cuts);
  if (grid === undefined) {
    grid = gridOf(Float64Array.from(cuts));
    gridByCuts.set(cuts, grid);
  }
  for (let from = 0; from < rows.length; from += kernelLimits.rows) {
    const block = rows.subarray(from, from + kernelLimits.rows);
    kernels().binNumbers(grid, values, block, consecutive, bins.subarray(from, from + block.length));
  }
  return bins;
}

function areConsecutive(rows: Uint32Array): boolean {
  for (let at = 1; at < rows.length; at += 1) {
    if (rows[at] !== rows[at - 1]! + 1) return false;
  }
  return true;
}

function binCodes(codes: Uint32Array, rows: Uint32Array, binByCode: Uint8Array): Uint8Array {
  const bins = new Uint8Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const code = codes[rows[at]!]!;
    bins[at] = code === MISSING_CATEGORY ? MISSING_BIN : binByCode[code]!;
  }
  return bins;
}

function binOfLevel(feature: LevelBinning | RateBinning, level: string): number {
  if (feature.kind === 'level') {
    if (level === feature.level) return 2;
    return feature.others.includes(level) ? 1 : MISSING_BIN;
  }
  const rate = Object.hasOwn(feature.rateByLevel, level) ? feature.rateByLevel[level]! : Number.NaN;
  return binOfNumber(rate, Float64Array.from(feature.cuts));
}

/**
 * The levels with at least `rowsMin` of the rows, the `limit` most frequent of them, in the order of their text
 * (not of the file).
 */
export function frequentLevels(column: CategoryColumn, rows: Uint32Array, rowsMin: number, limit = Infinity): string[] {
  const rowsByCode = new Uint32Array(column.categories.length);
  for (const row of rows) {
    const code = column.codes[row]!;
    if (code !== MISSING_CATEGORY) rowsByCode[code] = rowsByCode[code]! + 1;
  }
  const frequent = column.categories
    .map((level, code) => ({ level, count: rowsByCode[code]! }))
    .filter(({ count }) => count >= rowsMin)
    .sort((left, right) => right.count - left.count || (left.level < right.level ? -1 : 1));
  return frequent
    .slice(0, limit)
    .map(({ level }) => level)
    .sort();
}

function fitRateBinning(
  column: CategoryColumn,
  labels: Uint8Array,
  rows: Uint32Array,
  seed: number,
  options: BinningOptions,
  groups: Uint32Array | undefined,
): { feature: RateBinning; bins: Uint8Array } {
  const foldCount = Math.min(5, rows.length);
  const crossFitted = new Float64Array(column.codes.length).fill(Number.NaN);
  const folds = foldCount < 2 ? [rows] : foldsOf(labels, rows, foldCount, new RandomStream(seed, 0x7a7e), groups);
  for (const fold of folds) {
    const inFold = new Set(fold);
    const others = rows.filter((row) => !inFold.has(row));
    const rates = smoothedRates(column, labels, others, options.ratePriorRows);
    for (const row of fold) {
      const code = column.codes[row]!;
      crossFitted[row] = code === MISSING_CATEGORY ? Number.NaN : rates[code]!;
    }
  }
  const cuts = quantileCuts(valuesOf(crossFitted, rows), options.binsMax);
  const rates = smoothedRates(column, labels, rows, options.ratePriorRows);
  const codeByLevel = new Map(column.categories.map((level, code) => [level, code]));
  const rateByLevel: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const level of frequentLevels(column, rows, 1)) rateByLevel[level] = rates[codeByLevel.get(level)!]!;
  const feature: RateBinning = { kind: 'rate', column: column.name, rateByLevel, cuts: [...cuts] };
  return { feature, bins: binNumbers(crossFitted, rows, feature.cuts, areConsecutive(rows)) };
}

/**
 * The rate of positives per code, shrunk to the overall rate (Micci-Barreca, SIGKDD Explorations 2001): a level of k
 * rows counts k, the overall rate counts `priorRows`. Codes without rows get the overall rate.
 */
export function smoothedRates(
  column: CategoryColumn,
  labels: Uint8Array,
  rows: Uint32Array,
  priorRows: number,
): Float64Array {
  const rowsByCode = new Float64Array(column.categories.length);
  const positivesByCode = new Float64Array(column.categories.length);
  let positives = 0;
  for (const row of rows) {
    const code = column.codes[row]!;
    positives += labels[row]!;
    if (code !== MISSING_CATEGORY) {
      rowsByCode[code] = rowsByCode[code]! + 1;
      positivesByCode[code] = positivesByCode[code]! + labels[row]!;
    }
  }
  const overall = rows.length === 0 ? 0.5 : positives / rows.length;
  return rowsByCode.map((count, code) => (positivesByCode[code]! + priorRows * overall) / (count + priorRows));
}
