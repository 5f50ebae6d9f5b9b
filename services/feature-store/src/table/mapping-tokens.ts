import { CST, Lexer } from 'yaml';
import type { Texts } from '@holdfast/platform/errors';

/** Most nested brackets, and dashes of one line; a mapping needs four. */
const DEPTH_MAX = 8;
/** Most keys in a mapping: a table has up to 2,000 columns. */
const KEYS_MAX = 25_000;
const TOKENS_MAX = 150_000;

/** A problem of a mapping's text, with its line from 1. */
export interface TokenProblem {
  line: number;
  text: Texts;
}

const TOO_DEEP = { en: `nested in more than ${DEPTH_MAX} levels`, 'zh-CN': `嵌套超过 ${DEPTH_MAX} 层` };
const TOO_MANY = { en: `more than ${KEYS_MAX} keys`, 'zh-CN': `键超过 ${KEYS_MAX} 个` };
const ALIASES = { en: 'aliases (&name, *name) are not read', 'zh-CN': '不支持锚点与别名（&名称、*名称）' };
const UNREADABLE = { en: 'cannot be read', 'zh-CN': '无法读取' };
const NOT_READ: Readonly<Record<string, Texts>> = {
  alias: ALIASES,
  anchor: ALIASES,
  tag: { en: 'tags (!name) are not read', 'zh-CN': '不支持标签（!名称）' },
  'directive-line': { en: 'directives (%name) are not read', 'zh-CN': '不支持指令（%名称）' },
  'explicit-key-ind': { en: 'keys after ? are not read', 'zh-CN': '不支持以 ? 开头的键' },
  'flow-error-end': UNREADABLE,
};
const TWO_KEYS = { en: 'has two keys; a list in one line needs braces', 'zh-CN': '含有两个键；写在一行时须用花括号' };
const TWO_DOCUMENTS = { en: 'begins a second document', 'zh-CN': '开始了第二个文档' };

/**
 * The first thing in a mapping's text that it may not have. The parser of YAML takes the square of the text's length for
 * brackets without an end, keys in a row and some others, seconds for what may be uploaded; its lexer, by which this decides
 * before anything is parsed, is linear.
 */
export function tokenProblem(text: string): TokenProblem | undefined {
  let [line, tokens, keys, depth] = [1, 0, 0, 0];
  let ofLine = { keys: 0, dashes: 0 };
  let [hasContent, isScalar, isText] = [false, false, false];
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    // The text of a scalar may begin with any indicator.
    const type = isScalar ? null : CST.tokenType(token);
    isScalar = type === 'scalar';
    if (tokens > TOKENS_MAX) return { line, text: TOO_MANY };
    const isQuoted = type === 'single-quoted-scalar' || type === 'double-quoted-scalar';
    // Two texts in a row have something between them.
    if (isText && (isScalar || isQuoted)) return { line, text: UNREADABLE };
    if (isScalar || isQuoted) isText = true;
    else if (type !== null && type !== 'space' && type !== 'comment') isText = false;
    if (type !== null && NOT_READ[type] !== undefined) return { line, text: NOT_READ[type] };
    switch (type) {
      case 'doc-start':
      case 'doc-end':
        if (hasContent) return { line, text: TWO_DOCUMENTS };
        break;
      case 'flow-map-start':
      case 'flow-seq-start':
        depth += 1;
        if (depth > DEPTH_MAX) return { line, text: TOO_DEEP };
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        depth -= 1;
        break;
      case 'map-value-ind':
        keys += 1;
        ofLine.keys += depth === 0 ? 1 : 0;
        if (ofLine.keys > 1) return { line, text: TWO_KEYS };
        if (keys > KEYS_MAX) return { line, text: TOO_MANY };
        break;
      case 'seq-item-ind':
        ofLine.dashes += 1;
        if (ofLine.dashes > DEPTH_MAX) return { line, text: TOO_DEEP };
        break;
      default:
    }
    if (type === 'newline') ofLine = { keys: 0, dashes: 0 };
    else hasContent ||= isScalar || isQuoted || depth > 0;
    line += linesIn(token);
  }
  return undefined;
}

/** Breaks of lines in a token: a scalar may have several. */
export function linesIn(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
