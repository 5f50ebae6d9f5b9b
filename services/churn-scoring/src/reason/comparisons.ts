import { ComparisonKind, type Comparison } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Column } from '@holdfast/learning/table';
import { valueAt } from '../table/batch-table.js';
import type { ColumnType, TypedColumn } from '../table/typed-column.js';
import { bandOf, learnBands, type Band } from './bands.js';
import { shareOf, type Tally } from './share.js';

/** Churn shares of one column in the training rows, for comparison with a value. */
interface ColumnComparison {
  /** Of numbers and dates, ascending; none if the column cannot be split, or in older models. */
  readonly bands?: readonly Band[];
  /** Of categories and flags: the churn share by value, without values of too few rows. */
  readonly shares: readonly (readonly [value: number | string, share: number])[];
  /** The share that left among rows without a value; null where there are none, or too few. */
  readonly missingShare: number | null;
}

/** Churn shares of every column in the training rows. JSON; stored with the model. */
export interface ComparisonTable {
  readonly overallShare: number;
  readonly columns: readonly (readonly [name: string, ColumnComparison])[];
}

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
      const missing = tallies.get(undefined);
      return [
        column.name,
        {
          ...(isNumeric ? { bands: learnBands(column.values, labels, rows) } : {}),
          shares: [...tallies].flatMap(([value, counts]) => {
            const share = shareOf(counts);
            return value === undefined || share === null ? [] : [[value, share] as const];
          }),
          missingShare: missing === undefined ? null : shareOf(missing),
        },
      ];
    }),
  };
}

/** Rows and churners by value; of numeric columns, whose values are too many, of the missing ones alone. */
function tally(
  column: Column,
  labels: Uint8Array,
  rows: Uint32Array,
  missingOnly: boolean,
): Map<number | string | undefined, Tally> {
  const tallies = new Map<number | string | undefined, Tally>();
  for (const row of rows) {
    if (missingOnly && column.kind === 'number' && !Number.isNaN(column.values[row]!)) continue;
    const value = valueAt(column, row);
    let counts = tallies.get(value);
    if (counts === undefined) tallies.set(value, (counts = { seen: 0, left: 0 }));
    counts.seen += 1;
    counts.left += labels[row]!;
  }
  return tallies;
}

interface IndexedComparison extends ColumnComparison {
  readonly byValue: ReadonlyMap<number | string, number>;
  /** By value, its place in `shares`. */
  readonly places: ReadonlyMap<number | string, number>;
}

/** Looks up what a value is to be compared with. */
export class Comparisons {
  private readonly byColumn: ReadonlyMap<string, IndexedComparison>;

  constructor(private readonly table: ComparisonTable) {
    this.byColumn = new Map(
      table.columns.map(([name, column]) => {
        const places = new Map(column.shares.map(([value], place) => [value, place]));
        return [name, { ...column, byValue: new Map(column.shares), places }];
      }),
    );
  }

  /** Place of a category among those of a column; -1 if it is not known. */
  placeOf(column: string, text: string): number {
    return this.byColumn.get(column)?.places.get(text) ?? -1;
  }

  /** The category at a place that `placeOf` gave. */
  textAt(column: string, place: number): string {
    return String(this.byColumn.get(column)!.shares[place]![0]);
  }

  /** Undefined if the training rows have no such value. */
  of({ name }: TypedColumn, value: number | string | undefined): Comparison | undefined {
    const column = this.byColumn.get(name);
    if (column === undefined) return undefined;
    if (value === undefined) return this.share(column.missingShare);
    const band = typeof value === 'number' ? bandOf(column.bands ?? [], value) : undefined;
    return band === undefined ? this.share(column.byValue.get(value)) : this.band(band, value);
  }

  private share(figure: number | null | undefined): Comparison | undefined {
    if (figure === null || figure === undefined) return undefined;
    return { kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE, figure, against: this.table.overallShare };
  }

  /** A band of one value is shown as that value, not as "3 or more and less than 4". */
  private band({ from, to, share, only }: Band, value: number | string): Comparison | undefined {
    if (only === value || share === null) return this.share(share);
    return {
      kind: ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND,
      figure: share,
      against: this.table.overallShare,
      ...(from === null ? {} : { from }),
      ...(to === null ? {} : { to }),
    };
  }
}
