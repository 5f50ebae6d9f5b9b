import { binRows, frequentLevels, MISSING_BIN, quantileCuts } from './binning.js';
import { logitOf } from './logistic.js';
import { MISSING_CATEGORY, valuesOf, type Column, type Table } from './table.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { log, max, min } = Math;

/** A number in bins: bin k has the values above the (k − 1)-th threshold, up to the k-th of them. */
interface NumberEvidence {
  readonly kind: 'number';
  readonly column: string;
  readonly cuts: readonly number[];
  /** By bin. */
  readonly evidence: readonly number[];
  readonly missing: number;
}

/** A category; levels with few rows share one value. Unseen levels are missing. */
interface CategoryEvidence {
  readonly kind: 'category';
  readonly column: string;
  readonly levels: readonly string[];
  /** By entry of `levels`. */
  readonly evidence: readonly number[];
  readonly rareLevels: readonly string[];
  readonly rare: number;
  readonly missing: number;
}

/**
 * One column as a number: the weight of evidence of the value's bin or level, that is the logit of its rate of positives
 * minus that of all rows (Good, 1950; Siddiqi, Credit Risk Scorecards, 2006).
 */
export type ColumnEvidence = NumberEvidence | CategoryEvidence;

export interface EvidenceOptions {
  /** Maximum number of bins of a number before adjacent ones are merged. */
  readonly binsMax: number;
  /** A bin has at least so many rows of each class. */
  readonly classRowsMin: number;
  /** Adjacent bins are merged up to this likelihood-ratio statistic, χ² with one degree of freedom. */
  readonly mergedBelow: number;
  /** Levels with fewer training rows are pooled. */
  readonly levelRowsMin: number;
  /** Prior rows of the rarer class that shrink the rate of a bin towards that of all rows. */
  readonly priorRows: number;
}

export const defaultEvidence: EvidenceOptions = {
  binsMax: 20,
  classRowsMin: 5,
  mergedBelow: 3.84,
  levelRowsMin: 5,
  priorRows: 4,
};

/** Positives and negatives by fine bin; entry 0 has the rows without a value. */
interface Counts {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** What the weights of evidence of one column are learned from. */
interface FineBins {
  readonly column: Column;
  /** By position of the training rows: 0 without a value, else from 1. */
  readonly bins: Uint8Array | Uint32Array;
  /** Of numbers. */
  readonly cuts: Float64Array;
  readonly countsByFold: readonly Counts[];
}

/** One column with its evidence from all training rows, and that of each row from rows of other folds. */
class FittedEvidence {
  /** By fold, by fine bin: learned from the other folds. */
  private readonly heldOut: readonly Float64Array[];
  readonly encoding: ColumnEvidence;
  /** Mean over the training rows. */
  readonly mean: number;

  constructor(
    private readonly fine: FineBins,
    private readonly foldByPosition: Uint8Array,
    rows: Uint32Array,
    options: EvidenceOptions,
  ) {
    const all = sumOf(fine.countsByFold);
    const values = evidenceByBin(fine, all, rows, options);
    this.encoding = encodingOf(fine, values, rows, options);
    const counts = all.positives.map((positives, bin) => positives + all.negatives[bin]!);
    this.mean = counts.reduce((sum, count, bin) => sum + count * values[bin]!, 0) / max(1, sumOfAll(counts));
    this.heldOut = fine.countsByFold.map((own) => evidenceByBin(fine, differenceOf(all, own), rows, options));
  }

  /**
   * Information value of rows whose labels the evidence was not learned from: Σ (share of the positives − share of the
   * negatives) × evidence, a mean over folds. About 0 for a column without information, where the information value of
   * the same rows would be above it.
   */
  get information(): number {
    const folds = this.fine.countsByFold.map(({ positives, negatives }, fold) => {
      const [allPositives, allNegatives] = [max(1, sumOfAll(positives)), max(1, sumOfAll(negatives))];
      return this.heldOut[fold]!.reduce(
        (sum, value, bin) => sum + (positives[bin]! / allPositives - negatives[bin]! / allNegatives) * value,
        0,
      );
    });
    return folds.reduce((sum, value) => sum + value, 0) / folds.length;
  }

