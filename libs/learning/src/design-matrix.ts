import { frequentLevels } from './binning.js';
import { MISSING_CATEGORY, valuesOf, type CategoryColumn, type NumberColumn, type Table } from './table.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { max, min } = Math;

/** A number: its standardised value, then (with knots) a natural cubic spline's terms, then whether it is missing. */
interface NumberTerms {
  readonly kind: 'number';
  readonly column: string;
  /** Values outside are clipped: single outliers would dominate the line. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  /** At least three, in standardised units; empty for a straight line. */
  readonly knots: readonly number[];
  readonly missingTerm: boolean;
}

/** A category: one term per frequent level, one for all rare ones, one for missing. Unseen levels are missing. */
interface CategoryTerms {
  readonly kind: 'category';
  readonly column: string;
  readonly levels: readonly string[];
  readonly rareLevels: readonly string[];
  readonly missingTerm: boolean;
}

export type ColumnTerms = NumberTerms | CategoryTerms;

export interface DesignOptions {
  /** Knots of each number's spline, 0 for a straight line. */
  readonly knotCount: number;
  /** Levels with fewer training rows are pooled. */
  readonly levelRowsMin: number;
  /** Maximum number of levels with their own term, the most frequent first. */
  readonly levelsMax: number;
}

/** A sparse matrix by rows: row r has the entries rowStart[r] … rowStart[r + 1] of `term` and `value`. */
export interface DesignMatrix {
  readonly rowCount: number;
  readonly termCount: number;
  readonly rowStart: Uint32Array;
  readonly term: Uint32Array;
  readonly value: Float64Array;
}

/** Learns from the training rows alone how each column becomes terms. Constant columns get none. */
export function fitDesign(table: Table, rows: Uint32Array, options: DesignOptions): ColumnTerms[] {
  return table.columns
    .map((column) => (column.kind === 'number' ? fitNumber(column, rows, options) : fitCategory(column, rows, options)))
    .filter((terms) => terms !== null);
}

/** How many terms a column has. */
export function termCountOf(terms: ColumnTerms): number {
  if (terms.kind === 'number') return 1 + max(0, terms.knots.length - 2) + (terms.missingTerm ? 1 : 0);
  return terms.levels.length + (terms.rareLevels.length > 0 ? 1 : 0) + (terms.missingTerm ? 1 : 0);
}

/** The terms of any rows of any table with the same columns. O(rows × (numbers' terms + categories)). */
export function buildDesign(columns: readonly ColumnTerms[], table: Table, rows: Uint32Array): DesignMatrix {
  const writers: TermWriter[] = [];
  let termCount = 0;
  let entriesPerRowMax = 0;
  for (const terms of columns) {
    writers.push(writerOf(terms, table, termCount));
    termCount += termCountOf(terms);
    entriesPerRowMax += terms.kind === 'number' ? termCountOf(terms) : 1;
  }
  const rowStart = new Uint32Array(rows.length + 1);
  const entries: Entries = {
    term: new Uint32Array(rows.length * entriesPerRowMax),
    value: new Float64Array(rows.length * entriesPerRowMax),
    count: 0,
  };
  for (let at = 0; at < rows.length; at += 1) {
    for (const write of writers) write(rows[at]!, entries);
    rowStart[at + 1] = entries.count;
  }
  const term = entries.term.subarray(0, entries.count);
  return { rowCount: rows.length, termCount, rowStart, term, value: entries.value.subarray(0, entries.count) };
}

interface Entries {
  readonly term: Uint32Array;
  readonly value: Float64Array;
  count: number;
}

type TermWriter = (row: number, entries: Entries) => void;

function fitNumber(column: NumberColumn, rows: Uint32Array, options: DesignOptions): NumberTerms | null {
  const present = valuesOf(column.values, rows)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const missingTerm = present.length > 0 && present.length < rows.length;
  if (present.length === 0 || (present[0] === present[present.length - 1] && !missingTerm)) return null;
  const low = quantile(present, clippedShare);
  const high = quantile(present, 1 - clippedShare);
  // a flag that is nearly always 0 must not be clipped to a constant
  const [from, to] = low < high ? [low, high] : [present[0]!, present[present.length - 1]!];
  const clipped = present.map((value) => min(to, max(from, value)));
  const mean = clipped.reduce((sum, value) => sum + value, 0) / clipped.length;
  const variance = clipped.reduce((sum, value) => sum + (value - mean) ** 2, 0) / clipped.length;
  const deviation = variance > 0 ? Math.sqrt(variance) : 1;
  const standardised = clipped.map((value) => (value - mean) / deviation);
  const knots = splineKnots(standardised, options.knotCount);
  return { kind: 'number', column: column.name, low: from, high: to, mean, deviation, knots, missingTerm };
}

