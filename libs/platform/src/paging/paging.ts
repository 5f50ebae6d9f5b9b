import { ROWS_PER_BATCH_MAX } from '../columns/columns.js';
import { failure } from '../errors/errors.js';
import { isUuid } from '../identity/identity.js';

/** Thrown for a page token that a list did not give out, whatever the list: going on from it would skip or repeat rows. */
export const pageTokenInvalid = failure('invalid', 'pageToken.invalid', {
  en: 'The page token is not one that was given out.',
  'zh-CN': '分页标记无效。',
});

/** The id in a page token; null for the first page. @throws invalid */
export function idAfter(pageToken: string): string | null {
  if (pageToken !== '' && !isUuid(pageToken)) throw pageTokenInvalid();
  return pageToken || null;
}

/** Splits the rows of a query with the limit `size + 1` into a page and the token of the next one. */
export function pageOf<Row>(
  rows: readonly Row[],
  size: number,
  tokenOf: (last: Row) => string,
): { page: Row[]; nextPageToken: string } {
  const page = rows.slice(0, size);
  return { page, nextPageToken: rows.length > size ? tokenOf(page.at(-1)!) : '' };
}

/**
 * All rows of a query in batches, by key; memory holds one batch.
 * @param read up to ROWS_PER_BATCH_MAX rows after a row, from the first one on if that is undefined
 */
export async function* rowBatches<Row>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let after: Row | undefined;
  for (;;) {
    const rows = await read(after);
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_BATCH_MAX) return;
    after = rows.at(-1);
  }
}
