import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { RestClient } from './client.js';

/** Copies an answer to standard output as it arrives. */
export async function printStream(client: RestClient, at: string, query: Record<string, string>): Promise<void> {
  const stream = await client.stream(at, { query });
  await pipeline(Readable.fromWeb(stream as WebStream<Uint8Array>), process.stdout, { end: false });
}
