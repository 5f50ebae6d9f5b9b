import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import type { BackedUpFile } from './manifest.js';

interface Writing {
  signal?: AbortSignal | undefined;
  /** Compresses by zstd. */
  isCompressed?: boolean;
}

/**
 * Writes a file that does not exist yet, in folders that it makes, and forces it to the disk.
 * @returns size and hash of what is on disk
 */
export async function store(
  target: string,
  source: Readable,
  { signal, isCompressed = false }: Writing = {},
): Promise<Omit<BackedUpFile, 'path'>> {
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const counted = counting(hash);
  const out = createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true });
  const options = signal === undefined ? {} : { signal };
  if (isCompressed) await pipeline(source, createZstdCompress(), counted.through, out, options);
  else await pipeline(source, counted.through, out, options);
  return { bytes: counted.bytes(), sha256: hash.digest('hex') };
}

function counting(hash: Hash): { through: Transform; bytes: () => number } {
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(undefined, chunk);
    },
  });
  return { through, bytes: () => bytes };
}

/** Whether a file has the size and hash that it should have; false where it is missing. */
export async function isIntact(folder: string, { path: name, bytes, sha256 }: BackedUpFile): Promise<boolean> {
  const hash = createHash('sha256');
  let found = 0;
  try {
    for await (const chunk of createReadStream(path.join(folder, name)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      found += chunk.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  return found === bytes && hash.digest('hex') === sha256;
}

/** Forces the names in a folder to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Works on all items, some at a time; the first failure ends it. */
export async function forEachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, worker: number) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  let hasFailed = false;
  const worker = async (number: number): Promise<void> => {
    for (const item of rest) {
      if (hasFailed) return;
      try {
        await work(item, number);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, number) => worker(number)));
}
