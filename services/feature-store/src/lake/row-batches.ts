import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ABSENT_CODE, ROWS_PER_BATCH_MAX } from '@holdfast/platform/columns';
import type { CheckedColumn } from '../column/column.js';

/** Bytes of a batch, dictionaries aside: well below what one message may have. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** Which rows and columns of a relation with the columns of `accepted` (see typing). */
interface RowQuery {
  /** SQL of the relation: a table, or `read_parquet('…')`. */
  relation: string;
  months: string[];
  units: string[];
  columns: readonly CheckedColumn[];
  withLabel: boolean;
  withSplit: boolean;
  withValue: boolean;
  /** SQL conditions, all of which must hold. */
  conditions: readonly string[];
}

interface OutputColumn {
  name: string;
  sql: string;
  kind: ColumnKind;
  bytesPerRow: number;
  dictionary: string[];
}

/**
 * Rows as packed columns, in the relation's order: `subscription_id`, `month`, `org_unit_path`, the columns asked for, then
 * `label`, `split`, `value` where asked for. Values go from DuckDB's vectors into the batch as whole arrays, never one
 * by one; the next chunk is fetched when the receiver has taken the batch.
 */
export async function* rowBatches(connection: DuckDBConnection, query: RowQuery): AsyncGenerator<ColumnBatch> {
  const outputs = outputsOf(query);
  const bytesPerRow = outputs.reduce((sum, { bytesPerRow: bytes }) => sum + bytes, 0);
  const rowsMax = Math.max(1, Math.min(ROWS_PER_BATCH_MAX, Math.floor(BATCH_BYTES_MAX / bytesPerRow)));
  const where = query.conditions.length === 0 ? '' : `where ${query.conditions.join(' and ')}`;
  const selected = outputs.map(({ sql }) => sql).join(', ');
  const result = await connection.stream(`select ${selected} from ${query.relation} ${where}`);
  let batch = new BatchWriter(outputs, rowsMax);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (let from = 0; from < chunk.rowCount;) {
      from += batch.take(chunk, from);
      if (batch.rows < rowsMax) continue;
      yield batch.finish();
      batch = new BatchWriter(outputs, rowsMax);
    }
  }
  if (batch.rows > 0) yield batch.finish();
}

function outputsOf(query: RowQuery): OutputColumn[] {
  const number = (name: string, sql: string): OutputColumn => ({
    name,
    sql: `coalesce(${sql}, 'nan'::double)`,
    kind: ColumnKind.COLUMN_KIND_NUMBER,
    bytesPerRow: 8,
    dictionary: [],
  });
  const category = (name: string, sql: string, dictionary: string[]): OutputColumn => ({
    name,
    sql: `coalesce(${sql}, ${ABSENT_CODE})::uinteger`,
    kind: ColumnKind.COLUMN_KIND_CATEGORY,
    bytesPerRow: 4,
    dictionary,
  });
  return [
    {
      name: 'subscription_id',
      sql: 'subscription_id',
      kind: ColumnKind.COLUMN_KIND_UUID,
      bytesPerRow: 16,
      dictionary: [],
    },
    category('month', 'month', query.months),
    category('org_unit_path', 'unit', query.units),
    ...query.columns.map(({ name, place, type, dictionary }) =>
      type === 'category' ? category(name, `f${place}`, dictionary) : number(name, `f${place}`),
    ),
    ...(query.withLabel ? [number('label', 'label')] : []),
    ...(query.withSplit ? [number('split', 'split')] : []),
    ...(query.withValue ? [number('value', 'value')] : []),
  ];
}

/** Fills one batch from pieces of chunks. */
class BatchWriter {
  private readonly buffers: Buffer[];
  rows = 0;

  constructor(
    private readonly outputs: readonly OutputColumn[],
    private readonly rowsMax: number,
  ) {
    this.buffers = outputs.map(({ bytesPerRow }) => Buffer.alloc(rowsMax * bytesPerRow));
  }

  /** Takes what fits of a chunk's rows from `from` on; gives how many. */
  take(chunk: DuckDBDataChunk, from: number): number {
    const count = Math.min(chunk.rowCount - from, this.rowsMax - this.rows);
    this.outputs.forEach(({ kind, bytesPerRow }, at) => {
      const source = bytesOf(chunk.getColumnVector(at)).subarray(from * bytesPerRow, (from + count) * bytesPerRow);
      const target = this.buffers[at]!.subarray(this.rows * bytesPerRow, (this.rows + count) * bytesPerRow);
      target.set(source);
      if (kind === ColumnKind.COLUMN_KIND_UUID) toUuids(target);
    });
    this.rows += count;
    return count;
  }

  finish(): ColumnBatch {
    const columns = this.outputs.map(({ name, kind, bytesPerRow, dictionary }, at): Column => {
      return { name, kind, data: this.buffers[at]!.subarray(0, this.rows * bytesPerRow), dictionary };
    });
    return { rows: this.rows, columns };
  }
}

/** The bytes of a vector's values. */
export function bytesOf(vector: DuckDBVector): Uint8Array {
  // The library keeps the arrays private; its public accessors cost a call per value.
  const { items, dataView } = vector as unknown as { items?: ArrayBufferView; dataView?: ArrayBufferView };
  const view = items ?? dataView;
  if (view === undefined) throw new Error('DuckDB gave a vector without values');
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** DuckDB holds a UUID as a little-endian 128-bit integer with its highest bit flipped, so that it sorts. */
export function toUuids(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += 16) {
    bytes.subarray(at, at + 16).reverse();
    bytes[at] = bytes[at]! ^ 0x80;
  }
}
