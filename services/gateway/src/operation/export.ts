import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { csvLine, type Cell } from './csv.js';
import { Answer } from './operation.js';

/** Rows of a page while a whole list is exported. */
export const EXPORT_PAGE_ROWS = 1_000;

/** The requested format of a list; the query wins over the header Accept. */
export function formatOf<Format extends string>(queried: Format | undefined, { headers }: FastifyRequest) {
  if (queried !== undefined) return queried;
  if (headers.accept?.includes('text/csv')) return 'csv';
  return headers.accept?.includes('application/x-ndjson') ? 'ndjson' : 'json';
}

/** The pages of a list from a first one on. */
export async function* pagesFrom<Page extends { nextPageToken: string }>(
  first: Page,
  pageOf: (pageToken: string) => Promise<Page>,
): AsyncIterable<Page> {
  for (let page = first; ; page = await pageOf(page.nextPageToken)) {
    yield page;
    if (page.nextPageToken === '') return;
  }
}

/** A stream whose first part has arrived, so that a failure before it becomes a problem document. */
export async function begun<Part>(parts: AsyncIterable<Part>): Promise<AsyncIterable<Part>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncIterable<Part> {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return all();
}

/** All rows as JSON, a row a line, sent part by part. */
export function ndjsonAnswer<Part>(parts: AsyncIterable<Part>, rowsOf: (part: Part) => readonly object[]): Answer {
  const lines = textsOf(parts, (part) => rowsOf(part).map((row) => `${JSON.stringify(row)}\n`));
  return new Answer(Readable.from(lines), { contentType: 'application/x-ndjson' });
}

/** All rows as CSV, sent part by part. */
export function csvAnswer<Part>(
  columns: readonly string[],
  parts: AsyncIterable<Part>,
  rowsOf: (part: Part) => readonly (readonly Cell[])[],
): Answer {
  const lines = textsOf(parts, (part) => rowsOf(part).map(csvLine), csvLine(columns));
  return new Answer(Readable.from(lines), { contentType: 'text/csv; charset=utf-8' });
}

async function* textsOf<Part>(
  parts: AsyncIterable<Part>,
  linesOf: (part: Part) => readonly string[],
  head = '',
): AsyncIterable<string> {
  if (head !== '') yield head;
  for await (const part of parts) {
    const text = linesOf(part).join('');
    if (text !== '') yield text;
  }
}
