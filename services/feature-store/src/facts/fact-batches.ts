import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, categoryColumnOf, textColumn } from '@holdfast/platform/columns';
import { bytesOf, toUuids } from '../lake/row-batches.js';

/** Bytes of a batch: well below what one message may have. */
const BATCH_BYTES_MAX = 2 * 1024 * 1024;
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** A column of an answer: `sql` gives a DOUBLE, a UUID or a VARCHAR, NULL where there is no value. */
export interface BatchColumn {
  name: string;
  kind: 'number' | 'uuid' | 'category' | 'text';
  sql: string;
}

const BYTES: Record<BatchColumn['kind'], number> = { number: 8, uuid: 16, category: 4, text: 4 };

/**
 * Rows of a query as packed columns, in its order. Numbers and UUIDs are taken from DuckDB's vectors as whole arrays; texts one by
 * one, each batch with a dictionary of its own. The next chunk is fetched when the receiver has taken the batch.
 * @param rest SQL from `from` on
 */
export async function* factBatches(
  connection: DuckDBConnection,
  columns: readonly BatchColumn[],
  rest: string,
): AsyncGenerator<ColumnBatch> {
  const selected = columns.map(({ kind, sql }, at) => `${valueSql(kind, sql)} as o${at}`);
  const result = await connection.stream(`select ${selected.join(', ')} ${rest}`);
  let batch = new Batch(columns);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const texts = columns.map(({ kind }, at) =>
      kind === 'category' || kind === 'text' ? (chunk!.getColumnValues(at) as (string | null)[]) : undefined,
    );
    for (let from = 0; from < chunk.rowCount; ) {
      from += batch.take(chunk, texts, from);
      if (!batch.isFull) continue;
      yield batch.finish();
      batch = new Batch(columns);
    }
  }
  if (batch.rows > 0) yield batch.finish();
}

function valueSql(kind: BatchColumn['kind'], sql: string): string {
  if (kind === 'number') return `coalesce(${sql}, 'nan'::double)`;
  return kind === 'uuid' ? `coalesce(${sql}, '${NO_UUID}'::uuid)` : sql;
}

class Batch {
  private readonly buffers: Buffer[];
  private readonly texts: (string | undefined)[][];
  private textBytes = 0;
  private readonly rowsMax: number;
  rows = 0;

  constructor(private readonly columns: readonly BatchColumn[]) {
    const bytesPerRow = columns.reduce((sum, { kind }) => sum + BYTES[kind], 0);
    this.rowsMax = Math.max(1, Math.min(ROWS_PER_BATCH_MAX, Math.floor(BATCH_BYTES_MAX / bytesPerRow)));
    const isFixed = ({ kind }: BatchColumn): boolean => kind === 'number' || kind === 'uuid';
    this.buffers = columns.map((column) => Buffer.alloc(isFixed(column) ? this.rowsMax * BYTES[column.kind] : 0));
    this.texts = columns.map(() => []);
  }

  get isFull(): boolean {
    return this.rows === this.rowsMax || this.textBytes >= BATCH_BYTES_MAX;
  }

  /** Takes what fits of a chunk's rows from `from` on; gives how many. */
  take(chunk: DuckDBDataChunk, texts: readonly ((string | null)[] | undefined)[], from: number): number {
    const room = Math.min(chunk.rowCount - from, this.rowsMax - this.rows);
    let count = 0;
    while (count < room && this.textBytes < BATCH_BYTES_MAX) {
      for (let at = 0; at < texts.length; at += 1) {
        const values = texts[at];
        if (values === undefined) continue;
        const text = values[from + count] ?? undefined;
        // Texts are at most three bytes a character of theirs; a category's come once, so that this is more than there is.
        this.textBytes += 3 * (text?.length ?? 0);
        this.texts[at]!.push(text);
      }
      count += 1;
    }
    this.columns.forEach(({ kind }, at) => {
      if (kind !== 'number' && kind !== 'uuid') return;
      const width = BYTES[kind];
      const source = bytesOf(chunk.getColumnVector(at)).subarray(from * width, (from + count) * width);
      const target = this.buffers[at]!.subarray(this.rows * width, (this.rows + count) * width);
      target.set(source);
      if (kind === 'uuid') toUuids(target);
    });
    this.rows += count;
    return count;
  }

  finish(): ColumnBatch {
    const columns = this.columns.map(({ name, kind }, at): Column => {
      switch (kind) {
        case 'category':
          return categoryColumnOf(name, this.texts[at]!);
        case 'text':
          return textColumn(name, this.texts[at]!.map((text) => text ?? ''));
        case 'number':
        case 'uuid': {
          const wire = kind === 'number' ? ColumnKind.COLUMN_KIND_NUMBER : ColumnKind.COLUMN_KIND_UUID;
          return { name, kind: wire, data: this.buffers[at]!.subarray(0, this.rows * BYTES[kind]), dictionary: [] };
        }
      }
    });
    return { rows: this.rows, columns };
  }
}
