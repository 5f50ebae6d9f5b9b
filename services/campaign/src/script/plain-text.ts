import type { ScriptSection, ScriptSource } from '@holdfast/contracts/campaign/v1/script';
import type { Formats } from './formats.js';
import type { Words } from './words.js';

const COLUMNS_MAX = 120;
const INDENT = '  ';
/** Characters that take two columns of a terminal (Unicode's East Asian Wide and Fullwidth, roughly). */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

/** The sections as text: a heading, then its lines, each with the origin of its figure in brackets. */
export function plainText(sections: readonly ScriptSection[], words: Words, formats: Formats): string {
  const lines = sections.flatMap(({ title, lines: sectionLines }) => [
    title,
    ...sectionLines.flatMap(({ text, source }) =>
      wrapped(`${text}${source === undefined ? '' : ` ${sourceText(source, words, formats)}`}`, COLUMNS_MAX - INDENT.length).map(
        (line) => `${INDENT}${line}`,
      ),
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

function sourceText(source: ScriptSource, words: Words, formats: Formats): string {
  const origin = `${words.origins[source.origin] ?? source.origin} ${source.name}`;
  const version = source.origin === 'table' ? ` ${source.version}` : '';
  const parts = [source.service, `${origin}${version}`, source.column, source.asOf && formats.date(source.asOf)];
  return `[${parts.filter((part) => part).join(', ')}]`;
}

/** Columns of a terminal that a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** Breaks a text at spaces, beside wide characters, or, where a word is longer than a line, within it. */
export function wrapped(text: string, columnsMax: number): string[] {
  if (text.length * 2 <= columnsMax || displayWidth(text) <= columnsMax) return [text];
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const piece of piecesOf(text, columnsMax)) {
    const pieceWidth = displayWidth(piece.trimEnd());
    if (width + pieceWidth > columnsMax && line !== '') {
      lines.push(line.trimEnd());
      line = '';
      width = 0;
    }
    line += piece;
    width += displayWidth(piece);
  }
  if (line !== '') lines.push(line.trimEnd());
  return lines;
}

/** Pieces that are not broken: a wide character, or a word with the spaces after it. */
function piecesOf(text: string, columnsMax: number): string[] {
  const pieces: string[] = [];
  let word = '';
  for (const character of text) {
    const isWide = WIDE.test(character);
    if (word !== '' && (isWide || word.length >= columnsMax || (word.endsWith(' ') && character !== ' '))) {
      pieces.push(word);
      word = '';
    }
    if (isWide) pieces.push(character);
    else word += character;
  }
  if (word !== '') pieces.push(word);
  return pieces;
}
