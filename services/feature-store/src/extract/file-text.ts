import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failure } from '@holdfast/platform/errors';

const fileEmpty = failure('unprocessable', 'file.empty', { en: 'The file is empty.', 'zh-CN': '文件为空。' });
const notCsv = failure('unprocessable', 'file.notCsv', {
  en: 'The file is {format}. Only CSV in UTF-8 is read, gzip or plain.',
  'zh-CN': '文件格式为 {format}。仅支持 UTF-8 编码的 CSV（可用 gzip 压缩）。',
});
const gzipBroken = failure('unprocessable', 'file.gzipBroken', {
  en: 'The gzip file is damaged or cut off.',
  'zh-CN': 'gzip 文件已损坏或不完整。',
});

const growsTooMuch = failure('unprocessable', 'file.growsTooMuch', {
  en: 'Unpacked, the gzip file is more than {max} times as large. No table is; it would fill the disk.',
  'zh-CN': 'gzip 文件解压后超过原大小的 {max} 倍，不是正常的表格，会占满磁盘。',
});

/** Tables grow tenfold, dull ones fiftyfold; gzip can do a thousand. */
const GROWTH_MAX = 200;
/** What a small file may grow to, however much. */
const GROWTH_FREE_BYTES = 64 * 1024 * 1024;

/** Files that people take for CSV, by their first bytes. */
const FOREIGN: readonly (readonly [number[], string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'ZIP or Excel'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'Excel'],
  [[0xff, 0xfe], 'UTF-16'],
  [[0xfe, 0xff], 'UTF-16'],
];

/**
 * A file's text in pieces: unpacked where its first bytes say gzip, without its byte-order mark. Bytes that are not
 * UTF-8 become U+FFFD, which the reader of rows refuses row by row.
 * @throws unprocessable for an empty file, another format, or damaged gzip.
 */
export async function* textOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  const [head, whole] = await peek(bytes);
  if (head.length === 0) throw fileEmpty();
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  if (!packed) refuseForeign(head);
  let isFirst = true;
  for await (const chunk of packed ? gunzip(whole) : whole) {
    if (packed && isFirst) refuseForeign(chunk);
    isFirst = false;
    const text = decoder.decode(chunk, { stream: true });
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

/** A file's bytes, unpacked where its first bytes say gzip. */
export async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [head, whole] = await peek(bytes);
  yield* head[0] === 0x1f && head[1] === 0x8b ? gunzip(whole) : whole;
}

/** The first bytes, at least four where there are so many, and the whole again. */
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
      yield* held;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return [Buffer.concat(held), whole()];
}
