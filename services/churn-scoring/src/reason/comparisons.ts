import { ComparisonKind, type Comparison } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Column } from '@holdfast/learning/table';
import { valueAt } from '../table/batch-table.js';
import type { ColumnType, TypedColumn } from '../table/typed-column.js';

/** What the training rows say about one column, for people to compare a value with. */
interface ColumnComparison {
  /** Of numbers and dates: null where a class has no value. */
  readonly medians: { readonly stayed: number; readonly left: number } | null;
  /** Of categories and flags: the share that left by value, pulled towards the overall share where few have it. */
  readonly shares: readonly (readonly [value: number | string, share: number])[];
  /** The share that left among rows without a value; null where every row had one. */
  readonly missingShare: number | null;
}

/** What the training rows say about every column. JSON; kept with the model. */
export interface ComparisonTable {
  readonly overallShare: number;
  readonly columns: readonly (readonly [name: string, ColumnComparison])[];
}

/** A share counts as if so many average rows had been seen too: a value of three rows proves nothing. */
export const PRIOR_ROWS = 20;

/** @param labels 0 or 1 for every row; only `rows` count. O(rows log rows) per number, O(rows) per category. */
export function learnComparisons(
  columns: readonly Column[],
  typeOf: ReadonlyMap<string, ColumnType>,
  labels: Uint8Array,
  rows: Uint32Array,
): ComparisonTable {
  const overallShare = rows.reduce((sum, row) => sum + labels[row]!, 0) / rows.length;
  return {
    overallShare,
    columns: columns.map((column) => {
      const type = typeOf.get(column.name);
      const isNumeric = column.kind === 'number' && type !== 'flag';
      const tallies = tally(column, labels, rows, isNumeric);
      const shareOf = ({ left, seen }: Tally): number => (left + PRIOR_ROWS * overallShare) / (seen + PRIOR_ROWS);
      const missing = tallies.get(undefined);
      return [
        column.name,
        {
          medians: isNumeric ? mediansOf(column.values, labels, rows) : null,
          shares: [...tallies].flatMap(([value, counts]) =>
            value === undefined ? [] : [[value, shareOf(counts)] as const],
          ),
          missingShare: missing === undefined ? null : shareOf(missing),
        },
      ];
    }),
  };
}

interface Tally {
  seen: number;
  left: number;
}

/** Rows and leavers by value; of numeric columns, whose values are too many, of the missing ones alone. */
function tally(
  column: Column,
  labels: Uint8Array,
  rows: Uint32Array,
  missingOnly: boolean,
): Map<number | string | undefined, Tally> {
  const tallies = new Map<number | string | undefined, Tally>();
  for (const row of rows) {
    const value = valueAt(column, row);
    if (missingOnly && value !== undefined) continue;
    let counts = tallies.get(value);
    if (counts === undefined) tallies.set(value, (counts = { seen: 0, left: 0 }));
    counts.seen += 1;
    counts.left += labels[row]!;
  }
  return tallies;
}

function mediansOf(values: Float64Array, labels: Uint8Array, rows: Uint32Array): ColumnComparison['medians'] {
  const medianOfClass = (label: number): number | undefined =>
    median(
      Float64Array.from(
        rows.filter((row) => labels[row] === label && !Number.isNaN(values[row]!)),
        (row) => values[row]!,
      ),
    );
  const [stayed, left] = [medianOfClass(0), medianOfClass(1)];
  return stayed === undefined || left === undefined ? null : { stayed, left };
}

/** The middle value, or the mean of the two middle ones; undefined of nothing. Sorts in place. */
function median(values: Float64Array): number | undefined {
  if (values.length === 0) return undefined;
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/** Looks up what a value is to be compared with. */
export class Comparisons {
  private readonly byColumn: ReadonlyMap<string, ColumnComparison & { byValue: ReadonlyMap<number | string, number> }>;

  constructor(private readonly table: ComparisonTable) {
    this.byColumn = new Map(
      table.columns.map(([name, column]) => [name, { ...column, byValue: new Map(column.shares) }]),
    );
  }

  /** Undefined where the training rows say nothing about such a value. */
  of({ name }: TypedColumn, value: number | string | undefined): Comparison | undefined {
    const column = this.byColumn.get(name);
    if (column === undefined) return undefined;
    if (value === undefined) return this.share(column.missingShare);
    if (column.medians === null) return this.share(column.byValue.get(value));
    return {
      kind: ComparisonKind.COMPARISON_KIND_MEDIAN_STAYED,
      figure: column.medians.stayed,
      against: column.medians.left,
    };
  }

  private share(figure: number | null | undefined): Comparison | undefined {
    if (figure === null || figure === undefined) return undefined;
    return { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure, against: this.table.overallShare };
  }
}
