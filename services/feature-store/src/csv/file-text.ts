import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failure } from '@holdfast/platform/errors';
import { encodingOf, type Encoding } from './encoding.js';

const fileEmpty = failure('unprocessable', 'file.empty', { en: 'The file is empty.', 'zh-CN': '文件为空。' });
const notCsv = failure('unprocessable', 'file.notCsv', {
  en: 'The file is {format}. Only CSV is read, gzip or plain.',
  'zh-CN': '文件格式为 {format}。仅支持 CSV（可用 gzip 压缩）。',
});
const gzipBroken = failure('unprocessable', 'file.gzipBroken', {
  en: 'The gzip file is damaged or cut off.',
  'zh-CN': 'gzip 文件已损坏或不完整。',
});

const growsTooMuch = failure('unprocessable', 'file.growsTooMuch', {
  en: 'Unpacked, the gzip file is more than {max} times as large. It is not a table and would fill the disk.',
  'zh-CN': 'gzip 文件解压后超过原大小的 {max} 倍，不是正常的表格，会占满磁盘。',
});

/** Tables grow tenfold, repetitive ones fiftyfold; gzip allows a thousandfold. */
const GROWTH_MAX = 200;
/** Unpacked size that is always allowed. */
const GROWTH_FREE_BYTES = 64 * 1024 * 1024;

/** Other formats, by their first bytes. */
const FOREIGN: readonly (readonly [number[], string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'ZIP or Excel'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'Excel'],
];

export interface FileText {
  encoding: Encoding;
  /** In pieces, without the byte-order mark. */
  text: AsyncIterable<string>;
}

/**
 * Opens a file as text, unpacked if it is gzip. Malformed sequences become U+FFFD, for which their rows are rejected.
 * @param bytes of the file, from its start each time: read once for the encoding and once for the text
 * @param where a file's name with a colon, for messages; empty for the only file
 * @throws unprocessable for an empty file, another format, another encoding, or damaged gzip
 */
export async function openText(
  bytes: () => AsyncIterable<Uint8Array>,
  options: { where?: string; signal?: AbortSignal | undefined } = {},
): Promise<FileText> {
  const encoding = await encodingOf(() => sound(bytes()), options);
  return { encoding, text: decoded(bytes(), encoding) };
}

/** The unpacked bytes of a file in a supported format. */
async function* sound(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [head, whole] = await peek(bytes);
  if (head.length === 0) throw fileEmpty();
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  if (!packed) refuseForeign(head);
  let isFirst = true;
  for await (const chunk of packed ? gunzip(whole) : whole) {
    if (packed && isFirst) refuseForeign(chunk);
    isFirst = false;
    yield chunk;
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding.toLowerCase());
  let isFirst = true;
  for await (const chunk of sound(bytes)) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    // The decoder keeps the mark of GB18030.
    if (isFirst && text.startsWith('\uFEFF')) text = text.slice(1);
    isFirst = false;
    if (text !== '') yield text;
  }
  const tail = decoder.decode();
  if (tail !== '') yield tail;
}

function refuseForeign(head: Uint8Array): void {
  const found = FOREIGN.find(([magic]) => magic.every((byte, at) => head[at] === byte));
  if (found !== undefined) throw notCsv({ format: found[1] });
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes, { objectMode: false });
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  let bytesOut = 0;
  try {
    for await (const chunk of source.pipe(unpacked) as AsyncIterable<Buffer>) {
      bytesOut += chunk.length;
      const isBeyond = bytesOut > GROWTH_FREE_BYTES && bytesOut > GROWTH_MAX * unpacked.bytesWritten;
      if (isBeyond) throw growsTooMuch({ max: GROWTH_MAX });
      yield chunk;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code?.startsWith('Z_') ? gzipBroken({}, { cause: error }) : error;
  } finally {
    source.destroy();
  }
}

/** A file's bytes, unpacked if it is gzip. */
export async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [head, whole] = await peek(bytes);
  yield* head[0] === 0x1f && head[1] === 0x8b ? gunzip(whole) : whole;
}

/** At least the first four bytes, if there are so many, and all bytes from the start. */
async function peek(bytes: AsyncIterable<Uint8Array>): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
  const iterator = bytes[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  while (heldBytes < 4) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    held.push(value);
    heldBytes += value.length;
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (heldBytes > 0) yield Buffer.concat(held);
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return [Buffer.concat(held), whole()];
}
