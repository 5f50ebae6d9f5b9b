import { MISSING_CATEGORY, type Table } from '@holdfast/learning/table';
import { lastDayOf } from '@holdfast/platform/calendar';
import { categoryBins, type Distribution, type Reference } from './distribution.js';

/** Rows by bin of each watched column, in the order of the reference, and of the scores. JSON. */
export interface BinCounts {
  readonly columns: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

/** Counts the rows of a run into the bins of its model's reference. */
export class BinCounter {
  private readonly columns: Float64Array[];
  private readonly scores: Float64Array;
  private readonly monthEnd: number | undefined;

  /** @param month of the rows, `YYYY-MM`; empty where the table has a single snapshot */
  constructor(
    private readonly reference: Reference,
    month: string,
  ) {
    this.columns = reference.columns.map(({ counts }) => new Float64Array(counts.length));
    this.scores = new Float64Array(reference.scores.counts.length);
    this.monthEnd = month === '' ? undefined : lastDayOf(month);
  }

  /**
   * @param table with all columns of the model @param probabilities one per row of the table @param rows that are counted.
   * O(rows × columns × bins)
   */
  add(table: Table, probabilities: Float64Array, rows: Uint32Array): void {
    this.reference.columns.forEach((distribution, at) => this.addColumn(distribution, this.columns[at]!, table, rows));
    addNumbers(this.reference.scores.edges!, probabilities, 0, rows, this.scores);
  }

  counts(): BinCounts {
    return { columns: this.columns.map((counts) => [...counts]), scores: [...this.scores] };
  }

  private addColumn(
    { name, type, edges, categories }: Distribution,
    counts: Float64Array,
    table: Table,
    rows: Uint32Array,
  ): void {
    if (categories !== undefined) {
      const { codes, categories: dictionary } = table.categoryColumn(name);
      const bins = categoryBins(categories, dictionary);
      for (const row of rows) {
        const code = codes[row]!;
        counts[code === MISSING_CATEGORY ? counts.length - 1 : bins[code]!]! += 1;
      }
      return;
    }
    // Without a month the distance of a date is unknown: all its bins stay empty, and it is not compared.
    if (type === 'date' && this.monthEnd === undefined) return;
    const shift = type === 'date' ? this.monthEnd! : 0;
    const { values } = table.numberColumn(name);
    addNumbers(edges!, values, shift, rows, counts);
  }
}

/**
 * Adds to the bins of `numberBin`. To compare with each of ten edges takes less time than to guess the way of a search.
 * @param shift that is taken from each value
 */
function addNumbers(
  edges: readonly number[],
  values: Float64Array,
  shift: number,
  rows: Uint32Array,
  counts: Float64Array,
): void {
  const doubles = Float64Array.from(edges);
  for (let at = 0; at < rows.length; at += 1) {
    const value = values[rows[at]!]! - shift;
    let bin = 0;
    for (let edge = 0; edge < doubles.length; edge += 1) bin += Number(value > doubles[edge]!);
    if (Number.isNaN(value)) bin = doubles.length + 1;
    counts[bin] = counts[bin]! + 1;
  }
}

/** Enough for shares of tenths to half a percent. */
const COUNTED_ROWS = 100_000;
const STEP_MAX = 16;

/**
 * Of a large run every so many logical shards are counted: a shard is a hash of the subscription, so they are a uniform
 * sample, which does not depend on the division into pieces.
 * @param rows of the run, about
 */
export function countedShardStep(rows: number): number {
  return Math.min(STEP_MAX, Math.max(1, Math.floor(rows / COUNTED_ROWS)));
}

/** The counts of all pieces together. */
export function sumOfCounts(pieces: readonly BinCounts[]): BinCounts {
  const sum = (lists: readonly (readonly number[])[]): number[] =>
    lists[0]!.map((_, bin) => lists.reduce((total, list) => total + list[bin]!, 0));
  return {
    columns: pieces[0]!.columns.map((_, at) => sum(pieces.map(({ columns }) => columns[at]!))),
    scores: sum(pieces.map(({ scores }) => scores)),
  };
}
