import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { RestClient } from './client.js';

/** The objects of an answer in NDJSON, one by one as they arrive. */
export async function* jsonLines<T>(
  client: RestClient,
  at: string,
  query: Record<string, string> = {},
): AsyncIterable<T> {
  const stream = await client.stream(at, { query, accept: 'application/x-ndjson' });
  const lines = createInterface({ input: Readable.fromWeb(stream as WebStream<Uint8Array>), crlfDelay: Infinity });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as T;
}

/** Copies an answer to standard output as it arrives. */
export async function printStream(client: RestClient, at: string, query: Record<string, string>): Promise<void> {
  const stream = await client.stream(at, { query });
  await pipeline(Readable.fromWeb(stream as WebStream<Uint8Array>), process.stdout, { end: false });
}
