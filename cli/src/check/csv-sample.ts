import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

/** A record with the line on which it ends. */
export interface CsvLine {
  cells: string[];
  line: number;
}

const DELIMITERS = [',', ';', '|', '\t'];
const HEAD_BYTES = 64 * 1024;

/**
 * The records of a CSV file in UTF-8, the header first, cells trimmed.
 * @throws CsvError for a broken quote
 */
export async function* csvLines(file: string): AsyncGenerator<CsvLine> {
  const parser = parse({
    bom: true,
    delimiter: await delimiterOf(file),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const bytes = bytesOf(file);
  bytes.on('error', (error) => parser.destroy(error));
  bytes.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { cells: record, line: info.lines };
  } finally {
    bytes.destroy();
  }
}

/** Whether the beginning of a file is UTF-8. */
export async function isUtf8(file: string): Promise<boolean> {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(await headOf(file), { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** The most frequent delimiter of the first line. */
async function delimiterOf(file: string): Promise<string> {
  const [header = ''] = (await headOf(file)).toString('utf8').split(/\r?\n/, 1);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

async function headOf(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const bytes = bytesOf(file);
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

function bytesOf(file: string): Readable {
  const bytes = createReadStream(file);
  if (!file.endsWith('.gz')) return bytes;
  const unpacked = createGunzip();
  bytes.on('error', (error) => unpacked.destroy(error));
  return bytes.pipe(unpacked);
}
