import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { clientOf, copyText, type Transaction } from '@holdfast/platform/database';

export type Cell = string | number | boolean | null;

/**
 * Copies rows into a table as they arrive; memory holds a batch at a time. The rows come in batches, so that not every
 * row is a chunk of the stream.
 * @param columns names, comma-separated @returns number of rows
 */
export async function copyRows(
  tx: Transaction,
  table: string,
  columns: string,
  batches: AsyncIterable<readonly (readonly Cell[])[]>,
  signal: AbortSignal,
): Promise<number> {
  let rows = 0;
  async function* chunks(): AsyncGenerator<string> {
    for await (const batch of batches) {
      rows += batch.length;
      if (batch.length > 0) yield batch.map((row) => `${row.map(cellText).join('\t')}\n`).join('');
    }
  }
  const client = await clientOf(tx);
  await pipeline(Readable.from(chunks()), client.query(copyFrom(`copy ${table} (${columns}) from stdin`)), { signal });
  return rows;
}

/** A value in PostgreSQL's COPY text format. */
function cellText(cell: Cell): string {
  if (cell === null || (typeof cell === 'number' && Number.isNaN(cell))) return '\\N';
  return typeof cell === 'string' ? copyText(cell) : String(cell);
}
