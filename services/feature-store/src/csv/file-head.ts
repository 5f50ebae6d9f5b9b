import { CsvReader, DELIMITERS, sniffDelimiter } from './csv.js';
import { notice, type Notice } from '../notices.js';

/** Lines of the head: a title, the header, and rows to compare it with. */
const HEAD_LINES = 12;
/** A head of so many characters may have fewer lines. */
const HEAD_CHARS = 64 * 1024;
/** More lines above a header are not a title. */
const TITLE_LINES_MAX = 5;

export interface FileHead {
  delimiter: string;
  /** Records before the header. */
  skip: number;
  notices: Notice[];
}

/** Whether the beginning of a file is long enough for `readHead`, or longer than any line. */
export function isHead(text: string, charsMax: number): boolean {
  if (text.length >= charsMax) return true;
  const lines = text.match(/[^\r\n][\r\n]/g)?.length ?? 0;
  return lines >= HEAD_LINES || (lines > 0 && text.length >= HEAD_CHARS);
}

/**
 * Finds the header among the first lines. Above it may be a line `sep=;` of a spreadsheet, and a title: lines of one cell over
 * a header of several, or lines above the one with all expected names.
 * @param names expected in the header
 */
export function readHead(text: string, delimiter: string | undefined, names: readonly string[]): FileHead {
  const lines = text
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '')
    .slice(0, HEAD_LINES);
  const stated = /^"?sep=(.)"?[,;\t|]*$/i.exec(lines[0]?.trim() ?? '')?.[1];
  const hasSep = lines.length > 1 && DELIMITERS.some((known) => known === stated);
  const below = hasSep ? lines.slice(1) : lines;
  const given = delimiter ?? (hasSep ? stated : undefined);
  const titleLines = countTitleLines(below, given, names);
  return {
    delimiter: given ?? sniffDelimiter(below[titleLines] ?? ''),
    skip: (hasSep ? 1 : 0) + titleLines,
    notices: [
      ...(hasSep ? [notice('file.sepLine', '', { delimiter: stated! })] : []),
      ...(titleLines > 0 ? [notice('file.titleSkipped', '', { lines: titleLines })] : []),
    ],
  };
}

/** Lines above the header; 0 if the first line may be it. */
function countTitleLines(lines: readonly string[], given: string | undefined, names: readonly string[]): number {
  const cellsAt = (at: number, delimiter: string): string[] => cellsOf(lines[at]!, delimiter);
  const has = (at: number, delimiter: string): number => {
    const cells = new Set(cellsAt(at, delimiter));
    return names.filter((name) => cells.has(name)).length;
  };
  if (lines.length < 3 || (names.length > 0 && has(0, given ?? sniffDelimiter(lines[0]!)) > 0)) return 0;
  for (let at = 1; at <= TITLE_LINES_MAX && at < lines.length - 1; at += 1) {
    const delimiter = given ?? sniffDelimiter(lines[at]!);
    const width = cellsAt(at, delimiter).length;
    const rows = lines.slice(at + 1, -1).map((line) => cellsOf(line, delimiter));
    if (width < 2 || rows.some((cells) => cells.length !== width)) continue;
    if (names.length > 0) {
      if (has(at, delimiter) === names.length) return at;
      continue;
    }
    const isTitle = lines
      .slice(0, at)
      .every((line) => cellsOf(line, delimiter).filter((cell) => cell !== '').length <= 1);
    const looksLikeNames = cellsAt(at, delimiter).every((cell) => cell !== '' && !/^[-+]?\d/.test(cell));
    if (isTitle && looksLikeNames && rows.some((cells) => cells.some((cell) => /^[-+]?\d/.test(cell)))) return at;
  }
  return 0;
}

function cellsOf(line: string, delimiter: string): string[] {
  const [record] = new CsvReader(delimiter).read(line, true);
  return (record?.fields ?? []).map((cell) => cell.trim());
}
