import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ABSENT_CODE, ROWS_PER_BATCH_MAX, categoryColumnOf, textColumn } from '@holdfast/platform/columns';
import { NIL_UUID } from '@holdfast/platform/identity';
import { chunksOf, type Connection } from './engine.js';

/** Bytes of a batch, dictionaries aside: well below the limit of a message. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** A column of a response: `sql` gives a DOUBLE, a UUID or a VARCHAR, NULL where there is no value. */
export interface BatchColumn {
  name: string;
  kind: 'number' | 'uuid' | 'category' | 'text';
  sql: string;
  /** Of a category whose texts are known beforehand: `sql` gives a UINTEGER, the index into it. */
  dictionary?: string[];
}

export function numberColumn(name: string, sql: string): BatchColumn {
  return { name, kind: 'number', sql };
}

const BYTES: Record<BatchColumn['kind'], number> = { number: 8, uuid: 16, category: 4, text: 4 };
/** More texts than this are not sent with every batch. */
const DICTIONARY_MAX = 4_096;

/**
 * The same columns, those categories coded that have few texts. Of many rows this is an order of magnitude faster than to
 * fetch the texts of each: DuckDB looks a text up in a vector at a time, and the codes are taken as they are.
 * @param relation SQL of what the rows are taken from
 * @param schema where types can be made, and go with it
 */
export async function withDictionaries(
  connection: Connection,
  columns: readonly BatchColumn[],
  relation: string,
  schema: string,
): Promise<BatchColumn[]> {
  const categories = columns.filter(({ kind }) => kind === 'category');
  if (categories.length === 0) return [...columns];
  const counted = categories.map(({ sql }, at) => `approx_count_distinct(${sql}) as n${at}`);
  const counts = await firstRow<bigint>(connection, `select ${counted.join(', ')} from ${relation}`);
  const coded = new Map<BatchColumn, BatchColumn>();
  for (const [at, column] of categories.entries()) {
    // The count is an estimate; a dictionary somewhat longer does no harm.
    if (counts[at]! === 0n || counts[at]! > DICTIONARY_MAX) continue;
    const type = `${schema}.dictionary_${at}`;
    const texts = `select distinct ${column.sql} as text from ${relation} where ${column.sql} is not null order by text`;
    await connection.run(`create type ${type} as enum (${texts})`);
    const [range] = await firstRow<string>(connection, `select enum_range(null::${type})::json::varchar`);
    const dictionary = JSON.parse(range!) as string[];
    coded.set(column, { ...column, sql: `enum_code((${column.sql})::${type})::uinteger`, dictionary });
  }
  return columns.map((column) => coded.get(column) ?? column);
}

async function firstRow<Value>(connection: Connection, query: string): Promise<Value[]> {
  return (await connection.runAndReadAll(query)).getRows()[0] as Value[];
}

/**
 * Rows of a query as packed columns, in its order. Numbers, UUIDs and codes are taken from DuckDB's vectors as whole arrays; texts
 * one by one, each batch with its own dictionary. The next chunk is fetched when the receiver has taken the batch.
 * @param rest SQL from `from` on
 */
export async function* columnBatches(
  connection: Connection,
  columns: readonly BatchColumn[],
  rest: string,
): AsyncGenerator<ColumnBatch> {
  const selected = columns.map((column, at) => `${valueSql(column)} as o${at}`);
  let batch = new Batch(columns);
  for await (const chunk of chunksOf(connection, `select ${selected.join(', ')} ${rest}`)) {
    const texts = columns.map((column, at) =>
      isFixed(column) ? undefined : (chunk.getColumnValues(at) as (string | null)[]),
    );
    for (let from = 0; from < chunk.rowCount;) {
      from += batch.take(chunk, texts, from);
      if (!batch.isFull) continue;
      yield batch.finish();
      batch = new Batch(columns);
    }
  }
  if (batch.rows > 0) yield batch.finish();
}

/** Whether a row's value is of a fixed width, and comes out of the vector as it is. */
function isFixed({ kind, dictionary }: BatchColumn): boolean {
  return kind === 'number' || kind === 'uuid' || dictionary !== undefined;
}

function valueSql({ kind, sql, dictionary }: BatchColumn): string {
  if (dictionary !== undefined) return `coalesce(${sql}, ${ABSENT_CODE}::uinteger)`;
  if (kind === 'number') return `coalesce(${sql}, 'nan'::double)`;
  return kind === 'uuid' ? `coalesce(${sql}, '${NIL_UUID}'::uuid)` : sql;
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
    // One piece of memory, which costs less to make and to collect than one for each column.
    const widths = columns.map((column) => (isFixed(column) ? BYTES[column.kind] : 0));
    const memory = Buffer.allocUnsafeSlow(this.rowsMax * widths.reduce((sum, width) => sum + width, 0));
    let from = 0;
    this.buffers = widths.map((width) => memory.subarray(from, (from += this.rowsMax * width)));
    this.texts = columns.map(() => []);
  }

  get isFull(): boolean {
    return this.rows === this.rowsMax || this.textBytes >= BATCH_BYTES_MAX;
  }

  /** Takes the rows of a chunk that fit, from `from` on; gives their number. */
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
    this.columns.forEach((column, at) => {
      if (!isFixed(column)) return;
      const { kind } = column;
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
    const columns = this.columns.map(({ name, kind, dictionary }, at): Column => {
      const data = this.buffers[at]!.subarray(0, this.rows * BYTES[kind]);
      if (dictionary !== undefined) return { name, kind: ColumnKind.COLUMN_KIND_CATEGORY, data, dictionary };
      if (kind === 'category') return categoryColumnOf(name, this.texts[at]!);
      const texts = this.texts[at]!.map((text) => text ?? '');
      if (kind === 'text') return textColumn(name, texts);
      const wire = kind === 'number' ? ColumnKind.COLUMN_KIND_NUMBER : ColumnKind.COLUMN_KIND_UUID;
      return { name, kind: wire, data, dictionary: [] };
    });
    return { rows: this.rows, columns };
  }
}

function bytesOf(vector: DuckDBVector): Uint8Array {
  // The library keeps the arrays private; its public accessors cost a call per value.
  const { items, dataView } = vector as unknown as { items?: ArrayBufferView; dataView?: ArrayBufferView };
  const view = items ?? dataView;
  if (view === undefined) throw new Error('DuckDB gave a vector without values');
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** DuckDB holds a UUID as a little-endian 128-bit integer with its highest bit flipped, so that it sorts. */
function toUuids(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += 16) {
    bytes.subarray(at, at + 16).reverse();
    bytes[at] = bytes[at]! ^ 0x80;
  }
}
