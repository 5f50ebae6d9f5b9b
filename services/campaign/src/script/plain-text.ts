import type { ScriptSection, ScriptSource } from '@holdfast/contracts/campaign/v1/script';
import type { Formats } from './formats.js';
import type { Words } from './words.js';

const COLUMNS_MAX = 120;
const INDENT = '  ';
/** First and last code of characters that are two columns wide in a terminal. */
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
];
/** Unbreakable pieces: a word of narrow characters with the spaces after it, or any other single character. */
const PIECES = /[!-\u10ff]+\s*|\s+|./gsu;

/** The sections as text: a heading, then its lines, those with a figure with the number of their source at the end. */
export function plainText(sections: readonly ScriptSection[], words: Words, formats: Formats): string {
  const sources = new Map<string, number>();
  const numberOf = (source: ScriptSource): number => {
    const text = sourceText(source, words, formats);
    const number = sources.get(text) ?? sources.size + 1;
    sources.set(text, number);
    return number;
  };
  const lines = sections.flatMap(({ title, lines: sectionLines }) => [
    title,
    ...sectionLines.flatMap(({ text, source }) =>
      indented(source === undefined ? text : `${text} [${numberOf(source)}]`),
    ),
  ]);
  const notes = [...sources].flatMap(([text, number]) => indented(`[${number}] ${text}`));
  return `${[...lines, ...(notes.length === 0 ? [] : [words.sources, ...notes])].join('\n')}\n`;
}

function indented(text: string): string[] {
  return wrapped(text, COLUMNS_MAX - INDENT.length).map((line) => INDENT + line);
}

/** Without the column: the JSON has it, and it would make a note of every line. */
function sourceText(source: ScriptSource, words: Words, formats: Formats): string {
  const { service, origin, name, version, asOf } = source;
  // The version of a list is its run, that of a model its name.
  const versionText = origin === 'table' && service !== 'campaign' ? ` ${version}` : '';
  const parts = [service, `${words.origins[origin] ?? origin} ${name}${versionText}`, asOf && formats.date(asOf)];
  return parts.filter((part) => part).join(', ');
}

/** Width of a text in terminal columns. Counts codes, not characters: an astral character has two and is wide. */
export function displayWidth(text: string): number {
  let width = text.length;
  for (let index = 0; index < text.length; index++) if (isWide(text.charCodeAt(index))) width += 1;
  return width;
}

/** Unicode's East Asian Wide and Fullwidth, roughly. */
function isWide(code: number): boolean {
  if (code < 0x1100) return false;
  return WIDE_RANGES.some(([first, last]) => code >= first && code <= last);
}

/** Breaks a text at spaces, next to wide characters, or within a word that is longer than a line. */
export function wrapped(text: string, columnsMax: number): string[] {
  if (text.length * 2 <= columnsMax || displayWidth(text) <= columnsMax) return [text];
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const piece of text.match(PIECES) ?? []) {
    for (const part of partsOf(piece, columnsMax)) {
      if (width + displayWidth(part.trimEnd()) > columnsMax && line !== '') {
        lines.push(line.trimEnd());
        line = '';
        width = 0;
      }
      line += part;
      width += displayWidth(part);
    }
  }
  lines.push(line.trimEnd());
  return lines;
}

/** Splits a word that is longer than a line. */
function partsOf(piece: string, columnsMax: number): string[] {
  if (piece.length <= columnsMax) return [piece];
  return Array.from({ length: Math.ceil(piece.length / columnsMax) }, (_, part) =>
    piece.slice(part * columnsMax, (part + 1) * columnsMax),
  );
}