/** Knots at equally spaced quantiles from 5 % to 95 % (Harrell, Regression Modeling Strategies, 2.4.6). */
function splineKnots(sorted: Float64Array, knotCount: number): number[] {
  const knots: number[] = [];
  for (let at = 0; at < knotCount; at += 1) {
    const knot = quantile(sorted, 0.05 + (0.9 * at) / (knotCount - 1));
    if (!(knot <= knots[knots.length - 1]!)) knots.push(knot);
  }
  return knots.length < 3 ? [] : knots;
}

function fitCategory(column: CategoryColumn, rows: Uint32Array, options: DesignOptions): CategoryTerms | null {
  const known = frequentLevels(column, rows, 1);
  const own = new Set(frequentLevels(column, rows, options.levelRowsMin, options.levelsMax));
  const levels = known.filter((level) => own.has(level));
  const rareLevels = known.filter((level) => !own.has(level));
  const missingTerm = known.length > 0 && rows.some((row) => column.codes[row] === MISSING_CATEGORY);
  const terms: CategoryTerms = { kind: 'category', column: column.name, levels, rareLevels, missingTerm };
  return termCountOf(terms) < 2 ? null : terms;
}

function writerOf(terms: ColumnTerms, table: Table, first: number): TermWriter {
  return terms.kind === 'number'
    ? numberWriter(terms, table.numberColumn(terms.column).values, first)
    : categoryWriter(terms, table.categoryColumn(terms.column), first);
}

function numberWriter(terms: NumberTerms, values: Float64Array, first: number): TermWriter {
  const { low, high, mean, deviation, knots } = terms;
  const missingAt = first + termCountOf(terms) - 1;
  return (row, entries) => {
    const value = values[row]!;
    if (Number.isNaN(value)) {
      if (terms.missingTerm) push(entries, missingAt, 1);
      return; // a missing value counts as the mean
    }
    const standardised = (min(high, max(low, value)) - mean) / deviation;
    push(entries, first, standardised);
    for (let term = 0; term + 2 < knots.length; term += 1) {
      const bent = naturalSplineTerm(standardised, knots, term);
      if (bent !== 0) push(entries, first + 1 + term, bent);
    }
  };
}

function categoryWriter(terms: CategoryTerms, column: CategoryColumn, first: number): TermWriter {
  const rareAt = first + terms.levels.length;
  const missingAt = terms.missingTerm ? first + termCountOf(terms) - 1 : -1;
  const termByLevel = new Map(terms.levels.map((level, at) => [level, first + at]));
  terms.rareLevels.forEach((level) => termByLevel.set(level, rareAt));
  const termByCode = Int32Array.from(column.categories, (level) => termByLevel.get(level) ?? missingAt);
  return (row, entries) => {
    const code = column.codes[row]!;
    const term = code === MISSING_CATEGORY ? missingAt : termByCode[code]!;
    if (term >= 0) push(entries, term, 1);
  };
}

/** The k-th non-linear term of a restricted cubic spline: cubic between the knots, straight outside them. */
function naturalSplineTerm(value: number, knots: readonly number[], k: number): number {
  const knot = knots[k]!;
  if (value <= knot) return 0;
  const last = knots[knots.length - 1]!;
  const beforeLast = knots[knots.length - 2]!;
  const width = last - knots[0]!;
  const cube = (distance: number): number => (distance > 0 ? distance ** 3 : 0);
  const bent =
    cube(value - knot) -
    (cube(value - beforeLast) * (last - knot)) / (last - beforeLast) +
    (cube(value - last) * (beforeLast - knot)) / (last - beforeLast);
  return bent / (width * width);
}

function push(entries: Entries, term: number, value: number): void {
  entries.term[entries.count] = term;
  entries.value[entries.count] = value;
  entries.count += 1;
}

/** Linear interpolation between order statistics (type 7, the default of R and NumPy). */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = min(sorted.length - 1, below + 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

const clippedShare = 0.005;
