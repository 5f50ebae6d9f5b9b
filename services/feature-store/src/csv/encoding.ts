import { isAscii, isUtf8 } from 'node:buffer';
import { failure } from '@holdfast/platform/errors';
import { commonPairs } from './common-han.js';

export type Encoding = 'UTF-8' | 'GB18030' | 'UTF-16LE' | 'UTF-16BE';

/** Up to this share of malformed sequences a file has the encoding: the sequences cost their rows. */
const BROKEN_SHARE_MAX = 0.05;
/** GB18030 allows nearly every pair of bytes, so its limit is stricter. */
const BROKEN_SHARE_MAX_GB = 0.005;
/** Four in five characters of Chinese text are common; of Korean or Cyrillic bytes read as Chinese, a third. */
const COMMON_SHARE_MIN = 0.6;
/** A file with a longer first line is not a table; `readCsv` reports it. */
const FIRST_LINE_BYTES_MAX = 1024 * 1024;

const encodingLatin = failure('unprocessable', 'file.encodingLatin', {
  en: '{where}Line {line} has bytes that are not UTF-8; they look like Windows-1252 or Latin-1. Save the file as UTF-8.',
  'zh-CN': '{where}第 {line} 行含有非 UTF-8 字节，疑似 Windows-1252 或 Latin-1 编码。请将文件另存为 UTF-8。',
});
const encodingUnknown = failure('unprocessable', 'file.encodingUnknown', {
  en: '{where}Line {line} has bytes that are neither UTF-8 nor clearly GB18030. Save the file as UTF-8.',
  'zh-CN': '{where}第 {line} 行的字节既不是 UTF-8，也不能明确判定为 GB18030。请将文件另存为 UTF-8。',
});

const MARKS: readonly (readonly [number[], Encoding])[] = [
  [[0xef, 0xbb, 0xbf], 'UTF-8'],
  [[0xff, 0xfe], 'UTF-16LE'],
  [[0xfe, 0xff], 'UTF-16BE'],
  [[0x84, 0x31, 0x95, 0x33], 'GB18030'],
];

/**
 * The encoding of a whole file, determined before its rows are read: a row whose bytes are valid in another encoding must not
 * pass alone. A byte-order mark decides, but for UTF-8, whose bytes are checked all the same. Then UTF-8 if all bytes are
 * valid, or nearly all sequences and the rest is not GB18030; then GB18030 if the bytes are valid and the characters common
 * Chinese ones.
 * @param bytes the unpacked file; read once, and again if it is not entirely UTF-8
 * @param where a file's name with a colon, for messages; empty for the only file
 * @throws unprocessable for any other encoding, with the first malformed line
 */
export async function encodingOf(
  bytes: () => AsyncIterable<Uint8Array>,
  { where = '', signal }: { where?: string; signal?: AbortSignal | undefined } = {},
): Promise<Encoding> {
  const quick = await quickLook(bytes(), signal);
  if (quick !== undefined) return quick;
  const counts = new SequenceCounts();
  for await (const chunk of bytes()) {
    signal?.throwIfAborted();
    counts.add(chunk);
  }
  counts.end();
  const encoding = counts.encoding();
  if (encoding !== undefined) return encoding;
  throw (counts.areLatin() ? encodingLatin : encodingUnknown)({ where, line: counts.firstBadLine });
}

/** The encoding of a byte-order mark, or UTF-8 if all bytes are valid; undefined if sequences must be counted. */
async function quickLook(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Encoding | undefined> {
  let carry: Uint8Array = new Uint8Array(0);
  let bytesRead = 0;
  let hasLine = false;
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    if (bytesRead === 0) {
      const marked = markedAs(chunk);
      if (marked !== undefined && marked !== 'UTF-8') return marked;
    }
    bytesRead += chunk.length;
    hasLine ||= chunk.includes(0x0a) || chunk.includes(0x0d);
    if (!hasLine && bytesRead > FIRST_LINE_BYTES_MAX) return 'UTF-8';
    if (carry.length === 0 && isAscii(chunk)) continue;
    const joined = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const end = wholeCharacters(joined);
    if (!isUtf8(joined.subarray(0, end))) return undefined;
    carry = joined.subarray(end);
  }
  return carry.length === 0 ? 'UTF-8' : undefined;
}

