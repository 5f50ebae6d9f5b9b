import type { Notice } from '../notices.js';
import { CsvReader, type CsvRecord } from './csv.js';
import type { Encoding } from './encoding.js';
import { isHead, readHead } from './file-head.js';
import { openText } from './file-text.js';

/** A head of so many characters is read without waiting for more. */
const HEAD_CHARS_MAX = 1024 * 1024;
const ROWS_BETWEEN_REPORTS = 100_000;

/** What a reading reports to, and how it is aborted. */
export interface ReadContext {
  signal?: AbortSignal | undefined;
  /** Called every 100,000 rows. */
  onRows?: ((rows: number) => Promise<void>) | undefined;
}

export interface CsvOptions extends ReadContext {
  /** Column names that are expected in the header; lines above it are a title. */
  names: readonly string[];
  /** By default the one that is most frequent in the header. */
  delimiter?: string | undefined;
  /** Whether a header line of a million characters and more counts as missing. */
  isHeaderBounded?: boolean;
  /** A file's name with a colon, for messages; empty for the only file. */
  where?: string;
}

/** Takes the records below a header. */
export interface RecordTaker {
  take(record: CsvRecord): void;
}

export interface CsvFile<Taker> {
  encoding: Encoding;
  delimiter: string;
  /** Records below the header, malformed ones included. */
  rows: number;
  notices: Notice[];
  /** Undefined if there is no header, or if `open` refused it. */
  taker: Taker | undefined;
}

/**
 * Reads a CSV file: finds its encoding, delimiter and header, and hands every record below the header to a taker.
 * @param bytes of the file, from its start each time
 * @param open makes the taker from the header; undefined if the file needs no further reading
 * @throws unprocessable for a file that is not text in a supported encoding
 */
export async function readCsv<Taker extends RecordTaker>(
  bytes: () => AsyncIterable<Uint8Array>,
  { names, delimiter: given, isHeaderBounded = false, where = '', signal, onRows }: CsvOptions,
  open: (header: CsvRecord) => Taker | undefined,
): Promise<CsvFile<Taker>> {
  const { encoding, text } = await openText(bytes, { where, signal });
  const pieces = text[Symbol.asyncIterator]();
  let isLast = false;
  const next = async (): Promise<string> => {
    signal?.throwIfAborted();
    const piece = await pieces.next();
    isLast = piece.done === true;
    return piece.done === true ? '' : piece.value;
  };
  try {
    let piece = await next();
    while (!isLast && !isHead(piece, HEAD_CHARS_MAX)) piece += await next();
    const { delimiter, skip, notices } = readHead(piece, given, names);
    const file: CsvFile<Taker> = { encoding, delimiter, rows: 0, notices, taker: undefined };
    if (isHeaderBounded && !isLast && !/[\r\n]/.test(piece)) return file;
    const reader = new CsvReader(delimiter);
    let toSkip = skip;
    let reported = 0;
    for (;;) {
      for (const record of reader.read(piece, isLast)) {
        if (toSkip > 0) toSkip -= 1;
        else if (file.taker === undefined) {
          file.taker = open(record);
          if (file.taker === undefined) return file;
        } else {
          file.rows += 1;
          file.taker.take(record);
        }
      }
      if (isLast) return file;
      if (file.rows - reported >= ROWS_BETWEEN_REPORTS) {
        reported = file.rows;
        await onRows?.(reported);
      }
      piece = await next();
    }
  } finally {
    await pieces.return?.(undefined);
  }
}