  /** The evidence at positions of the training rows, none of it learned from the row's own label. */
  outOfFold(positions: Uint32Array): Float64Array {
    return Float64Array.from(positions, (at) => this.heldOut[this.foldByPosition[at]!]![this.fine.bins[at]!]!);
  }
}

/**
 * The evidence of every column that has at least two values in the training rows.
 *
 * A number is split at quantiles; then the adjacent bins that differ least are merged, as long as one of them has too few
 * rows of a class or the difference is within chance (ChiMerge: Kerber, AAAI 1992). A column may be monotone or not, as
 * its rows show. Rates are shrunk towards that of all rows. O(columns × rows).
 * @param foldByPosition the fold of each of `rows`
 */
export function fitEvidence(
  table: Table,
  labels: Uint8Array,
  rows: Uint32Array,
  foldByPosition: Uint8Array,
  options: EvidenceOptions = defaultEvidence,
): FittedEvidence[] {
  const foldCount = foldByPosition.reduce((most, fold) => max(most, fold), 0) + 1;
  return table.columns.flatMap((column) => {
    const { bins, binCount, cuts } = fineBinsOf(column, table, rows, options);
    if (bins.every((bin) => bin === bins[0])) return [];
    const countsByFold = Array.from({ length: foldCount }, (): Counts => emptyCounts(binCount));
    bins.forEach((bin: number, at: number) => {
      const { positives, negatives } = countsByFold[foldByPosition[at]!]!;
      const counts = labels[rows[at]!] === 1 ? positives : negatives;
      counts[bin] = counts[bin]! + 1;
    });
    return [new FittedEvidence({ column, bins, cuts, countsByFold }, foldByPosition, rows, options)];
  });
}

/** The columns with out-of-fold information above 0, at most so many, in their order. */
export function mostInformative(fitted: readonly FittedEvidence[], columnsMax: number): FittedEvidence[] {
  const ranked = fitted
    .map((column) => ({ column, information: column.information }))
    .filter(({ information }) => information > 0)
    .sort((left, right) => right.information - left.information)
    .slice(0, columnsMax);
  const chosen = new Set(ranked.map(({ column }) => column));
  return fitted.filter((column) => chosen.has(column));
}

/** The evidence of one column for any rows of any table that has it. O(rows). */
export function evidenceOf(encoding: ColumnEvidence, table: Table, rows: Uint32Array): Float64Array {
  const { missing, evidence } = encoding;
  if (encoding.kind === 'number') {
    const [bins] = binRows([{ kind: 'number', column: encoding.column, cuts: encoding.cuts }], table, rows);
    return Float64Array.from(bins!, (bin) => (bin === MISSING_BIN ? missing : evidence[bin - 1]!));
  }
  const { codes, categories } = table.categoryColumn(encoding.column);
  const valueByLevel = new Map(encoding.levels.map((level, at) => [level, evidence[at]!]));
  for (const level of encoding.rareLevels) valueByLevel.set(level, encoding.rare);
  const valueByCode = Float64Array.from(categories, (level) => valueByLevel.get(level) ?? missing);
  return Float64Array.from(rows, (row) => {
    const code = codes[row]!;
    return code === MISSING_CATEGORY ? missing : valueByCode[code]!;
  });
}

const ROWS_PER_BIN = 500;

function fineBinsOf(column: Column, table: Table, rows: Uint32Array, { binsMax }: EvidenceOptions) {
  if (column.kind === 'category') {
    const bins = Uint32Array.from(rows, (row) => (column.codes[row] === MISSING_CATEGORY ? 0 : column.codes[row]! + 1));
    return { bins, binCount: column.categories.length + 1, cuts: new Float64Array(0) };
  }
  // quantiles of so many rows are as good as those of all
  const everyNth = max(1, Math.floor(rows.length / (ROWS_PER_BIN * binsMax)));
  const sample = everyNth === 1 ? rows : rows.filter((_row, at) => at % everyNth === 0);
  const cuts = quantileCuts(valuesOf(column.values, sample), binsMax);
  const [bins] = binRows([{ kind: 'number', column: column.name, cuts: [...cuts] }], table, rows);
  return { bins: bins!, binCount: cuts.length + 2, cuts };
}

/** By fine bin; entry 0 that of missing values. */
function evidenceByBin(fine: FineBins, counts: Counts, rows: Uint32Array, options: EvidenceOptions): Float64Array {
  const { positives, negatives } = counts;
  const all = { positives: sumOfAll(positives), negatives: sumOfAll(negatives) };
  const rate = (all.positives + 0.5) / (all.positives + all.negatives + 1);
  const prior = options.priorRows / min(rate, 1 - rate);
  const valueOf = (own: number, others: number): number =>
    own + others === 0 ? 0 : logitOf((own + prior * rate) / (own + others + prior)) - logitOf(rate);
  const values = new Float64Array(positives.length);
  values[0] = valueOf(positives[0]!, negatives[0]!);
  const groups = fine.column.kind === 'number' ? mergedBins(counts, options) : levelGroups(fine, rows, options);
  for (const group of groups) {
    const value = valueOf(sumAt(positives, group), sumAt(negatives, group));
    for (const bin of group) values[bin] = value;
  }
  return values;
}

/** Runs of adjacent fine bins, from 1, that have one value. O(bins²). */
function mergedBins({ positives, negatives }: Counts, options: EvidenceOptions): number[][] {
  const groups = Array.from({ length: positives.length - 1 }, (_, at) => [at + 1]);
  const sums = groups.map(([bin]) => ({ positives: positives[bin!]!, negatives: negatives[bin!]! }));
  const isSmall = (at: number): boolean => min(sums[at]!.positives, sums[at]!.negatives) < options.classRowsMin;
  while (groups.length > 1) {
    let least = { at: -1, statistic: Infinity, isSmall: false };
    for (let at = 0; at + 1 < groups.length; at += 1) {
      const statistic = likelihoodRatio(sums[at]!, sums[at + 1]!);
      const small = isSmall(at) || isSmall(at + 1);
      if (small === least.isSmall ? statistic < least.statistic : small) least = { at, statistic, isSmall: small };
    }
    if (!least.isSmall && least.statistic >= options.mergedBelow) break;
    const { at } = least;
    groups[at]!.push(...groups.splice(at + 1, 1)[0]!);
    const [merged] = sums.splice(at + 1, 1);
    sums[at]!.positives += merged!.positives;
    sums[at]!.negatives += merged!.negatives;
  }
  return groups;
}

interface ClassSums {
  positives: number;
  negatives: number;
}

/** 2 × (log likelihood with a rate for each − that with a common rate). */
function likelihoodRatio(left: ClassSums, right: ClassSums): number {
  const both = { positives: left.positives + right.positives, negatives: left.negatives + right.negatives };
  return 2 * (logLikelihood(left) + logLikelihood(right) - logLikelihood(both));
}

function logLikelihood({ positives, negatives }: ClassSums): number {
  const count = positives + negatives;
  const part = (of: number): number => (of > 0 ? of * log(of / count) : 0);
  return part(positives) + part(negatives);
}

/** Fine bins of levels: each frequent one alone, all rare ones together. */
function levelGroups({ column }: FineBins, rows: Uint32Array, { levelRowsMin }: EvidenceOptions): number[][] {
  if (column.kind !== 'category') return [];
  const binByLevel = new Map(column.categories.map((level, code) => [level, code + 1]));
  const frequent = new Set(frequentLevels(column, rows, levelRowsMin));
  const rare = frequentLevels(column, rows, 1).filter((level) => !frequent.has(level));
  return [...[...frequent].map((level) => [binByLevel.get(level)!]), rare.map((level) => binByLevel.get(level)!)];
}

function encodingOf(fine: FineBins, values: Float64Array, rows: Uint32Array, options: EvidenceOptions): ColumnEvidence {
  const { column } = fine;
  const missing = values[0]!;
  if (column.kind === 'number') {
    const starts = [...values.keys()].filter((bin) => bin === 1 || (bin > 1 && values[bin] !== values[bin - 1]));
    const cuts = starts.slice(1).map((bin) => fine.cuts[bin - 2]!);
    return { kind: 'number', column: column.name, cuts, evidence: starts.map((bin) => values[bin]!), missing };
  }
  const codeByLevel = new Map(column.categories.map((level, code) => [level, code]));
  const levels = frequentLevels(column, rows, options.levelRowsMin);
  const own = new Set(levels);
  const rareLevels = frequentLevels(column, rows, 1).filter((level) => !own.has(level));
  const valueOf = (level: string): number => values[codeByLevel.get(level)! + 1]!;
  const rare = rareLevels.length === 0 ? 0 : valueOf(rareLevels[0]!);
  const evidence = levels.map(valueOf);
  return { kind: 'category', column: column.name, levels, evidence, rareLevels, rare, missing };
}

function emptyCounts(binCount: number): Counts {
  return { positives: new Float64Array(binCount), negatives: new Float64Array(binCount) };
}

function sumOf(parts: readonly Counts[]): Counts {
  const sum = emptyCounts(parts[0]!.positives.length);
  for (const { positives, negatives } of parts) {
    positives.forEach((count, bin) => (sum.positives[bin] = sum.positives[bin]! + count));
    negatives.forEach((count, bin) => (sum.negatives[bin] = sum.negatives[bin]! + count));
  }
  return sum;
}

function differenceOf(all: Counts, part: Counts): Counts {
  return {
    positives: all.positives.map((count, bin) => count - part.positives[bin]!),
    negatives: all.negatives.map((count, bin) => count - part.negatives[bin]!),
  };
}

function sumOfAll(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function sumAt(counts: Float64Array, bins: readonly number[]): number {
  return bins.reduce((sum, bin) => sum + counts[bin]!, 0);
}