function markedAs(head: Uint8Array): Encoding | undefined {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => head[at] === byte));
  if (marked !== undefined) return marked[1];
  // Every other byte of ASCII in UTF-16 is zero.
  const isZero = [0, 1, 2, 3].map((at) => head[at] === 0);
  if (head.length >= 4 && !isZero[0] && isZero[1] && !isZero[2] && isZero[3]) return 'UTF-16LE';
  if (head.length >= 4 && isZero[0] && !isZero[1] && isZero[2] && !isZero[3]) return 'UTF-16BE';
  return undefined;
}

/** The end of the last complete character, at most three bytes before the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Counts the multi-byte characters of a file read as UTF-8 and as GB18030. */
class SequenceCounts {
  firstBadLine = 0;
  private line = 1;
  private previous = 0;
  private readonly pairs = commonPairs();
  /** Bytes of 128 and more next to an ASCII letter: accented Latin letters. */
  private besideLetters = 0;
  private high = 0;
  private utf8 = { good: 0, bad: 0, need: 0, least: 0x80, most: 0xbf };
  private gb = { good: 0, bad: 0, han: 0, common: 0, lead: 0, state: 0 };

  add(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte < 0x80 && this.utf8.need === 0 && this.gb.state === 0) {
        if (byte === 0x0a ? this.previous !== 0x0d : byte === 0x0d) this.line += 1;
        if (this.previous >= 0x80 && isLetter(byte)) this.besideLetters += 1;
        this.previous = byte;
        continue;
      }
      this.addUtf8(byte);
      this.addGb(byte);
      if (byte >= 0x80) {
        this.high += 1;
        if (isLetter(this.previous)) this.besideLetters += 1;
      } else if (this.previous >= 0x80 && isLetter(byte)) this.besideLetters += 1;
      if (byte === 0x0a ? this.previous !== 0x0d : byte === 0x0d) this.line += 1;
      this.previous = byte;
    }
  }

  end(): void {
    if (this.utf8.need > 0) this.badUtf8();
    if (this.gb.state > 0) this.gb.bad += 1;
  }

  encoding(): Encoding | undefined {
    const { utf8, gb } = this;
    const isChinese = gb.good > 0 && gb.common >= COMMON_SHARE_MIN * gb.han && gb.bad <= BROKEN_SHARE_MAX_GB * gb.good;
    // 女 in GB18030 (C5 AE) is also valid UTF-8: Chinese text without a fault decides.
    if (isChinese && gb.bad === 0) return 'GB18030';
    if (utf8.bad <= BROKEN_SHARE_MAX * utf8.good) return 'UTF-8';
    return isChinese ? 'GB18030' : undefined;
  }

  areLatin(): boolean {
    return this.besideLetters >= this.high;
  }

  private addUtf8(byte: number): void {
    const { utf8 } = this;
    if (utf8.need > 0) {
      if (byte >= utf8.least && byte <= utf8.most) {
        utf8.need -= 1;
        [utf8.least, utf8.most] = [0x80, 0xbf];
        if (utf8.need === 0) utf8.good += 1;
        return;
      }
      this.badUtf8();
    }
    if (byte < 0x80) return;
    if (byte < 0xc2 || byte > 0xf4) return this.badUtf8();
    utf8.need = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    // Excludes overlong forms, surrogates, and code points above U+10FFFF.
    utf8.least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    utf8.most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  }

  private badUtf8(): void {
    this.utf8.bad += 1;
    this.utf8.need = 0;
    [this.utf8.least, this.utf8.most] = [0x80, 0xbf];
    if (this.firstBadLine === 0) this.firstBadLine = this.line;
  }

  /** Two bytes, or four: lead, digit, lead, digit. */
  private addGb(byte: number): void {
    const { gb } = this;
    if (gb.state === 0) {
      if (byte === 0x80 || byte === 0xff) gb.bad += 1;
      else if (byte > 0x80) [gb.lead, gb.state] = [byte, 1];
      return;
    }
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (gb.state === 1 && !isDigit && byte >= 0x40 && byte !== 0x7f && byte !== 0xff) {
      gb.state = 0;
      gb.good += 1;
      const pair = (gb.lead << 8) | byte;
      if (this.pairs.symbols(pair)) return;
      gb.han += 1;
      if (this.pairs.common.has(pair)) gb.common += 1;
    } else if (gb.state === 1 && isDigit) gb.state = 2;
    else if (gb.state === 2 && byte > 0x80 && byte !== 0xff) gb.state = 3;
    else if (gb.state === 3 && isDigit) {
      gb.state = 0;
      gb.good += 1;
      gb.han += 1;
    } else {
      gb.bad += 1;
      gb.state = 0;
      if (byte > 0x80 && byte !== 0xff) [gb.lead, gb.state] = [byte, 1];
    }
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
