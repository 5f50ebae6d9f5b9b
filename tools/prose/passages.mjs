/**
 * The prose of a source file: comments and string literals of code, everything but code blocks in Markdown.
 * The result has the length of the source, so that a position in one is a position in the other. Code becomes `\0`,
 * the marks of comments and strings become spaces: a phrase that continues on the next line is found.
 */

/** A word among the characters of a string makes it prose; '@holdfast/x', 'left_at' and 'a' are not. */
const SENTENCE = /[\p{L}\d,;:)] +[\p{L}(]/u;

const CODE = new RegExp(
  [
    String.raw`\/\/[^\n]*`,
    String.raw`\/\*[^]*?\*\/`,
    String.raw`'(?:\\.|[^'\\\n])*'`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
    String.raw`(?<=[(,=:[!&|?{};]\s*|=>\s*|return\s+)\/(?![*\/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n[])+\/[a-z]*`,
    '[`{}]',
  ].join('|'),
  'g',
);
const TEMPLATE = /(?:\\[^]|(?!\$\{)[^`\\])*(?:`|\$\{|$)/y;
const SQL = /--[^\n]*|\/\*[^]*?\*\/|'(?:''|[^'])*'|"[^"\n]*"/g;
const PROTO = /\/\/[^\n]*|\/\*[^]*?\*\//g;
const MARKDOWN_CODE = /^( *)```[^]*?^\1```|`[^`\n]+`|\]\([^)\n]*\)|<!--[^]*?-->/gm;

/** @type {Record<string, (source: string) => string>} */
const readers = {
  '.ts': proseOfCode,
  '.mjs': proseOfCode,
  '.cjs': proseOfCode,
  '.sql': (source) => keep(source, SQL),
  '.proto': (source) => keep(source, PROTO),
  '.yaml': (source) => source,
  '.md': (source) => source.replace(MARKDOWN_CODE, blank),
};

export const EXTENSIONS = Object.keys(readers);

/** @param {string} extension  @param {string} source */
export function proseOf(extension, source) {
  return readers[extension]?.(source) ?? '';
}

/** @param {string} source */
function proseOfCode(source) {
  /** @type {[number, number][]} */
  const passages = [];
  /** Of each template literal that the position is in: the depth of braces inside its `${…}`. @type {number[]} */
  const depths = [];
  CODE.lastIndex = 0;
  for (let token = CODE.exec(source); token !== null; token = CODE.exec(source)) {
    const [text] = token;
    if (text === '{' && depths.length > 0) depths[depths.length - 1] = (depths.at(-1) ?? 0) + 1;
    const closes = text === '}' && depths.length > 0 && depths[depths.length - 1] === 0;
    if (text === '}' && depths.length > 0 && !closes) depths[depths.length - 1] = (depths.at(-1) ?? 0) - 1;
    if (text === '`' || closes) {
      if (closes) depths.pop();
      TEMPLATE.lastIndex = CODE.lastIndex;
      const end = CODE.lastIndex + (TEMPLATE.exec(source)?.[0].length ?? 0);
      passages.push([token.index + 1, end]);
      if (source.startsWith('${', end - 2)) depths.push(0);
      CODE.lastIndex = end;
    } else if (isProse(text)) passages.push([token.index, CODE.lastIndex]);
  }
  return masked(source, passages);
}

/** @param {string} token */
function isProse(token) {
  if (token.length < 2) return false;
  return /^\/[/*]/.test(token) || (/^['"]/.test(token) && SENTENCE.test(token));
}

/** @param {string} source  @param {RegExp} pattern */
function keep(source, pattern) {
  const passages = [...source.matchAll(pattern)]
    .filter(([text]) => !/^['"]/.test(text) || SENTENCE.test(text))
    .map(({ 0: text, index }) => /** @type {[number, number]} */ ([index, index + text.length]));
  return masked(source, passages);
}

/** @param {string} source  @param {[number, number][]} passages */
function masked(source, passages) {
  const parts = [];
  let end = 0;
  for (const [from, to] of passages) {
    parts.push(blank(source.slice(end, from)), withoutMarks(source.slice(from, to)));
    end = to;
  }
  return parts.join('') + blank(source.slice(end));
}

/** @param {string} passage */
function withoutMarks(passage) {
  const prose = passage.replace(/@(?:param|property|typedef) \{[^}]*\} \[?\w+/g, blank);
  return prose.replace(/^(?:\/\/+|\/\*+|--|['"`])|\n *\*(?!\/)|(?:\*\/|['"`]|\$\{)$/g, (mark) =>
    mark.replace(/\S/g, ' '),
  );
}

/** White space and what joins two literals stay, as a sentence goes on there. @param {string} code */
function blank(code) {
  return code.replace(/[^\s+]/g, '\0').replaceAll('+', ' ');
}
