import { ColumnKind, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { messageOf } from '@holdfast/platform/database';

/** All pages of a list, each read with the token of the page before. */
export async function pagesOf<Page extends { nextPageToken: string }>(
  list: (pageToken: string) => Promise<Page>,
): Promise<Page[]> {
  const pages = [await list('')];
  for (let token; (token = pages.at(-1)!.nextPageToken) !== '';) pages.push(await list(token));
  return pages;
}

/** The rows of column batches: the column `org_unit_path` is the field `orgUnitPath`. */
export async function rowsOfBatches<Row extends object>(
  batches: AsyncIterable<ColumnBatch> | Iterable<ColumnBatch>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) {
    const columns = batch.columns.map(({ name, kind }) => [name, valuesOf(batch, name, kind)] as const);
    for (let row = 0; row < batch.rows; row++)
      rows.push(messageOf<Row>(Object.fromEntries(columns.map(([name, values]) => [name, values[row]]))));
  }
  return rows;
}

function valuesOf(batch: ColumnBatch, name: string, kind: ColumnKind): ArrayLike<unknown> {
  if (kind === ColumnKind.COLUMN_KIND_NUMBER) return readNumbers(batch, name);
  if (kind === ColumnKind.COLUMN_KIND_UUID) return readUuids(batch, name);
  return kind === ColumnKind.COLUMN_KIND_BYTES ? readBytes(batch, name) : readCategoryTexts(batch, name);
}
