import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { parseDay } from '@holdfast/platform/calendar';
import { readCategoryTexts, readNumbers, readTexts, readUuids } from '@holdfast/platform/columns';

type Value = string | number | undefined;

/** The rows of a batch of facts, by column name. A column that the extract does not have is unknown in every row. */
export class FactRows {
  private constructor(
    readonly count: number,
    private readonly columns: ReadonlyMap<string, readonly Value[]>,
  ) {}

  static of(batch: ColumnBatch): FactRows {
    return new FactRows(batch.rows, new Map(batch.columns.map((column) => [column.name, valuesOf(batch, column)])));
  }

  /** The last version of each row of the extract. */
  newest(): FactRows {
    const superseded = this.columns.get('superseded_at');
    if (superseded === undefined || superseded.every((moment) => moment === undefined)) return this;
    const isLast = (_: Value, row: number): boolean => superseded[row] === undefined;
    const columns = [...this.columns].map(([name, values]) => [name, values.filter(isLast)] as const);
    return new FactRows(superseded.filter((moment) => moment === undefined).length, new Map(columns));
  }

  /** Row by row, what is known of each. */
  *records(): Generator<Record<string, string | number>> {
    for (let row = 0; row < this.count; row += 1) {
      const record: Record<string, string | number> = {};
      for (const [name, values] of this.columns) {
        const value = values[row];
        if (value !== undefined) record[name] = value;
      }
      yield record;
    }
  }

  /** A code, a name or an id; undefined where unknown. */
  text(column: string, row: number): string | undefined {
    const value = this.columns.get(column)?.[row];
    return value === undefined ? undefined : String(value);
  }

  number(column: string, row: number): number | undefined {
    const value = this.columns.get(column)?.[row];
    if (value === undefined || typeof value === 'number') return value;
    return Number.isFinite(Number(value)) ? Number(value) : undefined;
  }

  flag(column: string, row: number): boolean | undefined {
    const value = this.columns.get(column)?.[row];
    return value === undefined ? undefined : value === 1 || value === 'true' || value === '1';
  }

  /** Days since 1970-01-01; personal dates come as text. */
  day(column: string, row: number): number | undefined {
    const value = this.columns.get(column)?.[row];
    return typeof value === 'string' ? parseDay(value) : value;
  }

  moment(column: string, row: number): Date | undefined {
    const ms = this.number(column, row);
    return ms === undefined ? undefined : new Date(ms);
  }

  /** @throws an Error where it is unknown: the contract requires the column. */
  id(column: string, row: number): string {
    const id = this.text(column, row);
    if (id === undefined) throw new Error(`A row without ${column}`);
    return id;
  }
}

function valuesOf(batch: ColumnBatch, { name, kind }: Column): readonly Value[] {
  switch (kind) {
    case ColumnKind.COLUMN_KIND_NUMBER:
      return Array.from(readNumbers(batch, name), (value) => (Number.isNaN(value) ? undefined : value));
    case ColumnKind.COLUMN_KIND_CATEGORY:
      return readCategoryTexts(batch, name);
    case ColumnKind.COLUMN_KIND_UUID:
      return readUuids(batch, name).map((text) => text || undefined);
    case ColumnKind.COLUMN_KIND_TEXT:
      return readTexts(batch, name).map((text) => text || undefined);
    case ColumnKind.COLUMN_KIND_BYTES:
    case ColumnKind.COLUMN_KIND_UNSPECIFIED:
    case ColumnKind.UNRECOGNIZED:
      return [];
  }
}
