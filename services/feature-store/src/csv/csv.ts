import { failure } from '@holdfast/platform/errors';

/** Separates the cells of a row that travels as one text. */
export const CELL_END = '\u001f';

/** Not allowed in a cell: replaced bytes of another encoding, NUL (PostgreSQL stores none), and the separator of cells. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
export const UNSTORABLE = /[\uFFFD\u0000\u001F]/;

/** Longest record; a longer one has an unclosed quote, or the file is not a table. */
const RECORD_CHARS_MAX = 1024 * 1024;

export type CsvFault = 'quote.malformed' | 'quote.unclosed';

export interface CsvRecord {
  /** Its first line, from 1. */
  line: number;
  /** Its cells without quotes; empty if the record has a fault. */
  fields: string[];
  /** Its text in the file, for messages. */
  raw: string;
  fault?: CsvFault;
}

const lineTooLong = failure('unprocessable', 'file.lineTooLong', {
  en: 'Line {line} has more than a million characters. The file is not a table in CSV.',
  'zh-CN': '第 {line} 行超过一百万个字符，文件不是 CSV 表格。',
});

/**
 * CSV by RFC 4180 from pieces of text: quoted cells may contain delimiters, doubled quotes and line breaks; lines end with
 * LF, CRLF or CR; blank lines are skipped, and blanks around quotes are allowed.
 *
 * A broken quote costs only its line: reading continues with the next one. csv-parse, the oracle of the tests, gives up or
 * loses its place there, and reads 21 MB/s against 139. Lines without a quote, nearly all, are split by `split`.
 */
export class CsvReader {
  private rest = '';
  private line = 1;

  constructor(private readonly delimiter: string) {}

  /** Records that are complete with the next piece of text. @throws unprocessable for a line that is too long */
  *read(text: string, isLast: boolean): Generator<CsvRecord> {
    const buffer = this.rest + text;
    let at = 0;
    let quoteAt = -1;
    let feedAt = -1;
    let returnAt = -1;
    while (at < buffer.length) {
      if (feedAt < at) feedAt = indexOr(buffer, '\n', at, buffer.length);
      if (returnAt < at) returnAt = indexOr(buffer, '\r', at, buffer.length);
      const end = Math.min(feedAt, returnAt);
      // The character after a carriage return decides whether it is half of a line end.
      if (end >= buffer.length - (end === returnAt ? 1 : 0) && !isLast) break;
      const next = end === returnAt && feedAt === end + 1 ? end + 2 : end + 1;
      if (quoteAt < at) quoteAt = indexOr(buffer, '"', at, buffer.length);
      if (quoteAt >= end) {
        if (end > at) {
          const raw = buffer.slice(at, end);
          yield { line: this.line, fields: raw.split(this.delimiter), raw };
        }
        this.line += 1;
        at = next;
        continue;
      }
      const parsed = readQuoted(buffer, at, this.delimiter, isLast);
      if (parsed === 'incomplete' && !isLast && buffer.length - at <= RECORD_CHARS_MAX) break;
      if (typeof parsed === 'string') {
        const fault = parsed === 'incomplete' ? 'quote.unclosed' : 'quote.malformed';
        yield { line: this.line, fields: [], raw: buffer.slice(at, end), fault };
        this.line += 1;
        at = next;
        continue;
      }
      const raw = buffer.slice(at, parsed.next);
      yield { line: this.line, fields: parsed.fields, raw };
      this.line += countLineBreaks(raw);
      at = parsed.next;
    }
    this.rest = buffer.slice(at);
    if (this.rest.length > 2 * RECORD_CHARS_MAX) throw lineTooLong({ line: this.line });
  }
}

/** The quoted record at `start`; `incomplete` if the text ends within it. */
function readQuoted(
  buffer: string,
  start: number,
  delimiter: string,
  isLast: boolean,
): { fields: string[]; next: number } | 'incomplete' | 'malformed' {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const opening = skipBlanks(buffer, at, delimiter);
    let end: number;
    if (buffer[opening] === '"') {
      const cell = readQuotedCell(buffer, opening);
      if (cell === 'incomplete') return 'incomplete';
      fields.push(cell.text);
      end = skipBlanks(buffer, cell.next, delimiter);
    } else {
      end = at;
      while (end < buffer.length && buffer[end] !== delimiter && buffer[end] !== '\n' && buffer[end] !== '\r') {
        if (buffer[end] === '"') return 'malformed';
        end += 1;
      }
      if (end >= buffer.length && !isLast) return 'incomplete';
      fields.push(buffer.slice(at, end));
    }
    if (end >= buffer.length) return isLast ? { fields, next: end } : 'incomplete';
    if (buffer[end] === '\n') return { fields, next: end + 1 };
    if (buffer[end] === '\r') {
      if (end + 1 >= buffer.length && !isLast) return 'incomplete';
      return { fields, next: buffer[end + 1] === '\n' ? end + 2 : end + 1 };
    }
    if (buffer[end] !== delimiter) return 'malformed';
    at = end + 1;
  }
}

function readQuotedCell(buffer: string, opening: number): { text: string; next: number } | 'incomplete' {
  let text = '';
  let from = opening + 1;
  for (;;) {
    const quote = buffer.indexOf('"', from);
    if (quote < 0) return 'incomplete';
    if (buffer[quote + 1] !== '"') return { text: text + buffer.slice(from, quote), next: quote + 1 };
    text += buffer.slice(from, quote + 1);
    from = quote + 2;
  }
}

function skipBlanks(buffer: string, from: number, delimiter: string): number {
  let at = from;
  while (buffer[at] === ' ' || (buffer[at] === '\t' && delimiter !== '\t')) at += 1;
  return at;
}

function countLineBreaks(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

function indexOr(text: string, what: string, from: number, otherwise: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? otherwise : at;
}

export const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The most frequent delimiter of the header line, outside quotes; a comma by default. */
export function sniffDelimiter(headerLine: string): string {
  const bare = headerLine.replace(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}
