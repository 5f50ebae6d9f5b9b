import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { clientOf, type Transaction } from '../database/database.js';

export { BinaryRows } from './binary-rows.js';

/** NaN, null and undefined are NULL; bytes are bytea; a date is a timestamptz. */
export type CopyCell = string | number | bigint | boolean | Date | Uint8Array | null | undefined;
export type CopyRow = readonly CopyCell[];

const ROWS_PER_CHUNK = 1_000;

/**
 * Copies rows into a table as they arrive, at the pace of the database. An error of the source or the signal aborts
 * the COPY.
 * @param columns names, comma-separated; the rows have the cells in this order @returns number of rows
 */
export async function copyRows(
  tx: Transaction,
  table: string,
  columns: string,
  batches: AsyncIterable<readonly CopyRow[]> | Iterable<readonly CopyRow[]>,
  signal?: AbortSignal,
): Promise<number> {
  let rows = 0;
  async function* chunks(): AsyncGenerator<string> {
    for await (const batch of batches) {
      rows += batch.length;
      for (let from = 0; from < batch.length; from += ROWS_PER_CHUNK) {
        yield batch
          .slice(from, from + ROWS_PER_CHUNK)
          .map((row) => `${row.map(cellText).join('\t')}\n`)
          .join('');
      }
    }
  }
  await copyInto(tx, `copy ${table} (${columns}) from stdin`, Readable.from(chunks()), signal);
  return rows;
}

/**
 * Copies rows that are binary already.
 * @param columns names, comma-separated @param chunks of `BinaryRows`, the last one from `end`
 */
export async function copyBinary(
  tx: Transaction,
  table: string,
  columns: string,
  chunks: Iterable<Buffer>,
): Promise<void> {
  await copyInto(tx, `copy ${table} (${columns}) from stdin with (format binary)`, Readable.from(chunks));
}

/** Columns to copy: a value for each row of a batch, by the name of the table's column. */
export type CopyColumns<Batch> = Readonly<Record<string, (batch: Batch) => ArrayLike<CopyCell>>>;

/** Copies batches of columns into a table as `copyRows` does. @returns number of rows */
export async function copyColumns<Batch extends { rows: number }>(
  tx: Transaction,
  table: string,
  columns: CopyColumns<Batch>,
  batches: AsyncIterable<Batch>,
  signal?: AbortSignal,
): Promise<number> {
  async function* rows(): AsyncGenerator<CopyRow[]> {
    for await (const batch of batches) {
      const cells = Object.values(columns).map((read) => read(batch));
      yield Array.from({ length: batch.rows }, (_, row) => cells.map((column) => column[row]));
    }
  }
  return copyRows(tx, table, Object.keys(columns).join(', '), rows(), signal);
}

/** Copies CSV without a header. An empty cell without quotes is NULL. */
export async function copyCsv(tx: Transaction, table: string, csv: Readable, signal?: AbortSignal): Promise<void> {
  await copyInto(tx, `copy ${table} from stdin with (format csv)`, csv, signal);
}

async function copyInto(tx: Transaction, sql: string, source: Readable, signal?: AbortSignal): Promise<void> {
  const client = await clientOf(tx);
  try {
    await pipeline(source, client.query(copyFrom(sql)), signal === undefined ? {} : { signal });
  } catch (thrown) {
    // The database may report the aborted COPY before the stream reports the signal.
    signal?.throwIfAborted();
    throw thrown;
  }
}

/** A value in PostgreSQL's COPY text format. */
function cellText(cell: CopyCell): string {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return '\\N';
  if (typeof cell === 'string') return escaped(cell);
  if (cell instanceof Date) return cell.toISOString();
  if (cell instanceof Uint8Array)
    return `\\\\x${Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('hex')}`;
  return String(cell);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escaped(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
}
